//! The QuickBooks Web Connector, which a customer runs beside QuickBooks Desktop. It reads a `.qwc` file, checks what the real one checks,
//! and then asks the web service for work, session by session, as Intuit's programmer's guide (version 2.0) and published logs show it.
//! QuickBooks itself is a [`CompanyFile`].
//!
//! Errors have the codes of the real Web Connector, such as `QBWC1012`: see [`Problem`].

mod problem;
mod qwc;
mod soap;
mod update;

use std::sync::Arc;
use std::time::Duration;

use url::Url;

use crate::clock::real_delay;
use crate::company_file::CompanyFile;
use soap::Service;

pub use problem::Problem;
pub use qwc::Qwc;
pub use update::{End, Update};

/// The version that the Web Connector says it has.
pub const CLIENT_VERSION: &str = "2.3.0.215";

/// How this Web Connector runs.
pub struct Options {
    /// The password that the user has pasted.
    pub password: String,
    /// The time between two requests for work in a session that is held open (`NoOp`). The real one waits five seconds.
    pub pause: Duration,
    /// Gets a line for each thing that happens. Nothing secret is in one.
    pub log: Box<dyn Fn(&str) + Send + Sync>,
}

impl Options {
    /// A Web Connector as it really is, which says nothing.
    pub fn new(password: &str) -> Self {
        Self { password: password.to_owned(), pause: Duration::from_secs(5), log: Box::new(|_| ()) }
    }
}

/// A Web Connector with one application.
pub struct WebConnector {
    qwc: Qwc,
    options: Options,
    company: Arc<CompanyFile>,
    service: Service,
}

impl WebConnector {
    /// Adds an application: asks for its pages, and stamps the company file with its `FileID`.
    ///
    /// # Errors
    /// Why the Web Connector refuses the application.
    pub async fn add(qwc: Qwc, options: Options, company: Arc<CompanyFile>) -> Result<Self, Problem> {
        let service = Service::new(&qwc.app_url)?;
        check_page(
            &service,
            &qwc.app_url,
            &[200],
            1_048,
            "Cannot verify the web server certificate: the AppURL did not answer 200",
        )
        .await?;
        check_page(&service, &qwc.app_support, &[200, 202], 1_003, "The AppSupport page cannot be reached").await?;
        if qwc.is_read_only {
            return Err(Problem::new(1_039, "QuickBooks refuses the FileID of an application that is read-only (status 3263)"));
        }
        let stamped = company.stamp(&qwc.owner_id, &qwc.file_id);
        stamped.map_err(|other| Problem::new(1_039, format!("A unique OwnerID/FileID pair is required: {other} (QBWC1026)")))?;
        (options.log)(&format!("{} was added, for {}.", qwc.app_name, qwc.app_url));
        Ok(Self { qwc, options, company, service })
    }

    /// The application.
    pub fn qwc(&self) -> &Qwc {
        &self.qwc
    }

    /// Removes the application, and its stamp from the company file.
    pub fn remove(self) {
        self.company.remove_stamp(&self.qwc.owner_id);
    }

    /// Updates the application once, as the button Update Selected does.
    pub async fn update(&self) -> Update {
        update::run(self).await
    }

    /// Updates the application again and again, as Auto-Run does, `every` time from the end of an update to the next one; by default as its
    /// file says. The service may ask for longer pauses. It ends when `goes_on` is false for an update.
    pub async fn auto_run(&self, every: Option<Duration>, mut goes_on: impl FnMut(&Update) -> bool) {
        let every = every.or(self.qwc.run_every).unwrap_or(Duration::from_secs(60));
        let mut least = Duration::ZERO;
        loop {
            let update = self.update().await;
            least = update.least_interval.unwrap_or(least);
            if !goes_on(&update) {
                return;
            }
            real_delay(every.max(least).max(update.postponed_by.unwrap_or_default())).await;
        }
    }

    fn log(&self, line: impl AsRef<str>) {
        (self.options.log)(line.as_ref());
    }
}

/// Checks that a page answers one of these statuses.
async fn check_page(service: &Service, url: &Url, allowed: &[u16], code: u16, otherwise: &str) -> Result<(), Problem> {
    match service.get(url).await {
        Ok(status) if allowed.contains(&status) => Ok(()),
        Ok(status) => Err(Problem::new(code, format!("{otherwise} ({url}: status {status})"))),
        Err(error) => Err(Problem::new(code, format!("{otherwise} ({url}: {error})"))),
    }
}
