//! Stores end users, their connections and sessions of the auth flow.

use async_trait::async_trait;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Select, Update};
use counterfoil_core::model::audit::Audit;
use counterfoil_core::model::desktop::auth_session::AuthSession;
use counterfoil_core::model::desktop::connection::DesktopConnection;
use counterfoil_core::model::desktop::end_user::{EndUser, EndUserName};
use counterfoil_core::model::desktop::id::{AuthSessionId, EndUserId};
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::secret::Fingerprint;
use counterfoil_core::port::store::desktop::{Connect, EndUserStore};
use counterfoil_core::port::store::{Created, StoreError, Written};
use jiff::Timestamp;

use crate::desktop::{auth_session_row, connection_row, end_user_row};
use crate::fault;
use crate::history::row::audit;
use crate::key::{Key, end_users_of};
use crate::request::{LIST_ROUNDS_MOST, Transacted, transact_update};
use crate::row::{Item, key_item, millis, readable, text};
use crate::table::{LIST_INDEX, LIST_PK, LIST_SK, PK, Table};
use crate::update::Changes;

/// The number of end users in one `BatchGetItem`: two items each, a hundred at most.
const BATCH_MOST: usize = 50;

#[async_trait]
impl EndUserStore for Table {
    async fn create_end_user(&self, end_user: &EndUser, row: &Audit) -> Result<Created, StoreError> {
        let items = vec![
            self.put_new(end_user_row::write(end_user)?),
            self.put_new(end_user_row::write_source(end_user)?),
            self.put(audit(row)?),
        ];
        Ok(written(&self.transact(items, &row.id).await?).into())
    }

    async fn end_users(
        &self,
        partner: &PartnerId,
        after: Option<&EndUserId>,
        most: u32,
    ) -> Result<Vec<(EndUser, Option<DesktopConnection>)>, StoreError> {
        let names = self.end_user_names(partner, after, most).await?;
        let mut found = Vec::new();
        for names in names.chunks(BATCH_MOST) {
            let keys: Vec<_> = names.iter().flat_map(|name| [Key::end_user(name), Key::desktop_connection(name)]).collect();
            let mut items = self.get_all(&keys).await?.into_iter();
            let pairs = std::iter::from_fn(|| Some((items.next()?, items.next()?)));
            found.extend(readable(pairs.filter_map(|(end_user, connection)| Some(with_connection(end_user?, connection)))));
        }
        Ok(found)
    }

    async fn count_end_users(&self, partner: &PartnerId, most: usize) -> Result<usize, StoreError> {
        let (mut count, mut after) = (0, None);
        for _ in 0..LIST_ROUNDS_MOST {
            let request = self.end_users_of(partner).select(Select::Count).set_exclusive_start_key(after);
            let left = i32::try_from(most - count).unwrap_or(i32::MAX);
            let answer = request.limit(left).send().await.map_err(|error| fault::meaning(&self.name, &error))?;
            count += usize::try_from(answer.count).unwrap_or_default();
            after = answer.last_evaluated_key;
            if after.is_none() || count >= most {
                break;
            }
        }
        Ok(count)
    }

    async fn end_user(&self, name: &EndUserName) -> Result<Option<(EndUser, Option<DesktopConnection>)>, StoreError> {
        let mut items = self.get_all(&[Key::end_user(name), Key::desktop_connection(name)]).await?.into_iter();
        let (end_user, connection) = (items.next().flatten(), items.next().flatten());
        end_user.map(|end_user| with_connection(end_user, connection)).transpose()
    }

    async fn delete_end_user(&self, end_user: &EndUser, row: &Audit) -> Result<Written, StoreError> {
        let exists = format!("attribute_exists({PK})");
        let items = vec![
            self.delete_under(&Key::end_user(&end_user.name), &exists, None),
            self.delete(&Key::end_user_source(&end_user.name.partner, &end_user.source_id)),
            self.delete(&Key::desktop_connection(&end_user.name)),
            self.put(audit(row)?),
        ];
        let deleted = written(&self.transact(items, &row.id).await?);
        if deleted == Written::Stored
            && let Err(error) = self.delete_jobs(&end_user.name).await
        {
            tracing::warn!(end_user = %end_user.name.id, %error, "jobs of a deleted end user are left to TTL");
        }
        Ok(deleted)
    }

    async fn create_connection(&self, connection: &DesktopConnection, row: &Audit) -> Result<Written, StoreError> {
        let items = vec![
            self.put_new(connection_row::write(connection)?),
            self.exists(&Key::end_user(&connection.end_user)),
            self.put(audit(row)?),
        ];
        Ok(written(&self.transact(items, &row.id).await?))
    }

    async fn replace_password(&self, name: &EndUserName, password: &Fingerprint, row: &Audit) -> Result<Written, StoreError> {
        let changes = Changes::default()
            .put("password_sha256", Some(password.as_str()))?
            .put("password_set_at", Some(millis(row.at)))?
            .remove("session");
        self.change_connection(name, changes, row).await
    }

