//! Imports from QuickBooks Desktop over HTTP: a company file, the Web Connector that carries its pages, and the records.

use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::port::clock::Clock as _;
use counterfoil_core::service::webhook::dispatch::dispatch;
use counterfoil_functions::worker::sync_worker::{self, WorkerEvent};
use counterfoil_stand_ins::company_file::{CompanyFile, Contents, Failure, Fault};
use serde_json::{Value, json};

use crate::desktop::{WebConnector, ask, end_user, link};
use crate::harness::{Answer, Ask, BEGINNING, Installation, get, post};

const SYNC: &str = "/v1/oauth/quickbooks_desktop/sync";
const INVOICES: &str = "/v1/oauth/quickbooks_desktop/import-invoices";

/// An end user whose company file is connected.
struct Desk {
    place: Installation,
    end_user: String,
    connector: WebConnector,
    company: Arc<CompanyFile>,
}

impl Desk {
    async fn start(checks: u64) -> Self {
        let place = Installation::start().await;
        let end_user = end_user(&place).await;
        let (_, page) = link(&place, &end_user).await;
        let company = CompanyFile::new(Contents { until: BEGINNING - 3 * 86_400, ..Contents::of_checks(checks) });
        let connector = WebConnector::set_up(&place.server, &page).await.with_company(&company);
        connector.updates(&place.server).await;
        Self { place, end_user, connector, company }
    }

    fn request(&self, path: &str, body: &Value) -> Ask {
        post(path).key(&self.place.key).header("content-type", "application/json").body(body.to_string())
    }

    /// Asks for an import, and lets the Web Connector and the worker run until it has ended. Returns the run.
    async fn import(&self, path: &str, body: &Value) -> Value {
        let begun = self.connector.while_asked(&self.place.server, self.request(path, body)).await;
        self.ended(&begun).await
    }

    async fn ended(&self, begun: &Answer) -> Value {
        assert!(matches!(begun.status, 200 | 202), "{}", begun.body);
        self.over(begun.json()["data"]["syncId"].as_str().expect("an id")).await
    }

    /// The run, after as many invocations of the worker as it needs.
    async fn over(&self, id: &str) -> Value {
        for _ in 0..20 {
            let run = self.place.data(&format!("/v1/syncs/{id}")).await;
            if ["completed", "failed", "canceled"].contains(&run["status"].as_str().expect("a status")) {
                return run;
            }
            self.work().await;
        }
        panic!("the run does not end");
    }

    /// One invocation of the worker, while the Web Connector runs.
    async fn work(&self) {
        let worked = sync_worker::run(self.place.app(), WorkerEvent::default(), Duration::from_secs(120));
        self.connector.during(&self.place.server, worked).await.expect("a run");
    }

    async fn check(&self, id: &str) -> Value {
        let all = self.place.data("/v1/checks?limit=100").await;
        all.as_array().expect("records").iter().find(|check| check["externalId"] == id).cloned().unwrap_or_default()
    }
}

#[tokio::test]
async fn the_checks_of_a_company_file_are_imported() {
    let desk = Desk::start(30).await;
    let run = desk.import(SYNC, &json!({})).await;
    assert_eq!(
        (&run["status"], &run["platform"], &run["errors"]),
        (&json!("completed"), &json!("quickbooks_desktop"), &json!(0))
    );
    assert_eq!((&run["companyKey"], &run["mode"]), (&json!(desk.end_user), &json!("full")), "{run}");
    assert_eq!(run["checksImported"], json!(30 + 7), "checks, and payments of bills");
    assert_eq!((&run["reconciliation"]["matches"], &run["reconciliation"]["scope"]), (&json!(true), &json!("all")), "{run}");
    assert!(desk.place.rows.under("LIMIT#", "").await.is_empty(), "no request is counted, because there is no limit");
    let check = desk.check(&desk.company.check_id(0).expect("a check")).await;
    assert_eq!((&check["entityType"], &check["companyId"]), (&json!("Check"), &run["companyId"]), "{check}");
    assert!(check["payee"]["name"].is_string() && check["bankAccount"]["name"].is_string(), "{check}");
    let payments = desk.place.data("/v1/checks?limit=100").await;
    let payments: Vec<_> =
        payments.as_array().expect("records").iter().filter(|it| it["entityType"] == "BillPaymentCheck").collect();
    assert_eq!(payments.len(), 7);
    assert_eq!(payments[0]["pays"][0]["entityType"], "Bill");
    let again = desk.import(SYNC, &json!({ "companyKey": desk.end_user })).await;
    assert_eq!(
        (&again["mode"], &again["checksImported"], &again["checksUpdated"]),
        (&json!("incremental"), &json!(0), &json!(0))
    );
    let other = post("/v1/oauth/quickbooks/sync").key(&desk.place.key).to(&desk.place.server).await;
    assert_eq!(other.status, 404, "it is no connection to QuickBooks Online");
}

