//! The file in which the stand-ins store their state: a JSON object with a part for each platform. A platform knows what it stores. Only
//! this module writes the file, so that a kill at any moment leaves the old state or the new one.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The file, which is written as a whole at every change. Only its owner may read it, because it contains tokens, though made-up ones.
pub(crate) struct KeptFile {
    path: PathBuf,
    parts: Mutex<Map<String, Value>>,
}

/// Why the stand-ins cannot store their state in a file.
#[derive(Debug, thiserror::Error)]
pub enum KeptFileError {
    /// The file exists and cannot be read.
    #[error("{path} cannot be read ({error}).")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        error: io::Error,
    },
    /// The file was not written by this program, or was changed since.
    #[error(
        "{path} is damaged. Delete it: the stand-ins then start without grants, and their companies must be connected again."
    )]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be written.
    #[error("{path} cannot be written ({error}).")]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        error: io::Error,
    },
}

impl KeptFile {
    /// Reads the file. If it does not exist, the first change creates it.
    pub(crate) fn open(path: &Path) -> Result<Self, KeptFileError> {
        let path = path.to_owned();
        let parts = match fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text).map_err(|_| KeptFileError::Damaged { path: path.clone() })?,
            Err(error) if error.kind() == ErrorKind::NotFound => Map::new(),
            Err(error) => return Err(KeptFileError::Unreadable { path, error }),
        };
        Ok(Self { path, parts: Mutex::new(parts) })
    }

    /// The part of this platform; `None` if it never stored anything.
    pub(crate) fn part<T: DeserializeOwned>(&self, platform: &str) -> Result<Option<T>, KeptFileError> {
        let part = self.parts.lock().expect("no holder panics").get(platform).cloned();
        part.map(serde_json::from_value).transpose().map_err(|_| self.damaged())
    }

    /// Stores the part of this platform. It is on the disk when this returns.
    pub(crate) fn put(&self, platform: &str, part: &impl Serialize) -> Result<(), KeptFileError> {
        let unwritable = |error| KeptFileError::Unwritable { path: self.path.clone(), error };
        let part = serde_json::to_value(part).map_err(|error| unwritable(error.into()))?;
        let mut parts = self.parts.lock().expect("no holder panics");
        parts.insert(platform.to_owned(), part);
        let text = serde_json::to_vec(&*parts).map_err(|error| unwritable(error.into()))?;
        replace(&self.path, &text).map_err(unwritable)
    }

    /// The error for a part that has another form than the stored one.
    pub(crate) fn damaged(&self) -> KeptFileError {
        KeptFileError::Damaged { path: self.path.clone() }
    }
}

fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let unfinished = path.with_extension("unfinished");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    file.write_all(text)?;
    file.sync_all()?;
    fs::rename(unfinished, path)
}
