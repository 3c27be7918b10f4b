//! `DynamoDB` inside the test's process: a real implementation of its wire and its conditions, in memory,
//! so that a test of the store needs no container and shares nothing with the next one.

use dynoxide::Database;

use crate::loopback::{Loopback, Stop};

/// An empty database without tables.
#[derive(Debug)]
pub struct DynamoDb(Loopback);

impl DynamoDb {
    /// Starts it.
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
        Self(Loopback::start(serving).await)
    }

    /// What a client takes as its endpoint URL: `http://127.0.0.1:port`. Any region and any credentials do.
    pub fn endpoint(&self) -> &str {
        self.0.endpoint()
    }
}
