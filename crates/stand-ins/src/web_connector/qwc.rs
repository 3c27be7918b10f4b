//! The `.qwc` file, with which a user adds an application.

use std::time::Duration;

use url::{Host, Url};

use super::problem::Problem;
use crate::xml::{self, Element};

/// The longest `AppDescription`, in characters.
const MAX_DESCRIPTION: usize = 80;
/// The elements that must have a text. `AppID` must be there and may be empty.
const REQUIRED: [&str; 8] = ["AppName", "AppURL", "AppDescription", "AppSupport", "UserName", "OwnerID", "FileID", "QBType"];
/// The other elements.
const OTHERS: [&str; 12] = [
    "AppID",
    "AppDisplayName",
    "AppUniqueName",
    "AuthFlags",
    "CertURL",
    "IsReadOnly",
    "Notify",
    "PersonalDataPref",
    "Scheduler",
    "Style",
    "UnattendedModePref",
    "ConnectionTypePref",
];

/// A `.qwc` file.
#[derive(Clone, Debug)]
pub struct Qwc {
    /// The name of the application.
    pub app_name: String,
    /// The address of the web service.
    pub app_url: Url,
    /// The address of the application's support page.
    pub app_support: Url,
    /// The user name with which the Web Connector authenticates itself.
    pub user_name: String,
    /// The GUID of the application, in braces.
    pub owner_id: String,
    /// The GUID of the connection to one company file, in braces.
    pub file_id: String,
    /// The interval of Auto-Run.
    pub run_every: Option<Duration>,
    /// Whether the application promises to write nothing.
    pub is_read_only: bool,
}

impl Qwc {
    /// Reads a file.
    ///
    /// # Errors
    /// Why the Web Connector refuses it.
    pub fn read(text: &str) -> Result<Self, Problem> {
        let root = xml::read(text).map_err(|error| refused(error.0))?.root;
        if root.name != "QBWCXML" {
            return Err(refused("the root is not QBWCXML"));
        }
        check_elements(&root)?;
        let text = |name| root.text_of(name).unwrap_or_default().trim();
        let app_url = address(text("AppURL"), 1_001)?;
        let app_support = address(text("AppSupport"), 1_002)?;
        if app_url.host_str() != app_support.host_str() {
            return Err(Problem::new(1_000, "The domains of AppURL and AppSupport differ"));
        }
        Ok(Self {
            app_name: text("AppName").to_owned(),
            app_url,
            app_support,
            user_name: text("UserName").to_owned(),
            owner_id: guid(text("OwnerID"))?,
            file_id: guid(text("FileID"))?,
            run_every: root.child("Scheduler").map(interval).transpose()?,
            is_read_only: text("IsReadOnly") == "true",
        })
    }
}

fn check_elements(root: &Element) -> Result<(), Problem> {
    let is_known = |name: &str| REQUIRED.contains(&name) || OTHERS.contains(&name);
    if let Some(child) = root.children.iter().find(|child| !is_known(&child.name)) {
        return Err(refused(format!("{} is not known", child.name)));
    }
    if let Some(child) = root.children.iter().find(|child| root.children_named(&child.name).count() > 1) {
        return Err(refused(format!("{} is there twice", child.name)));
    }
    if let Some(missing) = REQUIRED.into_iter().find(|name| root.text_of(name).is_none_or(|text| text.trim().is_empty())) {
        return Err(refused(format!("{missing} is missing")));
    }
    if root.child("AppID").is_none() {
        return Err(refused("AppID is missing"));
    }
    if root.text_of("AppDescription").is_some_and(|text| text.chars().count() > MAX_DESCRIPTION) {
        return Err(refused(format!("AppDescription has more than {MAX_DESCRIPTION} characters")));
    }
    let one_of = |name: &str, words: &[&str]| match root.text_of(name) {
        Some(word) if !words.contains(&word) => Err(refused(format!("{word:?} is no value of {name}"))),
        _ => Ok(()),
    };
    one_of("QBType", &["QBFS"])?;
    // The real one also knows DocWrapped and RPC, which nobody uses.
    one_of("Style", &["Document"])?;
    one_of("IsReadOnly", &["true", "false"])
}

/// An address with a name: https, or http on this machine.
fn address(text: &str, ip_code: u16) -> Result<Url, Problem> {
    let url = Url::parse(text).map_err(|error| refused(format!("{text} is no address: {error}")))?;
    match url.host() {
        Some(Host::Domain("localhost")) if matches!(url.scheme(), "http" | "https") => Ok(url),
        Some(Host::Domain(_)) if url.scheme() == "https" => Ok(url),
        Some(Host::Domain(_)) => Err(Problem::new(1_010, format!("{url} must begin with https"))),
        Some(_) => Err(Problem::new(ip_code, format!("{url} has an IP address"))),
        None => Err(refused(format!("{url} has no host"))),
    }
}

fn guid(text: &str) -> Result<String, Problem> {
    let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
    let fits = |inner: &str| {
        let lengths: Vec<_> = inner.split('-').map(str::len).collect();
        lengths == [8, 4, 4, 4, 12] && inner.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
    };
    if inner.is_some_and(fits) { Ok(text.to_owned()) } else { Err(refused(format!("{text:?} is no GUID in braces"))) }
}

/// The interval of a `Scheduler`: of its two elements the first one.
fn interval(scheduler: &Element) -> Result<Duration, Problem> {
    let number = |element: &Element| element.text.trim().parse::<u32>().ok().filter(|number| *number > 0);
    let interval = scheduler.children.first().and_then(|first| match first.name.as_str() {
        "RunEveryNMinutes" => Some(60 * u64::from(number(first)?)),
        "RunEveryNSeconds" => Some(u64::from(number(first)?)),
        _ => None,
    });
    interval.map(Duration::from_secs).ok_or_else(|| refused("Scheduler has no interval"))
}

fn refused(why: impl Into<String>) -> Problem {
    Problem::new(1_039, format!("The application cannot be added: {}", why.into()))
}
