//! The scripted platform's notifications: a line for each change, with the company and the kind of run.

use counterfoil_core::port::notifications::{Change, Notifications};

/// The header with the signature.
pub const SIGNATURE_HEADER: &str = "x-scripted-signature";
/// The signature of every notification.
pub const SIGNATURE: &str = "signed-by-the-platform";

/// Reads lines such as `acme import_invoices`.
#[derive(Debug)]
pub(super) struct ScriptedNotifications;

impl Notifications for ScriptedNotifications {
    fn signature_header(&self) -> &'static str {
        SIGNATURE_HEADER
    }

    fn is_signed(&self, _: &[u8], signature: &str) -> bool {
        signature == SIGNATURE
    }

    fn read(&self, body: &[u8]) -> Option<Vec<Change>> {
        let change = |line: &str| {
            let (company_id, kind) = line.split_once(' ')?;
            Some(Change { company_id: company_id.to_owned(), kind: kind.parse().ok()? })
        };
        std::str::from_utf8(body).ok()?.lines().map(change).collect()
    }
}
