//! The end of a job.

use crate::model::desktop::job::Job;
use crate::port::store::desktop::{Brought, JobEnd};
use crate::port::store::{StoreError, Written};
use crate::service::optimistic::Tries;
use crate::{App, Error};

/// Finishes a job. The Web Connector brings an answer once, so a table that is busy is tried again. `Overtaken` if the job is finished, or
/// not in this state any more.
///
/// # Errors
/// The table's errors; `Busy` after twenty tries.
pub(crate) async fn finish(app: &App, job: &Job, end: &JobEnd, brought: Option<&Brought>) -> Result<Written, Error> {
    let mut tries = Tries::new(app, "a job could not be finished");
    loop {
        tries.next().await?;
        match app.jobs.finish_job(job, end, brought).await {
            Err(StoreError::Busy(_)) => {}
            finished => return Ok(finished?),
        }
    }
}