#[tokio::test]
async fn an_increment_has_what_was_changed_voided_and_deleted() {
    let desk = Desk::start(20).await;
    desk.import(SYNC, &json!({})).await;
    let ids: Vec<_> = (0..20).rev().map(|index| desk.company.check_id(index).expect("a check")).collect();
    let mut issued = Vec::new();
    for id in &ids {
        if desk.check(id).await["status"] == "issued" {
            issued.push(id.clone());
        }
    }
    let [changed, voided, deleted] = [0, 1, 2].map(|index: usize| issued[index].clone());
    let amount = desk.check(&voided).await["amount"].clone();
    let at = desk.place.clock.now().as_second();
    assert!(desk.company.change_check(&changed, 77_701, at));
    assert!(desk.company.void_check(&voided, at));
    assert!(desk.company.delete_check_at(&deleted, at));
    let run = desk.import(SYNC, &json!({})).await;
    assert_eq!((&run["status"], &run["mode"]), (&json!("completed"), &json!("incremental")), "{run}");
    assert_eq!((&run["checksUpdated"], &run["checksVoided"], &run["checksDeleted"]), (&json!(3), &json!(1), &json!(1)), "{run}");
    assert_eq!((&run["reconciliation"]["matches"], &run["checksImported"]), (&json!(true), &json!(0)), "{run}");
    let [changed, voided, deleted] = [desk.check(&changed).await, desk.check(&voided).await, desk.check(&deleted).await];
    assert_eq!((&changed["amount"], &changed["status"]), (&json!("777.01"), &json!("issued")));
    assert_eq!((&voided["amount"], &voided["status"]), (&amount, &json!("void")));
    assert_eq!(deleted["status"], json!("deleted"));
    let full = desk.import(SYNC, &json!({ "full": true })).await;
    assert_eq!((&full["checksUpdated"], &full["reconciliation"]["matches"]), (&json!(0), &json!(true)), "{full}");
}

#[tokio::test]
async fn an_open_bill_is_a_check_to_be_issued_until_it_is_paid() {
    let desk = Desk::start(20).await;
    let run = desk.import(INVOICES, &json!({})).await;
    assert_eq!((&run["status"], &run["invoicesImported"]), (&json!("completed"), &json!(10)), "{run}");
    assert_eq!(
        (&run["checksImported"], &run["reconciliation"]["matches"]),
        (&json!(5), &json!(true)),
        "five of ten bills are open: {run}"
    );
    let open = desk.company.bill_id(9).expect("a bill");
    assert_eq!(desk.check(&open).await["status"], "to_be_issued");
    assert!(desk.company.pay_bill(&open, desk.place.clock.now().as_second()));
    let run = desk.import(INVOICES, &json!({})).await;
    assert_eq!((&run["mode"], &run["checksUpdated"]), (&json!("incremental"), &json!(1)), "{run}");
    assert_eq!((&desk.check(&open).await["status"], &run["reconciliation"]["matches"]), (&json!("closed"), &json!(true)));
}

