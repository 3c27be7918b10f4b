//! The revocation endpoint: revoking a token ends its grant.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use axum::routing::{MethodRouter, post};

use super::keys;
use super::raw::Raw;
use super::refusal::Refusal;
use super::{StandIn, StandInPlatform};
use crate::desk::Call;
use crate::fault::Place;

pub(super) const ENDPOINT: &str = "revoke";

/// The endpoint.
pub(crate) fn route<P: StandInPlatform>(site: P::Site) -> MethodRouter<Arc<StandIn<P>>> {
    post(move |State(stand_in), raw| answer::<P>(site, stand_in, raw))
}

async fn answer<P: StandInPlatform>(site: P::Site, stand_in: Arc<StandIn<P>>, raw: Raw) -> Response {
    let call = Call::new(ENDPOINT, Place::Revoke);
    let request = read::<P>(site, &raw);
    let acting = Arc::clone(&stand_in);
    let act = move |_| match request.and_then(|(keys, token)| perform(&acting, keys, &token)) {
        Ok(()) => P::revoked(),
        Err(Refusal::DeadToken) if P::RULES.revokes_unknown_tokens => P::revoked(),
        Err(refusal) => refusal.answer::<P>(),
    };
    stand_in.desk.attend(call, act).await
}

/// The client of the request, and the token.
fn read<P: StandInPlatform>(site: P::Site, raw: &Raw) -> Result<(&'static str, String), Refusal> {
    let params = raw.params(P::RULES.revocation_parameters)?;
    let client_id = if P::RULES.keys_to_revoke {
        params.only(&[&["token"], P::RULES.keys_shown.parameters()].concat())?;
        keys::authenticate::<P>(raw, &params)?
    } else {
        params.only(&["token"])?;
        P::KEYS[0].id
    };
    Ok((P::keys_at(site, client_id), params.require("token")?.to_owned()))
}

fn perform<P: StandInPlatform>(stand_in: &StandIn<P>, keys: &str, token: &str) -> Result<(), Refusal> {
    let now = stand_in.desk.clock.now();
    let revoked = stand_in.ledger().revoke(keys, token, now);
    stand_in.keep()?;
    revoked
}
