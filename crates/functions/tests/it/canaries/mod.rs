//! Canaries (T-1): secrets of every kind pass through every route and every worker, also while the platforms and the table fail and repeat
//! what they were sent. Then everything that came out is searched: logs, answers, webhooks, messages to queues, and the items
//! of the table.

mod mirror;
mod recorder;
mod routes;
mod secrets;
mod self_test;
mod sinks;
mod workers;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use axum::Router;
use counterfoil_testkit::wire::{Fault, Rule};

use self::mirror::{HOOKS, Mirror};
use self::recorder::{Record, recorded};
use self::secrets::{KINDS, Kind};
use self::sinks::Evidence;
use crate::desktop;
use crate::harness::{Installation, Logs, stand_in_settings};

const RING: &str = "canary-of-the-keyring-0123456789-0123456789-0123456789";

/// An error of the platforms, and of webhook endpoints: a status and a code.
const TROUBLES: [(u16, &str); 4] = [(503, "server_error"), (302, "moved"), (401, "invalid_client"), (400, "invalid_grant")];
/// The queues of SQS, whose requests the proxy before the table takes.
const QUEUES: [(&str, &str); 2] = [("PARKING_QUEUE_URL", PARKING), ("IMPORT_QUEUE_URL", "https://sqs.example.com/imports")];
const PARKING: &str = "https://sqs.example.com/parking";
/// How many requests of a route or a worker the table answers before it fails.
const ANSWERED: [usize; 3] = [0, 1, 3];

/// An installation whose secrets are followed.
struct Tour {
    place: Installation,
    mirror: Arc<Mirror>,
    record: Record,
    results: Vec<String>,
}

impl Tour {
    async fn begin() -> Self {
        let mirror = Arc::new(Mirror::start().await);
        let keyring = format!(r#"{{"primary":"{RING}"}}"#);
        let settings = stand_in_settings(&mirror.base);
        let own = [("KEYRING", keyring.as_str()), ("ALLOW_LOOPBACK_WEBHOOKS", "true"), ("SHOW_DOCS", "true")];
        let variables: Vec<_> =
            settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).chain(own).chain(QUEUES).collect();
        let mut place = Installation::start_with(&variables).await;
        mirror.before(place.stand_ins.router());
        {
            let known = &mut mirror.passed().secrets;
            for (name, value) in &settings {
                if name.ends_with("_CLIENT_SECRET") {
                    known.keep(value, Kind::ClientSecret);
                } else if name.contains("WEBHOOK") {
                    known.keep(value, Kind::WebhookVerifier);
                }
            }
            known.keep(RING, Kind::KeyringKey);
            known.keep(&place.key[place.key.len() - 43..], Kind::ApiKey);
            known.keep(desktop::TAX_NUMBER, Kind::TaxNumber);
            known.keep(HOOKS.trim_start_matches("/hooks/"), Kind::EndpointAddress);
        }
        let record = Arc::new(Mutex::default());
        place.server = recorded(place.server.clone(), &record, &mirror);
        Self { place, mirror, record, results: Vec::new() }
    }

    /// A process that lacks the keyring of the others.
    fn without_the_keyring(&self) -> Router {
        let other = r#"{"primary":"another-keyring-0123456789-0123456789-0123456789-01"}"#;
        recorded(self.place.process(&[("KEYRING", other)]), &self.record, &self.mirror)
    }

    /// Lets the table fail behind so many requests. Each error repeats the request and the items of its answer.
    fn break_the_table(&self, behind: usize) {
        self.place.wire.reset();
        self.place.wire.inject(Rule::on_any(Fault::Repeated).after(behind).times(usize::MAX));
    }

    /// Everything that came out.
    async fn evidence(&self, logs: &Logs) -> Evidence {
        let rows = self.place.rows.all().await;
        Evidence {
            logs: logs.text() + &logs.metric_lines(),
            answers: self.record.lock().expect("no holder panics").clone(),
            delivered: self.mirror.passed().delivered.clone(),
            messages: self.place.wire.messages().into_iter().map(|message| message.text).collect(),
            rows,
            results: self.results.clone(),
        }
    }
}

#[tokio::test]
async fn t1_secrets_of_every_kind_pass_through_every_route_and_worker_and_are_in_no_sink() {
    let logs = Logs::capture();
    let mut tour = Tour::begin().await;
    tour.connects_every_platform().await;
    tour.asks_every_route().await;
    tour.runs_every_worker("without a failure").await;
    let calm = tour.evidence(&logs).await;
    tour.fails_at_the_platforms().await;
    tour.fails_at_the_table().await;
    tour.asks_with_secrets_in_wrong_places().await;

    let evidence = tour.evidence(&logs).await;
    let secrets = tour.mirror.passed().secrets.clone();
    let kinds: Vec<_> = KINDS.into_iter().filter(|kind| !secrets.kinds().contains(kind)).collect();
    assert!(kinds.is_empty(), "no secret of these kinds has passed: {kinds:?}");
    let leaks = evidence.leaks(&secrets);
    assert!(leaks.is_empty(), "{} leaks:\n{}", leaks.len(), leaks.join("\n"));
    assert!(evidence.logs.lines().count() > 1_000 && !evidence.delivered.is_empty());
    let queues: BTreeSet<_> = tour.place.wire.messages().into_iter().map(|message| message.queue).collect();
    assert_eq!(queues.len(), 3, "each queue has got a message: {queues:?}");
    routes::every_one_has_succeeded(&calm.answers);
}