#[tokio::test]
async fn a_run_waits_for_the_web_connector_and_goes_on_at_its_next_sign_in() {
    let desk = Desk::start(20).await;
    desk.place.pass(600).await;
    let begun = desk.request(SYNC, &json!({})).to(&desk.place.server).await;
    let data = begun.json()["data"].clone();
    assert_eq!((begun.status, &data["status"]), (202, &json!("waiting")), "{data}");
    assert_eq!(data["connections"][0]["reason"], "not_active", "{data}");
    assert!(data["resumesAt"].is_string(), "{data}");
    sync_worker::run(desk.place.app(), WorkerEvent::default(), Duration::from_secs(58)).await.expect("a run");
    let waiting = desk.place.data(&format!("/v1/syncs/{}", data["syncId"].as_str().expect("an id"))).await;
    assert_eq!((&waiting["status"], &waiting["reason"]), (&json!("waiting"), &json!("not_active")), "it is not due: {waiting}");
    desk.work().await;
    let run = desk.ended(&begun).await;
    assert_eq!(
        (&run["status"], &run["reason"], &run["checksImported"]),
        (&json!("completed"), &Value::Null, &json!(25)),
        "{run}"
    );
}

#[tokio::test]
async fn a_lost_answer_loses_and_repeats_no_record() {
    let desk = Desk::start(1_200).await;
    desk.company.fail_next(Fault::LostAnswer);
    let run = desk.import(SYNC, &json!({})).await;
    assert_eq!((&run["status"], &run["checksImported"]), (&json!("completed"), &json!(1_500)), "{run}");
    assert_eq!((&run["reconciliation"]["matches"], &run["errors"]), (&json!(true), &json!(0)), "{run}");
}

#[tokio::test]
async fn a_page_that_failed_when_it_was_requested_ahead_is_requested_again() {
    let desk = Desk::start(1_200).await;
    desk.company.fail_next(Fault::Slow(Duration::ZERO));
    desk.company.fail_next(Fault::Request(Failure::new("0x80040402", "Unexpected error.")));
    let run = desk.import(SYNC, &json!({})).await;
    assert_eq!((&run["status"], &run["checksImported"]), (&json!("completed"), &json!(1_500)), "{run}");
    assert_eq!(desk.company.processed(), 1 + 3, "the list is not begun again: the failed request has not moved its iterator");
}

#[tokio::test]
async fn a_process_that_is_killed_before_it_stored_an_answer_loses_and_repeats_no_record() {
    for answers in 1..4 {
        let desk = Desk::start(2_200).await;
        let last = desk.company.processed() + answers;
        let answered = async {
            while desk.company.processed() < last {
                tokio::task::yield_now().await;
            }
        };
        // The session goes on, so that its iterator is behind the answer that nobody stored.
        let killed_and_continued = async {
            tokio::select! {
                answer = desk.request(SYNC, &json!({})).to(&desk.place.server) => panic!("it was not killed: {}", answer.body),
                () = answered => {}
            }
            desk.place.pass(120).await;
            sync_worker::run(desk.place.app(), WorkerEvent::default(), Duration::from_secs(120)).await.expect("a run");
            desk.place.data("/v1/syncs").await[0].clone()
        };
        let run = desk.connector.during(&desk.place.server, killed_and_continued).await;
        assert_eq!((&run["status"], &run["checksImported"]), (&json!("completed"), &json!(2_750)), "{answers}: {run}");
        assert_eq!((&run["reconciliation"]["matches"], &run["checksDeleted"]), (&json!(true), &json!(0)), "{answers}: {run}");
    }
}

#[tokio::test]
async fn a_disconnect_ends_the_run_and_the_access_of_the_web_connector() {
    let desk = Desk::start(20).await;
    desk.place.pass(600).await;
    let begun = desk.request(SYNC, &json!({})).to(&desk.place.server).await;
    assert_eq!(begun.status, 202, "{}", begun.body);
    let path = format!("/api/connections/{}", desk.end_user);
    let ended = Ask::new(Method::DELETE, &path).key(&desk.place.key).to(&desk.place.server).await;
    assert_eq!((ended.status, &ended.json()["status"]), (200, &json!("disconnected")), "{}", ended.body);
    let run = desk.ended(&begun).await;
    assert_eq!((&run["status"], &run["reason"]), (&json!("failed"), &json!("disconnected")), "{run}");
    assert_eq!(desk.connector.signs_in(&desk.place.server).await.1, "nvu");
    let refused = ask(Method::GET, "/v1/quickbooks-desktop/checks", &desk.place.key, &desk.end_user).to(&desk.place.server).await;
    assert_eq!(refused.json()["error"]["code"], "INTEGRATION_CONNECTION_NOT_SET_UP", "{}", refused.body);
    let (_, page) = link(&desk.place, &desk.end_user).await;
    let connector = WebConnector::set_up(&desk.place.server, &page).await.with_company(&desk.company);
    connector.updates(&desk.place.server).await;
    let desk = Desk { connector, ..desk };
    let run = desk.import(SYNC, &json!({})).await;
    assert_eq!((&run["status"], &run["checksImported"]), (&json!("completed"), &json!(25)), "{run}");
}

