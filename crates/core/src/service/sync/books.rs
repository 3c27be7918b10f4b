//! The books that a run reads: those of a platform, or a QuickBooks company file.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::model::connection::{Company, ConnectionId};
use crate::model::desktop::end_user::EndUserName;
use crate::model::desktop::id::JobId;
use crate::model::desktop::job::JobFailure;
use crate::model::record::EntityType;
use crate::model::sync::{Cursor, ReadOptions, SyncKind};
use crate::port::accounting::{Accounting, Limits, Page, PageRequest, ReadFailure};
use crate::port::company_file::{PageAnswer, PageDocument};
use crate::port::platform::Platform;
use crate::port::store::desktop::Room;
use crate::service::job::ask::{Answer, Ask, AskError, active_room, answer_to, ask, ask_ahead};
use crate::service::sync::ahead::AheadCursor;
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
        let AheadCursor { place, job } = AheadCursor::parse(cursor);
        let answer = match active_room(self.app, &self.end_user).await {
            Ok(room) => {
                admit.admit().await?;
                self.answer(&room, job.as_ref(), self.asked(options, &place, time)?).await
            }
            Err(error) => Err(error),
        };
        let page = match answer {
            Ok(answer) => {
                let answer = PageAnswer { document: &answer.document, session: &answer.session };
                books.page(options, &place, answer)
            }
            Err(AskError::Failed(JobFailure::IteratorLost | JobFailure::AnswerLost) | AskError::NotAnswered { .. }) => {
                books.begin_again(&place)
            }
            Err(AskError::Failed(failure)) => Err(books.meaning(&failure)),
            Err(AskError::NotFetched) => self.not_fetched().await,
            Err(AskError::NotSetUp | AskError::NotActive(_)) => self.awaited().await,
            Err(AskError::TooLarge | AskError::TooMany) => Err(UNAVAILABLE),
            Err(AskError::Other(error)) => Err(self.failed(&error)),
        };
        let page = page?;
        let next = match page.next {
            Some(next) => Some(self.ahead(options, next, time).await),
            None => None,
        };
        Ok(Page { next, ..page })
    }
}

const UNAVAILABLE: ReadFailure = ReadFailure::Unavailable { retry_after: None };

impl CompanyFile<'_> {
    /// The request for the page at a place.
    fn asked(&self, options: &ReadOptions, place: &Cursor, wait: Duration) -> Result<Ask, ReadFailure> {
        let PageDocument { document, session } = self.app.company_files.request(options, place)?;
        Ok(Ask { document, is_write: false, session, wait })
    }

    /// The answer to the job that was created ahead, or to a new one: if there is no such job any more, or it has failed.
    async fn answer(&self, room: &Room, ahead: Option<&JobId>, asked: Ask) -> Result<Answer, AskError> {
        let ends_at = self.app.clock.elapsed() + asked.wait;
        if let Some(id) = ahead
            && (room.jobs.iter().any(|job| job.id == *id) || self.app.jobs.job_end(&self.end_user, id).await?.is_some())
        {
            match answer_to(self.app, &self.end_user, id, ends_at).await {
                Err(AskError::Failed(JobFailure::QuickBooks { .. } | JobFailure::WrongCompanyFile(_) | JobFailure::TooOld)) => {}
                answer => return answer,
            }
        }
        let wait = ends_at.saturating_sub(self.app.clock.elapsed());
        ask(self.app, &self.end_user, Ask { wait, ..asked }).await
    }

    /// Creates the job of the next page, so that QuickBooks works on it while this page is stored. If this page is not stored, because the
    /// process ends, the list is begun again: the iterator is behind the next page.
    async fn ahead(&self, options: &ReadOptions, next: Cursor, wait: Duration) -> Cursor {
        let Ok(asked) = self.asked(options, &next, wait) else { return next };
        match ask_ahead(self.app, &self.end_user, asked).await {
            Ok(job) => AheadCursor::with_job(&next, &job),
            Err(error) => {
                if let AskError::Other(error) = error {
                    self.failed(&error);
                }
                next
            }
        }
    }

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
