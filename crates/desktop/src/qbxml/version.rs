//! Versions of qbXML.

use std::fmt;

/// The oldest major version that is spoken: the first one with `CurrencyFilter` and `ExternalGUID` (QuickBooks 2009).
const OLDEST: u16 = 8;
/// What stands before the version in the declaration of a document.
const DECLARATION: &str = "<?qbxml version=\"";

/// A version of qbXML, from 8.0 to 16.0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(u16);

impl Version {
    /// That of the service's own requests: the version of the schema which the order of elements is taken from (QuickBooks 2014).
    pub const OWN: Self = Self(13);
    /// The newest one, for requests that a partner writes.
    pub const NEWEST: Self = Self(16);

    /// The newest version up to this one that a QuickBooks speaks. `major` is `qbXMLMajorVers`, the newest version of QuickBooks; 0 if the Web
    /// Connector did not say it, and then the version is not newer than [`Self::OWN`].
    ///
    /// `None` if QuickBooks is older than 2009.
    pub fn spoken_with(self, major: u16) -> Option<Self> {
        let major = if major == 0 { Self::OWN.0 } else { major };
        (major >= OLDEST).then(|| self.min(Self(major)))
    }

    /// The version in the declaration of a document.
    pub(crate) fn declared(document: &str) -> Option<Self> {
        let (_, rest) = document.split_once(DECLARATION)?;
        let (major, _) = rest.split_once('.')?;
        major.parse().ok().filter(|major| (OLDEST..=Self::NEWEST.0).contains(major)).map(Self)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.0", self.0)
    }
}
