//! The grant of the story: read, refreshed, ended at the platform, and revived.

use counterfoil_core::model::connection::GrantState;
use counterfoil_core::model::grant::StoredGrant;
use counterfoil_core::port::parking::Parked;
use counterfoil_core::port::store::vault::Commit;
use counterfoil_store::parking;
use counterfoil_testkit::http_event::HttpEvent;
use serde_json::{Value, json};

use super::{HARBOR, HOUR, Story, counts};
use crate::deployment::connection_id;
use crate::event::Sample;

impl Story {
    pub(super) async fn reads_and_refreshes(&mut self) {
        self.function("token").wire.reset();
        let read = self.token(&self.sample("token")).await.json(200);
        assert_eq!(self.function("token").wire.counts(), counts(&[("BatchGetItem", 1)]), "T-1: a key not yet known");
        self.function("token").wire.reset();
        let again = self.token(&self.sample("token")).await.json(200);
        assert_eq!(self.function("token").wire.counts(), counts(&[("GetItem", 1)]), "a key remembered");
        assert_eq!(read, again);

        let refresh = HttpEvent::post("/api/token/beach-blend/refresh").header("x-api-key", &self.key);
        let refreshed = self.token(&refresh.to_json()).await.json(200);
        assert_ne!(refreshed["access_token"], read["access_token"]);
        assert_eq!(self.deployment.intuit.requests("token.refresh_token").await, 1);
        self.keep(&read["access_token"]);
        self.keep(&refreshed["access_token"]);
        self.keep_refresh_token().await;
    }

    pub(super) async fn is_kept_fresh(&mut self) {
        self.deployment.expire().await;
        let ran = self.function("refresher").lambda.invoke(&Sample::of("refresher").to_json()).await;
        assert_eq!(ran.expect("the run ends"), Value::Null);
        assert_eq!(self.deployment.intuit.requests("token.refresh_token").await, 2);
        let kept = self.token(&self.sample("token")).await.json(200);
        self.keep(&kept["access_token"]);

        self.deployment.expire().await;
        let refreshed = self.token(&self.sample("token")).await.json(200);
        assert_ne!(refreshed["access_token"], kept["access_token"]);
        assert_eq!(self.deployment.intuit.requests("token.refresh_token").await, 3);
        self.keep(&refreshed["access_token"]);
        self.keep_refresh_token().await;
    }

    pub(super) async fn is_disconnected_at_the_platform(&mut self) {
        self.keep_refresh_token().await;
        self.deployment.intuit.control("revoke", json!({ "realm": HARBOR })).await;
        self.deployment.expire().await;
        assert_eq!(self.token(&self.sample("token")).await.json(502)["code"], "grant_refused");
        assert_eq!(self.token(&self.sample("token")).await.json(409)["code"], "reauthorization_required");
    }

    /// The refused grant had been replaced already by one that the table did not store in time.
    pub(super) async fn is_brought_back_by_a_parked_grant(&self) {
        let connection = self.deployment.connection().await;
        let GrantState::NeedsReauthorization { grant, .. } = connection.grant_state else { panic!("it was refused") };
        let now = self.deployment.operator.now();
        let grant = StoredGrant { issued_at: now, access_token_expires_at: now + HOUR, ..grant };
        let commit_id = self.deployment.operator.new_commit_id();
        let due_at = Some(now + HOUR);
        let commit = Commit { epoch: connection.epoch, commit_id, grant, at: now, due_at, wanted_until: None, in_doubt: false };
        self.park(commit).await;
        self.token(&self.sample("token")).await.json(200);
    }

    pub(super) async fn park(&self, commit: Commit) {
        let message = parking::write(&Parked { connection: connection_id(), commit }).expect("it can be written");
        let batch = Sample::of("parked").message(&message).to_json();
        let ran = self.function("parked").lambda.invoke(&batch).await;
        assert_eq!(ran.expect("the run ends"), json!({ "batchItemFailures": [] }));
    }
}
