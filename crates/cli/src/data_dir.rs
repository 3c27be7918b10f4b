//! The data folder of a laptop: the database, its keyring, the state of the platforms' stand-ins, and `dev.json`. A process that writes
//! there holds the folder's lock, which the operating system releases when the process ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::failure::Failure;
use crate::private_file;

/// The option that names the data folder.
#[derive(Args, Clone)]
pub(crate) struct DataDir {
    /// The folder of this machine's data
    #[arg(id = "data_dir", long = "data-dir", value_name = "FOLDER", default_value = ".counterfoil")]
    path: PathBuf,
}

/// The lock of the data folder, held until it is dropped.
pub(crate) struct Lock {
    _file: File,
}

impl DataDir {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.path.join("dynamodb.sqlite")
    }

    /// The files that `SQLite` has beside the database while it is open, or after a kill.
    pub(crate) fn beside_the_database(&self) -> [PathBuf; 2] {
        ["dynamodb.sqlite-wal", "dynamodb.sqlite-shm"].map(|name| self.path.join(name))
    }

    pub(crate) fn keyring(&self) -> PathBuf {
        self.path.join("keyring.json")
    }

    pub(crate) fn stand_in(&self) -> PathBuf {
        self.path.join("stand-in.json")
    }

    /// The folder of fresh grants that the database could not store.
    pub(crate) fn parked(&self) -> PathBuf {
        self.path.join("parked")
    }

    pub(crate) fn dev_file(&self) -> PathBuf {
        self.path.join("dev.json")
    }

    /// Takes the lock and creates the folder if it is missing. `None` if another process has the lock.
    pub(crate) fn lock(&self) -> Result<Option<Lock>, Failure> {
        let lock = self.path.join("lock");
        let opened = private_file::make_folder(&self.path, || lock.exists())
            .and_then(|()| private_file::open(&lock, OpenOptions::new().write(true)));
        let file = opened.map_err(|error| self.unusable(&error))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Lock { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(self.unusable(&error)),
        }
    }

    /// The failure for a folder in which files cannot be written.
    pub(crate) fn unusable(&self, error: &io::Error) -> Failure {
        let path = self.path.display();
        Failure::new(format!("The folder {path} cannot be used ({error}). Choose a writable folder with --data-dir."))
    }
}
