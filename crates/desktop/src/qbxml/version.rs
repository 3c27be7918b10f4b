//! Versions of qbXML.

use std::fmt;

/// The oldest major version that is spoken: the first one with `CurrencyFilter` and `ExternalGUID` (QuickBooks 2009).
const OLDEST: u16 = 8;
/// The newest major version that is spoken: that of the schema which the order of elements is taken from (QuickBooks 2014).
const NEWEST: u16 = 13;

/// A version of qbXML that this crate speaks, from 8.0 to 13.0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(u16);

impl Version {
    /// The newest version that both this crate and a QuickBooks speak. `major` is `qbXMLMajorVers`, the newest version of QuickBooks.
    ///
    /// `None` if QuickBooks is older than 2009.
    pub fn spoken_with(major: u16) -> Option<Self> {
        (major >= OLDEST).then(|| Self(major.min(NEWEST)))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.0", self.0)
    }
}
