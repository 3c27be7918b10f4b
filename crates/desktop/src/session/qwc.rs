//! The `.qwc` file, which adds the service to a Web Connector (Intuit, `QuickBooks Web Connector Programmer's Guide`, chapter 4).

use url::{Host, Url};

use super::Guid;
use crate::qbxml::Element;

/// The longest description in characters.
pub const DESCRIPTION_LONGEST: usize = 80;

/// A `.qwc` file. It contains no password. Serve the same bytes for a connection always: another pair of `owner` and `file` is refused by a
/// company file that has the old one (QBWC1039).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Qwc<'a> {
    /// The name that the Web Connector and QuickBooks show.
    pub app_name: &'a str,
    /// The address of the SOAP service.
    pub app_url: &'a str,
    /// What the service does, at most [`DESCRIPTION_LONGEST`] characters.
    pub description: &'a str,
    /// A page for the user on the same host. It must answer 200.
    pub support_url: &'a str,
    /// The user name that the Web Connector sends.
    pub user_name: &'a str,
    /// One for the application.
    pub owner: &'a Guid,
    /// One for the connection.
    pub file: &'a Guid,
    /// Whether the user is asked to permit access while QuickBooks is closed.
    pub is_unattended: bool,
}

/// Why a Web Connector would refuse a `.qwc` file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidQwc {
    /// A text is missing.
    #[error("The .qwc file has no {0}.")]
    Missing(&'static str),
    /// See [`DESCRIPTION_LONGEST`].
    #[error("The description of the .qwc file is longer than 80 characters.")]
    DescriptionTooLong,
    /// Not an address.
    #[error("The {0} of the .qwc file is not a URL with a host.")]
    NotAUrl(&'static str),
    /// Neither https nor http on `localhost` (QBWC1010).
    #[error("The {0} of the .qwc file must begin with https://, or with http://localhost.")]
    NotHttps(&'static str),
    /// An IP address as host (QBWC1001, QBWC1002).
    #[error("The host of the {0} of the .qwc file must be a name, not an IP address. On this computer it is localhost.")]
    IpAddress(&'static str),
    /// Hosts that differ (QBWC1000).
    #[error("The AppURL and the AppSupport of the .qwc file must have the same host.")]
    OtherHost,
}

impl Qwc<'_> {
    /// The bytes of the file.
    ///
    /// # Errors
    /// [`InvalidQwc`].
    pub fn to_xml(&self) -> Result<String, InvalidQwc> {
        self.check()?;
        let parts = [
            Element::of_text("AppName", self.app_name),
            Element::new("AppID"),
            Element::of_text("AppURL", self.app_url),
            Element::of_text("AppDescription", self.description),
            Element::of_text("AppSupport", self.support_url),
            Element::of_text("UserName", self.user_name),
            Element::of_text("OwnerID", self.owner.to_string()),
            Element::of_text("FileID", self.file.to_string()),
            Element::of_text("QBType", "QBFS"),
            Element::of_text("Style", "Document"),
            Element::new("Scheduler").with_text("RunEveryNMinutes", "1"),
            // With true, QuickBooks refuses the stamp of the Web Connector itself (3263).
            Element::of_text("IsReadOnly", "false"),
        ];
        let unattended = self.is_unattended.then(|| Element::of_text("UnattendedModePref", "umpRequired"));
        let lines = parts.iter().chain(&unattended).map(|part| format!("  {}\n", part.to_xml()));
        Ok(format!("<?xml version=\"1.0\"?>\n<QBWCXML>\n{}</QBWCXML>\n", lines.collect::<Vec<_>>().concat()))
    }

    fn check(&self) -> Result<(), InvalidQwc> {
        let texts = [("AppName", self.app_name), ("AppDescription", self.description), ("UserName", self.user_name)];
        if let Some((name, _)) = texts.iter().find(|(_, text)| text.trim().is_empty()) {
            return Err(InvalidQwc::Missing(name));
        }
        if self.description.chars().count() > DESCRIPTION_LONGEST {
            return Err(InvalidQwc::DescriptionTooLong);
        }
        if host("AppURL", self.app_url)? == host("AppSupport", self.support_url)? { Ok(()) } else { Err(InvalidQwc::OtherHost) }
    }
}

/// The host of a URL that a Web Connector accepts.
fn host(name: &'static str, url: &str) -> Result<String, InvalidQwc> {
    let url = Url::parse(url).map_err(|_| InvalidQwc::NotAUrl(name))?;
    let host = match url.host() {
        Some(Host::Domain(host)) if !host.is_empty() => host.to_owned(),
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => return Err(InvalidQwc::IpAddress(name)),
        _ => return Err(InvalidQwc::NotAUrl(name)),
    };
    let is_accepted = url.scheme() == "https" || (url.scheme() == "http" && host == "localhost");
    if is_accepted { Ok(host) } else { Err(InvalidQwc::NotHttps(name)) }
}
