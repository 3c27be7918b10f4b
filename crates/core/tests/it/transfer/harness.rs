//! An installation to which an operator moves connections.

use std::sync::Arc;

use counterfoil_core::model::audit::Actor;
use counterfoil_core::model::connection::Connection;
use counterfoil_core::model::name::DisplayName;
use counterfoil_core::model::platform::{Environment, PlatformName};
use counterfoil_core::model::transfer::Transfer;
use counterfoil_core::service::transfer::failure::TransferFailure;
use counterfoil_core::service::transfer::{Transferred, Transfers};
use counterfoil_testkit::fixture::connection_id;
use counterfoil_testkit::platform::{CLIENT_ID, RotationPolicy};

use crate::harness::Stage;

pub(super) struct Move {
    pub(super) stage: Stage,
}

impl Move {
    /// Every sleep moves the clock on.
    pub(super) async fn new(temper: RotationPolicy) -> Self {
        Self { stage: Stage::self_advancing(temper).await }
    }

    pub(super) async fn standing_still(temper: RotationPolicy) -> Self {
        Self { stage: Stage::new(temper).await }
    }

    pub(super) fn transfers(&self) -> Transfers {
        Transfers { app: Arc::clone(&self.stage.app), store: Arc::new(self.stage.installation.table()), actor: actor() }
    }

    pub(super) async fn run(&self, transfer: &Transfer) -> Result<Transferred, TransferFailure> {
        self.transfers().run(transfer).await
    }

    /// A connection that another system has to that company, with a grant of its own.
    pub(super) fn transfer(&self, company_key: &str, company_id: &str) -> Transfer {
        Transfer {
            connection: connection_id(company_key),
            company_name: Some("Acme Ltd".to_owned()),
            platform: PlatformName::Quickbooks,
            environment: Environment::Production,
            company_id: company_id.to_owned(),
            refresh_token: self.stage.installation.platform.grant_elsewhere(company_id, self.stage.app.now()),
            refresh_token_expires_at: None,
            scopes: None,
            region: None,
        }
    }

    pub(super) async fn row(&self, company_key: &str) -> Connection {
        self.stage.row(&connection_id(company_key)).await
    }

    /// The audit rows and events of a connection, in words.
    pub(super) async fn told(&self, company_key: &str) -> Vec<String> {
        let items = self.stage.installation.items_of(&connection_id(company_key)).await;
        let mut told: Vec<_> = items
            .iter()
            .filter_map(|(key, item)| {
                let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
                match key {
                    _ if key.starts_with("AUDIT#") => Some(format!("audit {} {}", text("action"), text("actor"))),
                    _ if key.starts_with("evt_") => Some(format!("event {}", text("event"))),
                    _ => None,
                }
            })
            .collect();
        told.sort();
        told
    }

    /// How many connections have an entry under a company.
    pub(super) async fn entries(&self, company_id: &str) -> usize {
        self.stage.installation.items_under(&format!("COMPANY#quickbooks#{CLIENT_ID}#{company_id}")).await.len()
    }
}

pub(super) fn actor() -> Actor {
    Actor::Operator(DisplayName::parse("ada").ok())
}
