//! `dev.json`: the address and keys of the laptop's server for programs. The text of the keys is stored nowhere else, so only the file's
//! owner may read it.

use std::io::ErrorKind;

use serde::{Deserialize, Serialize};

use crate::data_dir::DataDir;
use crate::failure::Failure;
use crate::private_file;

/// The content. The names of the fields are part of the contract.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct DevFile {
    /// The base of all addresses, for browsers and clients.
    pub(crate) base_url: String,
    /// The partner that the keys belong to.
    pub(crate) partner_id: String,
    /// A key with every scope.
    pub(crate) api_key: String,
    /// A publishable key, which may be in a page and can only start consents.
    pub(crate) publishable_key: String,
    /// The address of the platforms' stand-ins. Each is under its platform's name.
    pub(crate) stand_ins_url: String,
    /// The address of the embedded `DynamoDB`.
    pub(crate) dynamodb_url: String,
    /// The access key id of the database, and the bearer token of the stand-ins' control API. Each run makes a new one.
    pub(crate) dynamodb_access_key: String,
}

impl DevFile {
    /// The file of the last run, even if it has ended; `None` if there was none.
    pub(crate) fn read(dir: &DataDir) -> Result<Option<Self>, Failure> {
        let path = dir.dev_file();
        match std::fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str(&text).map(Some).map_err(|_| {
                let path = path.display();
                Failure::new(format!("{path} is damaged. Delete it: the next `counterfoil dev` makes new keys."))
            }),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(dir.unusable(&error)),
        }
    }

    /// Replaces the whole file.
    pub(crate) fn write(&self, dir: &DataDir) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(self).map_err(|error| Failure::new(error.to_string()))?;
        private_file::replace(&dir.dev_file(), &format!("{text}\n")).map_err(|error| dir.unusable(&error))
    }
}
