//! A run that waits for the Web Connector goes on when it has signed in.

use crate::App;
use crate::model::connection::ConnectionId;
use crate::model::desktop::end_user::EndUserName;
use crate::port::store::Written;
use crate::service::sync::wake::wake;

/// Makes the run due that waits for the Web Connector. If the table fails, the run is due at the end of its pause.
pub(crate) async fn resume(app: &App, id: &ConnectionId) {
    match app.syncs.make_due(id, app.now()).await {
        Ok(Written::Stored) => wake(app, &[id]).await,
        Ok(Written::Overtaken) => {}
        Err(error) => tracing::warn!(connection = %id, %error, "a waiting run could not be made due"),
    }
}

/// Makes a run due that began to rest while the Web Connector signed in: the sign-in took note of the run, but could not make it due.
pub(crate) async fn resume_if_signed_in(app: &App, id: &ConnectionId) {
    let Some(end_user) = EndUserName::of_connection(id) else { return };
    match app.jobs.room(&end_user).await {
        Ok(Some(room)) if !room.connection.is_awaited => resume(app, id).await,
        Ok(_) => {}
        Err(error) => tracing::warn!(connection = %id, %error, "it could not be read whether the Web Connector has signed in"),
    }
}
