//! The laptop's keyring. The first run creates it, and every later run needs it to open the sealed values (S-6).

use std::io::ErrorKind;

use counterfoil_core::model::secret::Secret;
use counterfoil_core::port::entropy::SystemEntropy;
use counterfoil_store::keyring_text::KeyringText;
use serde_json::json;

use crate::data_dir::DataDir;
use crate::failure::Failure;
use crate::private_file;
use crate::variables::Variables;

/// The keyring. It is created if there are no sealed values yet.
pub(super) fn find_or_make(dir: &DataDir, variables: &Variables, ephemeral: bool) -> Result<Secret, Failure> {
    match find(dir, variables)? {
        Some(keyring) => Ok(keyring),
        None if dir.database().exists() && !ephemeral => Err(lost(dir)),
        None => make(dir),
    }
}

/// The keyring in `KEYRING`, else the one in the data folder.
pub(crate) fn find(dir: &DataDir, variables: &Variables) -> Result<Option<Secret>, Failure> {
    if let Some(text) = variables.get("KEYRING") {
        return Ok(Some(Secret::new(text)));
    }
    match std::fs::read_to_string(dir.keyring()) {
        Ok(text) => Ok(Some(Secret::new(text))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(dir.unusable(&error)),
    }
}

/// The failure for a keyring that is missing though it sealed values.
pub(crate) fn lost(dir: &DataDir) -> Failure {
    Failure::new(format!(
        "The tokens in {} are sealed with a keyring that is missing. Restore {}, or delete the folder to start over.",
        dir.database().display(),
        dir.keyring().display()
    ))
}

fn make(dir: &DataDir) -> Result<Secret, Failure> {
    let text = json!({ "primary": KeyringText::new_key(&SystemEntropy).expose() }).to_string();
    private_file::replace(&dir.keyring(), &text).map_err(|error| dir.unusable(&error))?;
    Ok(Secret::new(text))
}
