//! The cursor of a page of a company file whose request is made before the page before it is stored.

use crate::model::desktop::id::JobId;
use crate::model::sync::Cursor;

/// A place in the books, and the job that reads its page.
pub(crate) struct AheadCursor {
    /// The cursor of the reader.
    pub(crate) place: Cursor,
    /// The job, if it was created ahead.
    pub(crate) job: Option<JobId>,
}

impl AheadCursor {
    /// Parses a cursor. One without a job is the reader's own.
    pub(crate) fn parse(cursor: &Cursor) -> Self {
        let parts = cursor.0.split_once(' ').and_then(|(job, place)| Some((JobId::parse(job)?, place)));
        match parts {
            Some((job, place)) => Self { place: Cursor(place.to_owned()), job: Some(job) },
            None => Self { place: cursor.clone(), job: None },
        }
    }

    /// The cursor of a place whose job was created.
    pub(crate) fn with_job(place: &Cursor, job: &JobId) -> Cursor {
        Cursor(format!("{job} {}", place.0))
    }
}
