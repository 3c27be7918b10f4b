//! Why a request has no answer, by the errors of the client.

use std::error::Error;
use std::io;
use std::iter::successors;

use counterfoil_core::model::webhook::delivery::SendFailure;

use crate::resolver::Unresolved;

/// The failure that an error of the client means.
pub(crate) fn of(error: &reqwest::Error) -> SendFailure {
    let is_connecting = error.is_connect();
    let first: &(dyn Error + 'static) = error;
    let unknown = if is_connecting { SendFailure::ConnectionFailed } else { SendFailure::ConnectionLost };
    successors(Some(first), |error| below(*error)).find_map(|error| known(error, is_connecting)).unwrap_or(unknown)
}

/// The cause of an error. An I/O error does not name the error that it contains as its source.
fn below<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    let contained = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    contained.map(|error| error as &(dyn Error + 'static)).or_else(|| error.source())
}

fn known(error: &(dyn Error + 'static), is_connecting: bool) -> Option<SendFailure> {
    if let Some(unresolved) = error.downcast_ref::<Unresolved>() {
        return Some(match unresolved {
            Unresolved::NoAddress => SendFailure::NameUnknown,
            Unresolved::NotPublic => SendFailure::AddressRefused,
        });
    }
    // A server that ends the connection during the handshake.
    let ended = error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::UnexpectedEof);
    (error.is::<rustls::Error>() || (is_connecting && ended)).then_some(SendFailure::TlsFailed)
}
