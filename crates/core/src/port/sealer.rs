//! Sealing of secrets at rest.

use async_trait::async_trait;

use crate::Error;
use crate::model::secret::{Sealed, Secret};

/// Seals and opens secrets. If the keyring is missing or is another one, both fail and change nothing (S-6).
#[async_trait]
pub trait Sealer: Send + Sync {
    /// Seals a secret for one owner (the key of the item that will hold it) and one purpose (the attribute).
    ///
    /// # Errors
    /// `Misconfigured` if there is no keyring, `TryLater` if it cannot be read at the moment.
    async fn seal(&self, owner: &str, purpose: &'static str, secret: &Secret) -> Result<Sealed, Error>;

    /// Opens a secret that was sealed for the same owner and purpose.
    ///
    /// # Errors
    /// As [`Sealer::seal`], and `Misconfigured` if no key of the keyring sealed this, or if it was sealed for another owner or
    /// purpose. The log names the key and the item; the error does not.
    async fn open(&self, owner: &str, purpose: &'static str, sealed: &Sealed) -> Result<Secret, Error>;

    /// Checks that the keyring can be used.
    ///
    /// # Errors
    /// As [`Sealer::seal`].
    async fn check(&self) -> Result<(), Error>;
}
