//! The file in which the stand-ins keep what is to outlive their process: one JSON object with a part for each platform.
//! Apart because a platform knows what it keeps, and only this file knows how a file is written so that a kill at any
//! moment leaves the old state or the new one.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Written whole at every change. Only its owner may read it: it holds tokens, if made-up ones.
pub(crate) struct KeptFile {
    path: PathBuf,
    parts: Mutex<Map<String, Value>>,
}

/// Why the stand-ins cannot keep their state in a file.
#[derive(Debug, thiserror::Error)]
pub enum KeptFileError {
    /// It is there and cannot be read.
    #[error("{path} cannot be read ({error}).")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        error: io::Error,
    },
    /// It was not written by this program, or was changed since.
    #[error("{path} is damaged. Delete it: the stand-ins then begin anew, and their companies are to be connected again.")]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// The state has changed and could not be stored.
    #[error("{path} cannot be written ({error}).")]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        error: io::Error,
    },
}

impl KeptFile {
    /// Reads the file; where there is none, the first change makes it.
    pub(crate) fn open(path: &Path) -> Result<Self, KeptFileError> {
        let path = path.to_owned();
        let parts = match fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text).map_err(|_| KeptFileError::Damaged { path: path.clone() })?,
            Err(error) if error.kind() == ErrorKind::NotFound => Map::new(),
            Err(error) => return Err(KeptFileError::Unreadable { path, error }),
        };
        Ok(Self { path, parts: Mutex::new(parts) })
    }

    /// What the platform of that name keeps; `None` where it never kept anything.
    pub(crate) fn part<T: DeserializeOwned>(&self, platform: &str) -> Result<Option<T>, KeptFileError> {
        let part = self.parts.lock().expect("no holder panics").get(platform).cloned();
        part.map(serde_json::from_value).transpose().map_err(|_| self.damaged())
    }

    /// Stores what the platform of that name keeps; it is on the disk when this returns.
    pub(crate) fn put(&self, platform: &str, part: &impl Serialize) -> Result<(), KeptFileError> {
        let unwritable = |error| KeptFileError::Unwritable { path: self.path.clone(), error };
        let part = serde_json::to_value(part).map_err(|error| unwritable(error.into()))?;
        let mut parts = self.parts.lock().expect("no holder panics");
        parts.insert(platform.to_owned(), part);
        let text = serde_json::to_vec(&*parts).map_err(|error| unwritable(error.into()))?;
        replace(&self.path, &text).map_err(unwritable)
    }

    /// The error for a part that cannot be what was stored.
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
