//! The main function of a Lambda function. It reads the configuration, builds the app once, and passes each event to a router or a
//! worker.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::App;
use counterfoil_core::service::health::figures::store_figures;
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

/// Serves HTTP events with the routes of one function. If the configuration is incomplete, every answer names what is missing, so that
/// the person who deploys sees it.
///
/// The error that ended the runtime.
/// The error with which the runtime ended.
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

/// Runs a worker for each event. The worker gets the event's remaining time.
///
/// # Errors
/// The configuration's problems, and the error that ended the runtime.
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
        let app = Arc::clone(&app);
        let run = worker(Arc::clone(&app), event.payload, left(&app, &event.context));
        async move {
            let ended = run.await;
            store_figures(&app).await;
            ended.map_err(Error::from)
        }
    });
    lambda_runtime::run(handle).await
}
