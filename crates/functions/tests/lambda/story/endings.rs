//! The end of the connection: a hint, a disconnect, and the revocations that are due.

use std::time::Duration;

use counterfoil_core::model::connection::{Company, Connection};
use counterfoil_core::model::flow::FlowId;
use counterfoil_core::model::grant::StoredGrant;
use counterfoil_core::model::platform::PlatformName;
use counterfoil_core::model::probe::Hint;
use counterfoil_core::model::revocation::{Revocation, RevocationId};
use counterfoil_core::model::secret::Secret;
use counterfoil_core::port::store::vault::Commit;
use counterfoil_testkit::http_event::HttpEvent;
use serde_json::{Value, json};
use url::Url;

use super::{HARBOR, HOUR, LONG_UNUSED, Story};
use crate::browser::LARKSPUR;
use crate::deployment::connection_id;
use crate::event::Sample;

impl Story {
    /// A disconnect at Intuit, reported by an address that anyone can open. A run of the refresher processes the same hint of two
    /// minutes ago.
    pub(super) async fn is_said_to_be_disconnected(&self) {
        self.deployment.expire().await;
        let link = HttpEvent::get(&format!("/oauth/disconnect?realmId={HARBOR}")).to_json();
        assert_eq!(self.token(&link).await.status, 200);
        let hint = Hint { platform: PlatformName::Quickbooks, company_id: HARBOR.to_owned() };
        let operator = &self.deployment.operator;
        operator.probes.note_hint(&hint, operator.now() - Duration::from_secs(120)).await.expect("the table answers");
        let ran = self.function("refresher").lambda.invoke(&json!({ "shards": [] })).await;
        assert_eq!(ran.expect("the run ends"), Value::Null);
    }

    /// The partner disconnects twice. The tokens of a refresh after that are revoked too.
    pub(super) async fn is_disconnected(&mut self) {
        let connection = self.deployment.connection().await;
        let grant = connection.grant().expect("it has one").clone();
        self.key = self.deployment.key(LONG_UNUSED).await;
        self.secrets.push(self.key.clone());
        for _ in 0..2 {
            let gone = self.ask("disconnect", &self.sample("disconnect")).await.json(200);
            assert_eq!((&gone["status"], &gone["platform_told"]), (&json!("disconnected"), &json!(true)));
        }
        self.has_a_revocation_that_would_end_another_grant(&connection, &grant).await;
        let commit_id = self.deployment.operator.new_commit_id();
        let (at, due_at) = (self.deployment.operator.now(), None);
        let commit = Commit { epoch: connection.epoch, commit_id, grant, at, due_at, wanted_until: None, in_doubt: false };
        self.park(commit).await;
        self.leaves_a_flow_that_is_due().await;
        let ran = self.function("revoker").lambda.invoke(&Sample::of("revoker").to_json()).await;
        assert_eq!(ran.expect("the run ends"), Value::Null);
        assert_eq!(self.deployment.intuit.requests("revoke").await, 2);
    }

    /// A revocation for the company that the partner's page connected. It is not sent.
    pub(super) async fn has_a_revocation_that_would_end_another_grant(&self, connection: &Connection, grant: &StoredGrant) {
        let company = Company { company_id: LARKSPUR.to_owned(), ..connection.company.clone() };
        let id = RevocationId { connection: connection_id(), grant: (connection.epoch + 100).into() };
        let revocation = Revocation::new(id, company, grant.clone(), self.deployment.operator.now());
        self.deployment.operator.revocations.put_revocation(&revocation).await.expect("the table answers");
    }

    /// A consent that nobody continues. It has no grant, so the revoker removes it from the due index.
    pub(super) async fn leaves_a_flow_that_is_due(&mut self) {
        let started = self.ask("start", &Sample::of("start").to_json()).await;
        let page = Url::parse(started.location(302)).expect("an address");
        let state = page.query_pairs().find(|(name, _)| name == "state").expect("a state").1.into_owned();
        self.keep_secrets_of(page.query().unwrap_or_default(), &started.cookies);
        let operator = &self.deployment.operator;
        let flow = operator.flows.flow(&FlowId::of(&Secret::new(state))).await.expect("the table answers").expect("a flow");
        operator.flows.reschedule_flow(&flow, Some(operator.now() - HOUR)).await.expect("the table answers");
    }
}