    async fn replace_qwc(&self, name: &EndUserName, file_id: &str, qwc: &str, row: &Audit) -> Result<Written, StoreError> {
        let changes =
            Changes::default().put("file_id", Some(file_id))?.put("qwc", Some(qwc))?.remove("has_seen_file").remove("session");
        self.change_connection(name, changes, row).await
    }

    async fn connect(&self, connect: &Connect) -> Result<Written, StoreError> {
        let Connect { desktop, previous, connection, audit: row, event } = connect;
        let changes = Changes::default()
            .put("connected_file", Some(&desktop.file_id))?
            .given(":password", AttributeValue::S(desktop.password.as_str().to_owned()))
            .given(":file_id", AttributeValue::S(desktop.file_id.clone()));
        let as_read = "password_sha256 = :password AND file_id = :file_id";
        let items = vec![
            transact_update(changes.under(self, &Key::desktop_connection(&desktop.end_user), as_read)),
            transact_update(self.consented(connection, previous.as_ref())?),
            self.put(audit(row)?),
            self.put(crate::outbox::row::write(event)?),
        ];
        Ok(written(&self.transact(items, connection.commit_id.as_str()).await?))
    }

    async fn create_auth_session(&self, session: &AuthSession, row: &Audit) -> Result<(), StoreError> {
        let items = vec![self.put(auth_session_row::write(session)?), self.put(audit(row)?)];
        self.transact(items, &row.id).await.map(drop)
    }

    async fn auth_session(&self, partner: &PartnerId, id: &AuthSessionId) -> Result<Option<AuthSession>, StoreError> {
        self.get(&Key::auth_session(partner, id)).await?.map(auth_session_row::read).transpose()
    }

    async fn password_shown(&self, partner: &PartnerId, id: &AuthSessionId, at: Timestamp) -> Result<(), StoreError> {
        let changes = Changes::default().put("password_shown_at", Some(millis(at)))?;
        let update = changes.under(self, &Key::auth_session(partner, id), &format!("attribute_exists({PK})"));
        self.update(update, |_| false).await.map(drop)
    }
}

impl Table {
    /// The part of a disconnect that refuses the Web Connector: no password has this hash. The `.qwc` file stays, because the Web
    /// Connector would not take another one for the same company file.
    pub(crate) fn web_connector_refused(&self, name: &EndUserName) -> Result<Update, StoreError> {
        let changes = Changes::default()
            .put("password_sha256", Some("-"))?
            .remove("session")
            .remove("connected_file")
            .remove("last_successful_request_at");
        Ok(changes.under(self, &Key::desktop_connection(name), &format!("attribute_exists({PK})")))
    }

    async fn change_connection(&self, name: &EndUserName, changes: Changes, row: &Audit) -> Result<Written, StoreError> {
        let update = changes.under(self, &Key::desktop_connection(name), &format!("attribute_exists({PK})"));
        Ok(written(&self.transact(vec![transact_update(update), self.put(audit(row)?)], &row.id).await?))
    }

    /// A query of the list of a partner's end users.
    fn end_users_of(&self, partner: &PartnerId) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.name)
            .index_name(LIST_INDEX)
            .key_condition_expression(format!("{LIST_PK} = :partner"))
            .expression_attribute_values(":partner", AttributeValue::S(end_users_of(partner)))
    }

    async fn end_user_names(
        &self,
        partner: &PartnerId,
        after: Option<&EndUserId>,
        most: u32,
    ) -> Result<Vec<EndUserName>, StoreError> {
        let position = after.map(|id| {
            let name = EndUserName { partner: partner.clone(), id: id.clone() };
            let mut position = key_item(&Key::end_user(&name));
            position.insert(LIST_PK.to_owned(), AttributeValue::S(end_users_of(partner)));
            position.insert(LIST_SK.to_owned(), AttributeValue::S(id.to_string()));
            position
        });
        let request = self.end_users_of(partner).set_exclusive_start_key(position);
        let answer = request
            .limit(i32::try_from(most).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(|error| fault::meaning(&self.name, &error))?;
        let id = |item: &Item| EndUserId::parse(&text(item, LIST_SK).ok()?);
        let ids = answer.items.unwrap_or_default();
        Ok(ids.iter().filter_map(id).map(|id| EndUserName { partner: partner.clone(), id }).collect())
    }
}

fn with_connection(end_user: Item, connection: Option<Item>) -> Result<(EndUser, Option<DesktopConnection>), StoreError> {
    Ok((end_user_row::read(end_user)?, connection.map(connection_row::read).transpose()?))
}

pub(super) fn written(transacted: &Transacted) -> Written {
    match transacted {
        Transacted::Stored => Written::Stored,
        Transacted::Refused(_) => Written::Overtaken,
    }
}
