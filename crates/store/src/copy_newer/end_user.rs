//! End users that were deleted since the restored moment. No item says so but the audit row of the deletion.

use counterfoil_core::model::audit::Action;
use counterfoil_core::model::desktop::end_user::EndUserName;
use counterfoil_core::model::desktop::id::EndUserId;
use counterfoil_core::port::store::StoreError;

use crate::connections::row::connection_of;
use crate::desktop::end_user_row;
use crate::key::Key;
use crate::row::{Item, text};
use crate::table::{PK, Table};

/// The items in `to` of the end user whose deletion an audit row records. Its source id may have another end user in `from` by now.
pub(super) async fn deleted_by(row: &Item, from: &Table, to: &Table) -> Result<Vec<Key>, StoreError> {
    if text(row, "action")? != Action::EndUserDeleted.as_str() {
        return Ok(Vec::new());
    }
    let connection = connection_of(&text(row, PK)?)?;
    let Some(id) = EndUserId::parse(connection.company_key.as_str()) else { return Ok(Vec::new()) };
    let name = EndUserName { partner: connection.partner, id };
    let found = to.get_all(&[Key::end_user(&name)]).await?.into_iter().next().flatten();
    let Some(end_user) = found.map(end_user_row::read).transpose()? else { return Ok(Vec::new()) };
    let source = Key::end_user_source(&name.partner, &end_user.source_id);
    let source = if from.get(&source).await?.is_none() { Some(source) } else { None };
    Ok([Key::end_user(&name), Key::desktop_connection(&name)].into_iter().chain(source).collect())
}
