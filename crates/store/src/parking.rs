//! The parking of fresh grants that the table cannot store: in an SQS queue, or in a folder on the laptop. A parked grant is sealed.

use std::io;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use aws_config::SdkConfig;
use counterfoil_core::model::connection::ConnectionId;
use counterfoil_core::model::kept_answer::KeptAnswer;
use counterfoil_core::model::lease::CommitId;
use counterfoil_core::model::name::{CompanyKey, PartnerId};
use counterfoil_core::port::parking::{Parked, Parking};
use counterfoil_core::port::store::StoreError;
use counterfoil_core::port::store::vault::Commit;
use serde::{Deserialize, Serialize};

use crate::connections::grant_attributes::GrantAttributes;
use crate::private_file;
use crate::queue::Queue;
use crate::row::{damaged, maybe_time, millis, time};

/// The queue of SQS.
pub struct ParkingQueue(Queue);

impl ParkingQueue {
    /// The queue at this URL. Sends no request.
    pub fn new(aws: &SdkConfig, url: String) -> Self {
        Self(Queue::new(aws, url, "of parked grants"))
    }
}

#[async_trait]
impl Parking for ParkingQueue {
    async fn park(&self, parked: &Parked) -> Result<(), StoreError> {
        self.0.send(write(parked)?).await
    }

    async fn park_answer(&self, kept: &KeptAnswer) -> Result<(), StoreError> {
        self.0.send(crate::kept_answers::row::to_text(kept)?).await
    }
}

/// A folder on this machine with a file for each grant.
pub struct Folder(PathBuf);

impl Folder {
    /// The folder at this path. It is created when it is first needed.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// The parked messages with their files, at most a hundred. An error names a file that cannot be read.
    ///
    /// # Errors
    /// The file system's errors.
    pub fn parked(&self) -> io::Result<Vec<(PathBuf, ParkedMessage)>> {
        let entries = match std::fs::read_dir(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        let files = paths.filter(|path| path.extension().is_some_and(|extension| extension == "json")).take(TAKEN_MOST);
        files.map(|path| read_file(&path).map(|parked| (path, parked))).collect()
    }

    /// Deletes a committed message.
    ///
    /// # Errors
    /// The file system's errors.
    pub fn forget(&self, file: &Path) -> io::Result<()> {
        std::fs::remove_file(file)
    }

    fn write(&self, name: &str, text: &str) -> io::Result<()> {
        use std::os::unix::fs::DirBuilderExt as _;
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.0)?;
        private_file::replace(&self.0.join(format!("{name}.json")), text)
    }
}

/// The largest number of files that are read at a time.
const TAKEN_MOST: usize = 100;

#[async_trait]
impl Parking for Folder {
    async fn park(&self, parked: &Parked) -> Result<(), StoreError> {
        self.write(parked.commit.commit_id.as_str(), &write(parked)?).map_err(|error| of_the_folder(&error))
    }

    async fn park_answer(&self, kept: &KeptAnswer) -> Result<(), StoreError> {
        self.write(&format!("answer_{}", kept.hash), &crate::kept_answers::row::to_text(kept)?)
            .map_err(|error| of_the_folder(&error))
    }
}

fn of_the_folder(error: &io::Error) -> StoreError {
    StoreError::Unavailable(format!("the folder of parked grants: {error}"))
}

/// No parking, for a function that refreshes nothing.
pub struct NoParking;

#[async_trait]
impl Parking for NoParking {
    async fn park(&self, _: &Parked) -> Result<(), StoreError> {
        Err(no_queue())
    }

    async fn park_answer(&self, _: &KeptAnswer) -> Result<(), StoreError> {
        Err(no_queue())
    }
}

fn no_queue() -> StoreError {
    StoreError::Unavailable("this function has no parking queue".to_owned())
}

/// A parked message.
pub enum ParkedMessage {
    /// A fresh grant.
    Grant(Parked),
    /// An answer that could not be read.
    Answer(KeptAnswer),
}

#[derive(Serialize, Deserialize)]
struct ParkedText {
    partner: String,
    company_key: String,
    epoch: u64,
    commit_id: String,
    at: i64,
    due_at: Option<i64>,
    wanted_until: Option<i64>,
    /// Left out if it is false, so that a version without this field can read most messages.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    in_doubt: bool,
    grant: GrantAttributes,
}

/// The text of a message or a file with a parked grant.
///
/// # Errors
/// `Damaged` if it cannot be serialized.
pub fn write(parked: &Parked) -> Result<String, StoreError> {
    let Parked { connection, commit } = parked;
    let text = ParkedText {
        partner: connection.partner.to_string(),
        company_key: connection.company_key.to_string(),
        epoch: commit.epoch,
        commit_id: commit.commit_id.to_string(),
        at: millis(commit.at),
        due_at: commit.due_at.map(millis),
        wanted_until: commit.wanted_until.map(millis),
        in_doubt: commit.in_doubt,
        grant: GrantAttributes::from(&commit.grant),
    };
    serde_json::to_string(&text).map_err(|error| damaged("a parked grant", &error.to_string()))
}

/// Reads a message or a file.
///
/// # Errors
/// `Damaged`. The message repeats nothing of the text.
pub fn read(text: &str) -> Result<ParkedMessage, StoreError> {
    if let Some(answer) = crate::kept_answers::row::from_text(text) {
        return Ok(ParkedMessage::Answer(answer));
    }
    let item = "a parked grant";
    let text: ParkedText = serde_json::from_str(text).map_err(|_| damaged(item, "its format is unknown"))?;
    let connection = ConnectionId {
        partner: PartnerId::parse(&text.partner).map_err(|_| damaged(item, "partner"))?,
        company_key: CompanyKey::parse(&text.company_key).map_err(|_| damaged(item, "company_key"))?,
    };
    let commit = Commit {
        epoch: text.epoch,
        commit_id: CommitId::new(text.commit_id),
        grant: text.grant.read(item)?.ok_or_else(|| damaged(item, "it holds no token"))?,
        at: time(item, text.at)?,
        due_at: maybe_time(item, text.due_at)?,
        wanted_until: maybe_time(item, text.wanted_until)?,
        in_doubt: text.in_doubt,
    };
    Ok(ParkedMessage::Grant(Parked { connection, commit }))
}

fn read_file(path: &Path) -> io::Result<ParkedMessage> {
    let text = std::fs::read_to_string(path)?;
    read(&text).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, format!("{}: {error}", path.display())))
}
