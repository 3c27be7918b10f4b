//! The two OAuth clients that an app has at Intuit. They share the authorize, token and revocation URLs. Credentials, redirect URIs, API host
//! and companies differ [Intuit, "Set redirect URI"].

use serde::{Deserialize, Serialize};

use super::company::{Company, PRODUCTION_COMPANIES, SANDBOX_COMPANIES};
use crate::oauth::keys::Keys;

/// One of the two clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Environment {
    /// For real companies at Intuit; here they are made up.
    Production,
    /// For Intuit's sandbox companies.
    Sandbox,
}

impl Environment {
    /// Both environments.
    pub const ALL: [Self; 2] = [Self::Production, Self::Sandbox];

    /// The client id of this environment's keys.
    pub const fn client_id(self) -> &'static str {
        match self {
            Self::Production => "stand-in-quickbooks-client",
            Self::Sandbox => "stand-in-quickbooks-sandbox-client",
        }
    }

    /// The client secret of this environment's keys. It protects nothing, so it is public.
    pub const fn client_secret(self) -> &'static str {
        match self {
            Self::Production => "stand-in-quickbooks-secret",
            Self::Sandbox => "stand-in-quickbooks-sandbox-secret",
        }
    }

    /// The key that signs this environment's webhooks.
    pub const fn webhook_verifier(self) -> &'static str {
        match self {
            Self::Production => "stand-in-quickbooks-webhook-verifier",
            Self::Sandbox => "stand-in-quickbooks-sandbox-webhook-verifier",
        }
    }

    /// The companies that the user can choose from.
    pub const fn companies(self) -> &'static [Company; 2] {
        match self {
            Self::Production => &PRODUCTION_COMPANIES,
            Self::Sandbox => &SANDBOX_COMPANIES,
        }
    }

    pub(super) const fn keys(self) -> Keys {
        Keys { id: self.client_id(), secret: self.client_secret() }
    }

    pub(super) fn of_client(client_id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|environment| environment.client_id() == client_id)
    }

    pub(super) fn company(self, realm: &str) -> Option<&'static Company> {
        self.companies().iter().find(|company| company.realm == realm)
    }
}
