//! Randomness: unguessable values for states and keys, and jitter.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;

use crate::model::secret::{Secret, hex};
use crate::model::time::sortable;

/// A source of random bytes.
pub trait Entropy: Send + Sync {
    /// Fills the buffer with random bytes.
    fn fill(&self, buffer: &mut [u8]);
}

/// The operating system's random numbers.
#[derive(Debug, Clone, Copy)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        aws_lc_rs::rand::fill(buffer).expect("the operating system gives random bytes");
    }
}

impl dyn Entropy {
    /// 256 random bits in base64url, 43 characters.
    pub(crate) fn secret(&self) -> Secret {
        let mut bytes = [0; 32];
        self.fill(&mut bytes);
        Secret::new(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// An id that sorts by time: `{prefix}{milliseconds, 12 hex digits}{80 random bits, 20 hex digits}`.
    pub fn id(&self, prefix: &str, now: Timestamp) -> String {
        let mut bytes = [0; 10];
        self.fill(&mut bytes);
        format!("{prefix}{}{}", sortable(now), hex(&bytes))
    }

    /// A random number in `0.0..1.0`.
    pub fn fraction(&self) -> f64 {
        let mut bytes = [0; 4];
        self.fill(&mut bytes);
        f64::from(u32::from_be_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
    }
}
