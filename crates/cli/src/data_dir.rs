//! The folder in which a laptop keeps everything: the database, the keyring that opens what is sealed in it, what the
//! platforms' stand-ins know, `dev.json`.
//! Whoever writes there holds its lock, which the operating system lets go of however its holder ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::failure::Failure;
use crate::private_file;

/// Where the laptop's data is.
#[derive(Args, Clone)]
pub(crate) struct DataDir {
    /// The folder of this machine's data
    #[arg(id = "data_dir", long = "data-dir", value_name = "FOLDER", default_value = ".counterfoil")]
    path: PathBuf,
}

/// Held until it is dropped.
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

    /// What `SQLite` keeps beside the database while it is open, or after a kill.
    pub(crate) fn beside_the_database(&self) -> [PathBuf; 2] {
        ["dynamodb.sqlite-wal", "dynamodb.sqlite-shm"].map(|name| self.path.join(name))
    }

    pub(crate) fn keyring(&self) -> PathBuf {
        self.path.join("keyring.json")
    }

    pub(crate) fn stand_in(&self) -> PathBuf {
        self.path.join("stand-in.json")
    }

    /// Fresh grants that the database did not take.
    pub(crate) fn parked(&self) -> PathBuf {
        self.path.join("parked")
    }

    pub(crate) fn dev_file(&self) -> PathBuf {
        self.path.join("dev.json")
    }

    /// Takes the lock, making the folder where there is none; `None` where another process has it.
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

    /// The sentence for a folder that does not take our files.
    pub(crate) fn unusable(&self, error: &io::Error) -> Failure {
        let path = self.path.display();
        Failure::new(format!("The folder {path} cannot be used ({error}). Choose a writable folder with --data-dir."))
    }
}
