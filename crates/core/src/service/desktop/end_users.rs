//! End users: created, listed, read and deleted by a partner.

use std::time::Duration;

use crate::model::api_key::ApiKey;
use crate::model::audit::{Action, Actor};
use crate::model::desktop::connection::DesktopConnection;
use crate::model::desktop::end_user::{END_USERS_MOST, EndUser, EndUserName};
use crate::model::desktop::id::EndUserId;
use crate::model::name::PartnerId;
use crate::port::store::{Created, Written};
use crate::service::revocation::disconnect::{History, disconnect};
use crate::{App, Error};

/// The number of end users in one read of the list.
const PAGE: u32 = 1_000;
/// The largest number of end users that are listed: more than are counted, so that some that are created at the same moment do not end the
/// list.
const LISTED_MOST: usize = END_USERS_MOST + 1_000;

/// An end user and its connection, if it has begun the auth flow.
pub type WithConnection = (EndUser, Option<DesktopConnection>);

/// A new end user.
pub struct NewEndUser {
    /// The name of its company.
    pub company_name: String,
    /// The partner's id of it.
    pub source_id: String,
    /// Its e-mail address.
    pub email: String,
}

/// Creates an end user.
///
/// # Errors
/// `Conflict` if the partner has an end user with this source id, or [`END_USERS_MOST`] end users.
pub async fn create_end_user(app: &App, key: &ApiKey, new: NewEndUser) -> Result<EndUser, Error> {
    if app.end_users.count_end_users(&key.partner, END_USERS_MOST).await? >= END_USERS_MOST {
        let message = format!("A partner can have {END_USERS_MOST} end users. Delete one first.");
        return Err(Error::conflict("too_many_end_users", message));
    }
    let end_user = EndUser {
        name: EndUserName { partner: key.partner.clone(), id: EndUserId::of_digits(&app.new_id("")) },
        created_at: app.now(),
        company_name: new.company_name,
        source_id: new.source_id,
        email: new.email,
    };
    let detail = [("source_id", end_user.source_id.clone())];
    let audit = app.audit(&end_user.name.connection_id(), Action::EndUserCreated, Actor::Key(key.id.clone()), detail);
    match app.end_users.create_end_user(&end_user, &audit).await? {
        Created::Stored => Ok(end_user),
        Created::Exists => Err(Error::conflict(
            "source_id_exists",
            "There is an end user with this source id already. Use it, or another source id.",
        )),
    }
}

/// All end users of a partner, oldest first.
///
/// # Errors
/// `Internal` if there are a thousand more than [`END_USERS_MOST`]; the table's errors.
pub async fn list_end_users(app: &App, partner: &PartnerId) -> Result<Vec<WithConnection>, Error> {
    let mut all: Vec<WithConnection> = Vec::new();
    while all.len() <= LISTED_MOST {
        let after = all.last().map(|(end_user, _)| end_user.name.id.clone());
        let page = app.end_users.end_users(partner, after.as_ref(), PAGE).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
    Err(Error::Internal(format!("the partner {partner} has more than {LISTED_MOST} end users")))
}

/// One end user.
///
/// # Errors
/// `NotFound` if the partner has no such end user.
pub async fn read_end_user(app: &App, name: &EndUserName) -> Result<WithConnection, Error> {
    app.end_users.end_user(name).await?.ok_or(Error::NO_END_USER)
}

/// Deletes an end user and its connection. The Web Connector is then refused. If records were imported, a purge removes them. Everything is
/// over when the clock has counted to `ends_at`.
///
/// # Errors
/// `NotFound` if the partner has no such end user.
pub async fn delete_end_user(app: &App, key: &ApiKey, name: &EndUserName, ends_at: Duration) -> Result<(), Error> {
    let (end_user, _) = read_end_user(app, name).await?;
    let id = name.connection_id();
    if app.connections.read(&id).await?.is_some() {
        disconnect(app, key, &id.company_key, History::Purged, ends_at).await?;
    }
    let audit = app.audit(&id, Action::EndUserDeleted, Actor::Key(key.id.clone()), []);
    match app.end_users.delete_end_user(&end_user, &audit).await? {
        Written::Stored => Ok(()),
        Written::Overtaken => Err(Error::NO_END_USER),
    }
}
