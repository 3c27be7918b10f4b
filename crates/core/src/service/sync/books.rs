//! The books that a run reads: those of a platform, or a QuickBooks company file.

use std::sync::Arc;

use async_trait::async_trait;

use crate::model::connection::{Company, ConnectionId};
use crate::model::desktop::end_user::EndUserName;
use crate::model::desktop::job::JobFailure;
use crate::model::record::EntityType;
use crate::model::sync::{Cursor, ReadOptions, SyncKind};
use crate::port::accounting::{Accounting, Limits, Page, PageRequest, ReadFailure};
use crate::port::company_file::PageAnswer;
use crate::port::platform::Platform;
use crate::service::job::ask::{Ask, AskError, active_connection, ask};
use crate::service::vault::refresh::of_its_client;
use crate::{App, Error};

/// The books of a connection's company.
pub(crate) enum Books<'a> {
    Platform(Arc<dyn Platform>),
    CompanyFile(CompanyFile<'a>),
}

impl<'a> Books<'a> {
    /// The books of a connection.
    ///
    /// # Errors
    /// `Misconfigured` if the platform's credentials are missing.
    pub(crate) async fn of(app: &'a App, id: &ConnectionId, company: &Company) -> Result<Self, Error> {
        if company.platform.has_oauth() {
            return of_its_client(app, company).await.map(Self::Platform);
        }
        let end_user = EndUserName::of_connection(id);
        let end_user = end_user.ok_or_else(|| Error::Internal(format!("{id} is not the connection of an end user")))?;
        Ok(Self::CompanyFile(CompanyFile { app, end_user }))
    }

    /// The reader; `None` if there is no import for the platform.
    pub(crate) fn accounting(&self) -> Option<&dyn Accounting> {
        match self {
            Self::Platform(platform) => platform.accounting(),
            Self::CompanyFile(file) => Some(file),
        }
    }
}

/// A company file. A page is a job for the Web Connector of its end user.
pub(crate) struct CompanyFile<'a> {
    app: &'a App,
    end_user: EndUserName,
}

#[async_trait]
impl Accounting for CompanyFile<'_> {
    /// QuickBooks works on one request at a time: the jobs of an end user wait for each other.
    fn limits(&self) -> Option<Limits> {
        None
    }

    fn entity_types(&self, kind: SyncKind) -> &'static [EntityType] {
        self.app.company_files.entity_types(kind)
    }

    fn first(&self, options: &ReadOptions) -> Cursor {
        self.app.company_files.first(options)
    }

    async fn page(&self, page_request: PageRequest<'_>) -> Result<Page, ReadFailure> {
        let PageRequest { options, cursor, time, admit, .. } = page_request;
        let books = self.app.company_files.as_ref();
        let request = books.request(options, cursor)?;
        let asked = Ask { document: request.document, is_write: false, session: request.session, wait: time };
        let answer = match active_connection(self.app, &self.end_user).await {
            Ok(_) => {
                admit.admit().await?;
                ask(self.app, &self.end_user, asked).await
            }
            Err(error) => Err(error),
        };
        match answer {
            Ok(answer) => {
                let answer = PageAnswer { document: &answer.document, session: &answer.session };
                books.page(options, cursor, answer)
            }
            Err(AskError::Failed(JobFailure::IteratorLost | JobFailure::AnswerLost) | AskError::NotAnswered { .. }) => {
                books.begin_again(cursor)
            }
            Err(AskError::Failed(failure)) => Err(books.meaning(&failure)),
            Err(AskError::NotFetched) => self.not_fetched().await,
            Err(AskError::NotSetUp | AskError::NotActive(_)) => self.awaited().await,
            Err(AskError::TooLarge | AskError::TooMany) => Err(UNAVAILABLE),
            Err(AskError::Other(error)) => Err(self.failed(&error)),
        }
    }
}

const UNAVAILABLE: ReadFailure = ReadFailure::Unavailable { retry_after: None };

impl CompanyFile<'_> {
    /// A page that the Web Connector did not fetch in time. While it holds a session open, `QuickBooks` works on another request, and no
    /// sign-in follows soon.
    async fn not_fetched(&self) -> Result<Page, ReadFailure> {
        let room = match self.app.jobs.room(&self.end_user).await {
            Ok(room) => room,
            Err(error) => return Err(self.failed(&error.into())),
        };
        if room.is_some_and(|room| room.connection.session.is_some() && room.is_active(self.app.now())) {
            return Err(UNAVAILABLE);
        }
        self.awaited().await
    }

    /// Notes that a run waits for the Web Connector: its next sign-in makes the run due.
    async fn awaited(&self) -> Result<Page, ReadFailure> {
        match self.app.jobs.await_sign_in(&self.end_user).await {
            Ok(_) => Err(ReadFailure::NotActive),
            Err(error) => Err(self.failed(&error.into())),
        }
    }

    fn failed(&self, error: &Error) -> ReadFailure {
        tracing::error!(end_user = %self.end_user.id, code = error.code(), fault = error.fault(), %error, "a company file could not be asked");
        UNAVAILABLE
    }
}
