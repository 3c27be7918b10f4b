//! QuickBooks Desktop: what a request to a company file, a Web Connector that polls, and a session that is held open take of the table and
//! of the Web Connector.
//!
//! The calls run in this process, on a clock that only they move. So everything here is a count.

use std::collections::BTreeMap;
use std::time::Duration;

use counterfoil_core::model::audit::Action;
use counterfoil_core::model::desktop::connection::HELD_FOR;
use counterfoil_core::model::desktop::end_user::EndUserName;
use counterfoil_core::model::desktop::id::{EndUserId, IntegrationConnectionId};
use counterfoil_core::model::desktop::{connection::DesktopConnection, end_user::EndUser};
use counterfoil_core::service::job::POLL;
use counterfoil_testkit::fixture::by_operator;
use counterfoil_testkit::wire::{Request, Wire};

use crate::office::{Held, Office, PAUSE, held, idle_poll};

const CONNECTIONS: u32 = 1_000;
const READS: [&str; 3] = ["GetItem", "BatchGetItem", "Query"];

/// Prints them all.
pub(crate) async fn print() {
    let office = Office::open().await;
    let ticket = office.session().await;
    println!("\nA request to QuickBooks Desktop, each call in a process of its own");
    let waiting = print_waiting(&office, &ticket).await;
    print_pausing(&office, &ticket, waiting).await;
    print_held(&office, &ticket).await;
    print_polls(&office).await;
}

/// The request for work of the Web Connector waits already.
async fn print_waiting(office: &Office, ticket: &str) -> Duration {
    office.calls();
    let waiting = office.waits(ticket);
    office.clock.until_asleep(1).await;
    office.wire.reset();
    let asking = office.asks();
    office.clock.until_asleep(2).await;
    office.clock.advance(POLL);
    assert!(waiting.await.expect("an answer").contains("HostQueryRq"));
    office.answers(ticket).await;
    office.clock.until_asleep(1).await;
    office.clock.advance(POLL);
    let took = asking.await.expect("an answer");
    println!("  one that finds the Web Connector waiting");
    print_requests(office);
    took
}

/// The Web Connector begins its pause. The request comes at the same moment.
async fn print_pausing(office: &Office, ticket: &str, waiting: Duration) {
    assert!(office.call("getLastError", &[("ticket", ticket)]).await.contains(">NoOp<"));
    office.calls();
    office.wire.reset();
    let asking = office.asks();
    office.clock.until_asleep(1).await;
    office.clock.advance(PAUSE);
    assert!(office.next(ticket, "").await.contains("HostQueryRq"));
    office.answers(ticket).await;
    office.clock.until_asleep(1).await;
    office.clock.advance(POLL);
    let took = asking.await.expect("an answer");
    println!("  one that comes at the beginning of its pause");
    print_requests(office);
    let more = took.saturating_sub(waiting).as_secs_f64();
    println!("    time on the clock              {more:.2} s more (goal: at most {} s)", PAUSE.as_secs());
}

fn print_requests(office: &Office) {
    let requests = office.wire.requests();
    let stored = requests.iter().position(|request| request.operation == "PutItem").expect("a job");
    // The look that finds the job is a poll of the request for work, and each look for the answer one of the request of the partner.
    let found = requests.iter().skip(stored).position(|request| request.operation == "Query").map(|after| stored + after);
    let is_poll = |request: &Request| request.operation == "GetItem" && request.body.contains("JOB_END#");
    let counted = requests.iter().enumerate().filter(|(number, request)| Some(*number) != found && !is_poll(request));
    let counted: Vec<_> = counted.map(|(_, request)| &*request.operation).collect();
    println!("    table, beside the polls        {} ({}) (goal: at most 6)", counted.len(), counted.join(", "));
    println!("    calls of the Web Connector     {} (goal: 2)", office.calls());
}

/// A session from its last request until it ends by itself.
async fn print_held(office: &Office, ticket: &str) {
    office.wire.reset();
    let Held { calls, waited } = held(office, ticket).await;
    let used = Used::of(&office.wire);
    println!("A session that is held open for {} minutes after the last request (docs/cost.md)", HELD_FOR.as_secs() / 60);
    println!("  calls of the Web Connector       {calls}, which wait for {} s", waited.as_secs());
    println!("  requests to the table            {}", used.operations(1.0));
    println!("  units of the table               {} read units, {} write units", used.reads, used.writes);
    let hours = Duration::from_secs(3_600).as_secs_f64() / HELD_FOR.as_secs_f64();
    let [calls, reads, writes] = [f64::from(calls), used.reads, used.writes].map(|count| count * hours);
    println!("  in an hour                       {calls} calls, {reads} read units, {writes} write units");
}

/// Each of many connections is polled once, and none has work.
async fn print_polls(office: &Office) {
    let users = more_users(office).await;
    let server = office.process();
    office.wire.reset();
    let mut calls = 0;
    for user in &users {
        calls += idle_poll(&server, &user.user_name(), &office.password).await;
    }
    let used = Used::of(&office.wire);
    let of_each = f64::from(CONNECTIONS);
    println!("{CONNECTIONS} connections, each polled once without work (docs/cost.md)");
    println!("  calls of a Web Connector         {}", f64::from(calls) / of_each);
    println!("  requests to the table for each   {}", used.operations(of_each));
    println!("  units of the table for each      {} read units, {} write units", used.reads / of_each, used.writes / of_each);
}

/// End users whose connections are like that of the office, with its password.
async fn more_users(office: &Office) -> Vec<EndUserName> {
    let end_users = &office.deployment.operator.end_users;
    let (end_user, connection) = end_users.end_user(&office.name).await.expect("the table answers").expect("an end user");
    let connection = DesktopConnection { session: None, ..connection.expect("a connection") };
    let mut names = Vec::new();
    for number in 0..CONNECTIONS {
        let digits = format!("{number:032x}");
        let name = EndUserName { partner: office.name.partner.clone(), id: EndUserId::of_digits(&digits) };
        let end_user = EndUser { name: name.clone(), source_id: digits.clone(), ..end_user.clone() };
        let id = IntegrationConnectionId::of_digits(&digits);
        let connection = DesktopConnection { id, end_user: name.clone(), ..connection.clone() };
        let audit = |action| by_operator(&name.partner, action);
        end_users.create_end_user(&end_user, &audit(Action::EndUserCreated)).await.expect("the table answers");
        end_users.create_connection(&connection, &audit(Action::WebConnectorPasswordSet)).await.expect("the table answers");
        names.push(name);
    }
    names
}

/// What the table was asked for.
pub(crate) struct Used {
    counts: BTreeMap<String, usize>,
    pub(crate) reads: f64,
    pub(crate) writes: f64,
}

impl Used {
    pub(crate) fn of(wire: &Wire) -> Self {
        let requests = wire.requests();
        let units = |of_reads: bool| {
            let meant = requests.iter().filter(|request| READS.contains(&request.operation.as_str()) == of_reads);
            meant.fold(0.0, |units, request| units + request.capacity)
        };
        Self { counts: wire.counts(), reads: units(true), writes: units(false) }
    }

    /// The operations with their numbers, divided.
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    fn operations(&self, divisor: f64) -> String {
        let parts = self.counts.iter().map(|(name, count)| format!("{} {name}", *count as f64 / divisor));
        parts.collect::<Vec<_>>().join(", ")
    }
}
