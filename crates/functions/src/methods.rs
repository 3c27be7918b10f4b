//! Routes that answer their own methods and no others.

use std::sync::Arc;

use axum::http::header::ALLOW;
use axum::routing::{MethodRouter, get};
use counterfoil_core::{App, Error};

use crate::surface::problem::Problem;

/// A GET that answers no HEAD: a link previewer must spend nothing (axum would run the GET for it).
pub(crate) fn only_get<H, T>(handler: H) -> MethodRouter<Arc<App>>
where
    H: axum::handler::Handler<T, Arc<App>>,
    T: 'static,
{
    let refuse = || async { ([(ALLOW, "GET")], method_not_allowed().await) };
    get(handler).head(refuse).fallback(refuse)
}

/// A page and its form. As [`only_get`], it answers no HEAD.
pub(crate) fn page_and_post<H, T, P, U>(page: H, post: P) -> MethodRouter<Arc<App>>
where
    H: axum::handler::Handler<T, Arc<App>>,
    P: axum::handler::Handler<U, Arc<App>>,
    T: 'static,
    U: 'static,
{
    let refuse = || async { ([(ALLOW, "GET, POST")], method_not_allowed().await) };
    get(page).post(post).head(refuse).fallback(refuse)
}

pub(crate) async fn method_not_allowed() -> Problem {
    Problem(Error::invalid("method_not_allowed", "This address does not take this method."))
}
