//! The embedded `DynamoDB`: in a file or in memory, served on this machine alone, to clients with its access key.

pub(crate) mod new_events;
mod operations;

use std::fs::OpenOptions;
use std::net::Ipv4Addr;

use counterfoil_store::Table;
use counterfoil_store::aws::{SdkConfig, keyed_local_config};
use dynoxide::Database;
use tokio::net::TcpListener;
use tokio::sync::mpsc::Sender;
use tokio::task::JoinHandle;

use crate::data_dir::DataDir;
use crate::failure::Failure;
use crate::guard::{AccessKey, Names};
use crate::private_file;
use new_events::NewEvent;

/// The name of the laptop's table.
pub(crate) const TABLE_NAME: &str = "counterfoil";

/// The table in an embedded database.
pub(crate) fn table(aws: &SdkConfig) -> Table {
    Table::new(aws, TABLE_NAME)
}

/// Opens or creates the database in the data folder.
pub(crate) fn open(dir: &DataDir) -> Result<Database, Failure> {
    let path = dir.database();
    // SQLite gives the files beside it the rights that it has.
    private_file::open(&path, OpenOptions::new().write(true)).map_err(|error| dir.unusable(&error))?;
    for beside in dir.beside_the_database().iter().filter(|path| path.exists()) {
        private_file::tighten(beside).map_err(|error| dir.unusable(&error))?;
    }
    Database::new(&path.to_string_lossy()).map_err(|error| {
        let path = path.display();
        Failure::new(format!("The database {path} cannot be opened ({error}). Replace it with a good copy, or delete it."))
    })
}

/// A database in memory, which is lost when the process ends.
pub(crate) fn in_memory() -> Result<Database, Failure> {
    Database::memory().map_err(|error| Failure::new(format!("The database in memory could not be created: {error}.")))
}

/// A database that is served on a port until this is dropped.
pub(crate) struct Served {
    url: String,
    key: AccessKey,
    server: JoinHandle<()>,
}

impl Served {
    /// Serves the database on this port if it is free, else on any. New events are named to `events`.
    pub(crate) async fn start(database: Database, port: Option<u16>, events: Option<Sender<NewEvent>>) -> Result<Self, Failure> {
        let listener = match TcpListener::bind((Ipv4Addr::LOCALHOST, port.unwrap_or(0))).await {
            Ok(listener) => Ok(listener),
            Err(_) => TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await,
        };
        let bound = listener.and_then(|listener| Ok((listener.local_addr()?, listener)));
        let (address, listener) =
            bound.map_err(|error| Failure::new(format!("The database cannot be served on this machine: {error}.")))?;
        let key = AccessKey::random();
        let router = Names::of_port(address.port()).before(key.before(operations::router(database, events), |_| true));
        let server = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "the database's server ended");
            }
        });
        Ok(Self { url: format!("http://{address}"), key, server })
    }

    /// The access key that clients must send.
    pub(crate) fn key(&self) -> &AccessKey {
        &self.key
    }

    /// The AWS SDK's configuration for it.
    pub(crate) fn aws(&self) -> SdkConfig {
        keyed_local_config(&self.url, self.key.expose())
    }

    /// Its address.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.server.abort();
    }
}
