//! The operator who changes partners and keys by a command.

use std::sync::Arc;

use counterfoil_core::model::api_key::Scope;
use counterfoil_core::model::audit::Actor;
use counterfoil_core::model::name::DisplayName;
use counterfoil_core::model::origin::Origin;
use counterfoil_core::port::clock::SystemClock;
use counterfoil_core::port::entropy::SystemEntropy;
use counterfoil_core::service::partner::operator::Operator;
use counterfoil_functions::config::audit_retention;
use counterfoil_store::Table;

use crate::failure::Failure;
use crate::variables::Variables;

/// The variables in which operating systems put the user's name.
const USER: [&str; 3] = ["USER", "LOGNAME", "USERNAME"];

/// The person at this computer, with this table.
///
/// # Errors
/// An `AUDIT_RETENTION_DAYS` that is not a number of days.
pub(crate) fn operator(variables: &Variables, table: &Table) -> Result<Operator, Failure> {
    let user = USER.iter().find_map(|name| DisplayName::parse(variables.get(name)?).ok());
    Ok(Operator {
        store: Arc::new(table.clone()),
        clock: Arc::new(SystemClock::start()),
        entropy: Arc::new(SystemEntropy),
        actor: Actor::Operator(user),
        scopes: Scope::ALL.to_vec(),
        origin: Origin::default(),
        audit_retention: audit_retention(variables.as_map()).map_err(Failure::new)?,
    })
}
