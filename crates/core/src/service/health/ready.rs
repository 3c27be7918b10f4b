//! Checks that the table, the keyring and the credentials are available (S-5).

use crate::model::platform::{Environment, PlatformName};
use crate::{App, Error};

/// The check of one requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadyCheck {
    /// Its name.
    pub name: &'static str,
    /// The problem and how to fix it; `None` if there is none.
    pub problem: Option<String>,
}

/// Runs all checks, also after a failed one.
pub async fn check_ready(app: &App) -> Vec<ReadyCheck> {
    vec![
        check("table", app.partners.check().await.map_err(Error::from)),
        check("keyring", app.sealer.check().await),
        check("credentials", any_platform(app).await),
        check("public_base_url", app.base_url().map(|_| ())),
    ]
}

/// Checks that at least one platform has credentials.
async fn any_platform(app: &App) -> Result<(), Error> {
    let mut missing = None;
    for name in PlatformName::with_oauth() {
        match app.platforms.get(name, Environment::Production).await {
            Ok(_) => return Ok(()),
            Err(error) => missing = missing.or(Some(error)),
        }
    }
    missing.map_or(Ok(()), Err)
}

fn check(name: &'static str, result: Result<(), Error>) -> ReadyCheck {
    ReadyCheck { name, problem: result.err().map(|error| error.to_string()) }
}
