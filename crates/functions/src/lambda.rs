//! The shell of a deployed function: read the configuration, build the parts once, hand events to a router or a worker.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::App;
use lambda_http::{Adapter, Error};
use lambda_runtime::{LambdaEvent, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tower::util::MapRequest;

use crate::config::{Config, environment};
use crate::deadline::left;
use crate::routes::Route;
use crate::wiring::{World, assemble};
use crate::{logging, router};
use http_event::HttpEvent;

mod http_event;

/// Serves HTTP events with one function's table of routes. A configuration that is not complete is what every request is
/// answered with, so that whoever deploys sees it where they look.
///
/// # Errors
/// What the runtime says when it ends.
pub async fn serve(table: &'static [Route]) -> Result<(), Error> {
    let variables = environment();
    logging::as_json(variables.get("RUST_LOG").map(String::as_str));
    let service = match Config::from_variables(&variables) {
        Ok(config) => {
            let app = assemble(&config, &counterfoil_store::aws::function_config().await, World::real());
            router::of_function(table, &app)
        }
        Err(problem) => {
            tracing::error!(%problem, "the configuration is not complete");
            router::incomplete(table, &problem)
        }
    };
    let cleaned = |event: LambdaEvent<HttpEvent>| {
        let (HttpEvent(request), context) = event.into_parts();
        LambdaEvent::new(request, context)
    };
    lambda_runtime::run(MapRequest::new(Adapter::from(service), cleaned)).await
}

/// Runs a worker at each event, with the time it has.
///
/// # Errors
/// What is missing in the configuration, and what the runtime says when it ends.
pub async fn work<E, A, F, W>(worker: W) -> Result<(), Error>
where
    E: DeserializeOwned,
    A: Serialize,
    W: Fn(Arc<App>, E, Duration) -> F,
    F: Future<Output = Result<A, counterfoil_core::Error>>,
{
    let variables = environment();
    logging::as_json(variables.get("RUST_LOG").map(String::as_str));
    let config = Config::from_variables(&variables)?;
    let app = assemble(&config, &counterfoil_store::aws::function_config().await, World::real());
    let handle = service_fn(|event: LambdaEvent<E>| {
        let run = worker(Arc::clone(&app), event.payload, left(&app, &event.context));
        async move { run.await.map_err(Error::from) }
    });
    lambda_runtime::run(handle).await
}
