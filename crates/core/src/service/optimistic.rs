//! Optimistic writes: read, decide, write on the condition that nothing has changed since; if something has, do it all again.

use crate::App;
use crate::port::store::StoreError;

/// The largest number of tries.
const TRIES_MOST: u32 = 20;

/// The tries of one optimistic write.
pub(crate) struct Tries<'a> {
    app: &'a App,
    /// The error message if all tries fail, such as "a connection could not be changed".
    failure: &'static str,
    begun: u32,
}

impl<'a> Tries<'a> {
    pub(crate) fn new(app: &'a App, failure: &'static str) -> Self {
        Self { app, failure, begun: 0 }
    }

    /// Begins the next try. Before each but the first it pauses for a random time, which grows with each try, so that two processes do not
    /// collide again. All pauses together take at most 190 times [`poll`](crate::settings::Settings::poll).
    ///
    /// # Errors
    /// `Busy` after twenty tries.
    pub(crate) async fn next(&mut self) -> Result<(), StoreError> {
        if self.begun == TRIES_MOST {
            return Err(StoreError::Busy(self.failure.to_owned()));
        }
        if self.begun > 0 {
            let pause = self.app.settings.poll.mul_f64(f64::from(self.begun) * self.app.entropy.fraction());
            self.app.clock.sleep(pause).await;
        }
        self.begun += 1;
        Ok(())
    }
}
