//! `dev.json`: how a program reaches the laptop's server. It holds the keys that the first run made, which are nowhere
//! else in the clear, so only its owner may read it.

use std::io::ErrorKind;

use serde::{Deserialize, Serialize};

use crate::data_dir::DataDir;
use crate::failure::Failure;
use crate::private_file;

/// Its content; the names are part of the contract.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct DevFile {
    /// What everything is built from: where browsers and clients go.
    pub(crate) base_url: String,
    /// The partner that the keys belong to.
    pub(crate) partner_id: String,
    /// A key with every scope.
    pub(crate) api_key: String,
    /// A key that may stand in a page: it opens consent pages.
    pub(crate) publishable_key: String,
    /// The stand-ins for the platforms, each under its name.
    pub(crate) stand_ins_url: String,
    /// The embedded `DynamoDB`.
    pub(crate) dynamodb_url: String,
    /// The access key id that it takes, and the bearer token that the stand-ins' control takes; another in each run.
    pub(crate) dynamodb_access_key: String,
}

impl DevFile {
    /// What the last run wrote, whether or not it still runs; `None` where there never was one.
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

    /// Writes it whole.
    pub(crate) fn write(&self, dir: &DataDir) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(self).map_err(|error| Failure::new(error.to_string()))?;
        private_file::replace(&dir.dev_file(), &format!("{text}\n")).map_err(|error| dir.unusable(&error))
    }
}