#[tokio::test]
async fn a_connection_of_quickbooks_desktop_is_listed_ready_and_without_tokens() {
    let desk = Desk::start(3).await;
    let key = &desk.place.key;
    let listed = get("/api/connections?platform=quickbooks_desktop").key(key).to(&desk.place.server).await.json();
    let connection = &listed["connections"][0];
    assert_eq!((&connection["company_key"], &connection["status"]), (&json!(desk.end_user), &json!("active")), "{listed}");
    assert_eq!(connection["connected"], true, "{listed}");
    let ready = get(format!("/api/connections/{}/readiness", desk.end_user)).key(key).to(&desk.place.server).await.json();
    assert_eq!(ready["ready"], true, "{ready}");
    let states: Vec<_> = ready["checks"].as_array().expect("checks").iter().map(|check| check["status"].clone()).collect();
    assert_eq!(states[..5], ["not_used", "not_used", "not_used", "not_used", "pass"].map(|state| json!(state)), "{ready}");
    let token = get(format!("/api/token/{}", desk.end_user)).key(key).to(&desk.place.server).await;
    assert_eq!((token.status, token.json()["code"].as_str()), (409, Some("no_tokens")), "{}", token.body);
    let refresh = post(format!("/api/token/{}/refresh", desk.end_user)).key(key).to(&desk.place.server).await;
    assert_eq!(refresh.status, 409, "{}", refresh.body);
    let audit = get(format!("/api/connections/{}/audit", desk.end_user)).key(key).to(&desk.place.server).await.json();
    assert!(audit["audit"].as_array().expect("rows").iter().any(|row| row["action"] == "connected"), "{audit}");
    let start = get(format!("/oauth/start/{}?platform=quickbooks_desktop", desk.end_user)).key(key).to(&desk.place.server).await;
    assert_eq!(start.status, 400, "{}", start.body);
}

#[tokio::test]
async fn the_events_of_a_connection_of_quickbooks_desktop_are_in_the_health_of_integrations() {
    let desk = Desk::start(3).await;
    let run = desk.import(SYNC, &json!({})).await;
    let (app, partner) = (desk.place.app(), PartnerId::default_partner());
    let events = app.outbox.events_between(&partner, "evt_", "evt_~", 100).await.expect("a table").events;
    let ids: Vec<_> = events.iter().map(|event| event.id().to_owned()).collect();
    dispatch(&app, &partner, &ids).await.expect("a table");
    let health = desk.place.data("/v1/integrations/health").await;
    let platform = &health["platforms"][0];
    assert_eq!(
        (&platform["platform"], &platform["connections"]["active"]),
        (&json!("quickbooks_desktop"), &json!(1)),
        "{health}"
    );
    let listed = desk.place.data(&format!("/v1/events?companyKey={}", desk.end_user)).await;
    let listed: Vec<_> = listed.as_array().expect("events").iter().map(|event| event["event"].clone()).collect();
    assert_eq!(listed, ["oauth.sync_completed", "oauth.connected"].map(|event| json!(event)), "{run}");
}

#[tokio::test]
async fn a_deleted_end_user_is_disconnected_and_its_records_are_purged() {
    let desk = Desk::start(5).await;
    desk.import(SYNC, &json!({})).await;
    let path = format!("/v1/end-users/{}", desk.end_user);
    let deleted = ask(Method::DELETE, &path, &desk.place.key, "").to(&desk.place.server).await;
    assert_eq!(deleted.status, 200, "{}", deleted.body);
    let connection = get(format!("/api/connections/{}", desk.end_user)).key(&desk.place.key).to(&desk.place.server).await.json();
    assert_eq!((&connection["status"], &connection["company_name"]), (&json!("disconnected"), &json!("")), "{connection}");
    let again = desk.request(SYNC, &json!({ "companyKey": desk.end_user })).to(&desk.place.server).await;
    assert_eq!(again.status, 404, "{}", again.body);
}
