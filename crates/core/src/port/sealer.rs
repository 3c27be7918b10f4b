//! Sealing of secrets at rest.

use async_trait::async_trait;

use crate::Error;
use crate::model::secret::{Sealed, Secret};

/// Seals and opens secrets. Both fail plainly, and change nothing, where the keyring is missing or is another one (S-6).
#[async_trait]
pub trait Sealer: Send + Sync {
    /// Seals a secret for one owner (the key of the item that will hold it) and one purpose (the attribute).
    ///
    /// # Errors
    /// `Misconfigured` where there is no keyring, `TryLater` where it cannot be read for a moment.
    async fn seal(&self, owner: &str, purpose: &'static str, secret: &Secret) -> Result<Sealed, Error>;

    /// Opens what was sealed for the same owner and purpose.
    ///
    /// # Errors
    /// As [`Sealer::seal`]; and `Misconfigured` where none of its keys sealed this, or it was sealed for another place. Which key
    /// and which item is logged for the operator, and not in the error.
    async fn open(&self, owner: &str, purpose: &'static str, sealed: &Sealed) -> Result<Secret, Error>;

    /// Whether the keyring can be used.
    ///
    /// # Errors
    /// As [`Sealer::seal`].
    async fn check(&self) -> Result<(), Error>;
}
