//! Money spent directly. It is a check if its `PaymentType` says so.

use counterfoil_core::model::record::Unreadable;

use super::check;
use crate::books::entry::{Found, named};
use crate::object::Object;

pub(super) fn read(object: &Object<'_>) -> Result<Option<Found>, Unreadable> {
    if !check::is_by_check(object, "PaymentType") {
        return Ok(None);
    }
    let payee = named(&object.object("EntityRef"), "value", "name");
    let bank_account = named(&object.object("AccountRef"), "value", "name");
    check::read(object, payee, bank_account, Vec::new()).map(Some)
}
