//! `DynamoDB` for a test: embedded in the test's process, or a server that an environment variable names.

use std::sync::atomic::{AtomicU32, Ordering};

use dynoxide::Database;

use crate::loopback::{Loopback, Stop};

/// The variable with the address of the server that the store's tests use instead of the embedded one: `http://host:port`.
const ENDPOINT_VARIABLE: &str = "COUNTERFOIL_DYNAMODB_ENDPOINT";

/// An implementation of the protocol and of its conditions. It accepts any region and any credentials.
#[derive(Debug)]
pub struct DynamoDb(Server);

#[derive(Debug)]
enum Server {
    Embedded(Loopback),
    Named(String),
}

impl DynamoDb {
    /// Starts an empty database in memory, which needs no container and is not shared.
    ///
    /// # Panics
    ///
    /// When the loopback interface has no port left.
    pub async fn start() -> Self {
        let database = Database::memory().expect("a database in memory needs nothing from outside");
        let serving = |listener, stop: Stop| async move {
            let stopped = async { drop(stop.await) };
            dynoxide::server::serve_with_shutdown(listener, database, stopped).await.expect("the server only stops when told to");
        };
        Self(Server::Embedded(Loopback::start(serving).await))
    }

    /// The server in [`ENDPOINT_VARIABLE`], which other tests share; an embedded one if the variable is not set.
    pub(crate) async fn named_or_embedded() -> Self {
        #[expect(clippy::disallowed_methods, reason = "a test has no configuration to read it from")]
        match std::env::var(ENDPOINT_VARIABLE) {
            Ok(endpoint) => Self(Server::Named(endpoint)),
            Err(_) => Self::start().await,
        }
    }

    /// The endpoint URL for a client: `http://127.0.0.1:port`.
    pub fn endpoint(&self) -> &str {
        match &self.0 {
            Server::Embedded(loopback) => loopback.endpoint(),
            Server::Named(endpoint) => endpoint,
        }
    }
}

/// A new access key of letters and digits. `DynamoDB` Local separates the tables and the transactions of two keys, as AWS
/// separates those of two accounts.
pub(crate) fn unique_access_key() -> String {
    static KEYS: AtomicU32 = AtomicU32::new(0);
    format!("test{}", KEYS.fetch_add(1, Ordering::Relaxed))
}
