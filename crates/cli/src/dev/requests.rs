//! Tracks requests under way. As in Lambda, a caller that disconnects cancels nothing: each request is a task, and the program waits for
//! all of them before it ends.

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use tokio::sync::mpsc;

/// The requests under way. Each has a sender of a channel, and the channel closes when the last request ends.
pub(super) struct Requests {
    under_way: mpsc::Sender<()>,
    all_over: mpsc::Receiver<()>,
}

impl Default for Requests {
    fn default() -> Self {
        let (under_way, all_over) = mpsc::channel(1);
        Self { under_way, all_over }
    }
}

impl Requests {
    /// Adds tracking to every route.
    pub(super) fn track(&self, router: Router) -> Router {
        let under_way = self.under_way.downgrade();
        router.layer(from_fn(move |request: Request, next: Next| {
            let held = under_way.upgrade();
            async move {
                let task = tokio::spawn(async move {
                    let _held = held;
                    next.run(request).await
                });
                task.await.unwrap_or_else(|panic| ended_early(&panic))
            }
        }))
    }

    /// Waits until no request is under way.
    pub(super) async fn finish(mut self) {
        drop(self.under_way);
        self.all_over.recv().await;
    }
}

fn ended_early(panic: &tokio::task::JoinError) -> Response {
    tracing::error!(%panic, "a request ended early");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
