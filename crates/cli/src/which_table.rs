//! The table that a command works on: the deployed one if `TABLE_NAME` is set, else the laptop's, whether `counterfoil dev` is running
//! or not.

use std::time::Duration;

use counterfoil_core::port::clock::{Clock as _, SystemClock};
use counterfoil_core::port::store::partners::PartnerStore as _;
use counterfoil_store::Table;
use counterfoil_store::aws::{self, SdkConfig};
use tokio::net::TcpStream;
use tokio::time::timeout;
use url::Url;

use crate::data_dir::{DataDir, Lock};
use crate::database::{self, Served};
use crate::dev_file::DevFile;
use crate::failure::Failure;
use crate::variables::Variables;

/// An open table, with the server and the lock that it needs.
pub(crate) struct OpenTable {
    pub(crate) table: Table,
    pub(crate) aws: SdkConfig,
    _embedded: Option<(Served, Lock)>,
}

/// The number of tries to open a folder that another command uses, and the pause between them.
const TRIES_MOST: u32 = 50;
const BETWEEN_TRIES: Duration = Duration::from_millis(100);

/// Opens the table.
pub(crate) async fn open(variables: &Variables, dir: &DataDir) -> Result<OpenTable, Failure> {
    match variables.get("TABLE_NAME") {
        Some(name) => {
            let aws = aws::config().await;
            Ok(OpenTable { table: Table::new(&aws, name), aws, _embedded: None })
        }
        None => open_laptops(dir).await,
    }
}

/// Whether this folder has had a table, or has one now.
pub(crate) fn is_used(dir: &DataDir) -> bool {
    dir.database().exists() || dir.dev_file().exists()
}

async fn open_laptops(dir: &DataDir) -> Result<OpenTable, Failure> {
    if !is_used(dir) {
        return Err(no_table(dir));
    }
    for _ in 0..TRIES_MOST {
        if let Some(lock) = dir.lock()? {
            return open_file(dir, lock).await;
        }
        // A server that is starting has another access key than the one in the file of the last run.
        if let Some(running) = DevFile::read(dir)?
            && answers(&running.dynamodb_url).await
        {
            let open = at(aws::keyed_local_config(&running.dynamodb_url, &running.dynamodb_access_key), None);
            if open.table.check().await.is_ok() {
                return Ok(open);
            }
        }
        SystemClock::start().sleep(BETWEEN_TRIES).await;
    }
    let path = dir.path().display();
    Err(Failure::new(format!("Another command is using the folder {path}. Try again when it has finished.")))
}

async fn open_file(dir: &DataDir, lock: Lock) -> Result<OpenTable, Failure> {
    if !dir.database().exists() {
        return Err(no_table(dir));
    }
    let served = Served::start(database::open(dir)?, None, None).await?;
    Ok(at(served.aws(), Some((served, lock))))
}

fn at(aws: SdkConfig, embedded: Option<(Served, Lock)>) -> OpenTable {
    OpenTable { table: database::table(&aws), aws, _embedded: embedded }
}

async fn answers(url: &str) -> bool {
    let Some(address) = Url::parse(url).ok().and_then(|url| Some((url.host_str()?.to_owned(), url.port()?))) else {
        return false;
    };
    timeout(Duration::from_millis(500), TcpStream::connect(address)).await.is_ok_and(|connected| connected.is_ok())
}

fn no_table(dir: &DataDir) -> Failure {
    Failure::new(format!(
        "There is no table in {}: run `counterfoil dev` first, choose its folder with --data-dir, or set TABLE_NAME to the deployed table.",
        dir.path().display()
    ))
}
