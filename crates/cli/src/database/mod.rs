//! The embedded `DynamoDB`: a file, or memory, served on this machine alone.

use std::net::Ipv4Addr;

use counterfoil_store::Table;
use counterfoil_store::aws::local_config;
use dynoxide::Database;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::data_dir::DataDir;
use crate::failure::Failure;

/// The name of the laptop's table.
pub(crate) const TABLE_NAME: &str = "counterfoil";

/// The table in an embedded database, whoever serves it.
pub(crate) fn table(url: &str) -> Table {
    Table::new(&local_config(url), TABLE_NAME)
}

/// Opens the data folder's database, or makes it.
pub(crate) fn open(dir: &DataDir) -> Result<Database, Failure> {
    let path = dir.database();
    Database::new(&path.to_string_lossy()).map_err(|error| {
        let path = path.display();
        Failure::new(format!("The database {path} cannot be opened ({error}). Put a good copy in its place, or delete it."))
    })
}

/// A database that is forgotten in the end.
pub(crate) fn in_memory() -> Result<Database, Failure> {
    Database::memory().map_err(|error| Failure::new(format!("No database could be made in memory: {error}.")))
}

/// A database on a port; until it is dropped.
pub(crate) struct Served {
    url: String,
    server: JoinHandle<()>,
}

impl Served {
    /// Serves it, on that port where it is free, else on any.
    pub(crate) async fn start(database: Database, port: Option<u16>) -> Result<Self, Failure> {
        let listener = match TcpListener::bind((Ipv4Addr::LOCALHOST, port.unwrap_or(0))).await {
            Ok(listener) => Ok(listener),
            Err(_) => TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await,
        };
        let bound = listener.and_then(|listener| Ok((listener.local_addr()?, listener)));
        let (address, listener) =
            bound.map_err(|error| Failure::new(format!("The database cannot be served on this machine: {error}.")))?;
        Ok(Self { url: format!("http://{address}"), server: tokio::spawn(dynoxide::server::serve_on(listener, database)) })
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
