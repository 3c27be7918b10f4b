//! A parking place in memory that fails on demand.

use std::sync::{Mutex, MutexGuard};

use async_trait::async_trait;
use counterfoil_core::model::kept_answer::KeptAnswer;
use counterfoil_core::port::parking::{Parked, Parking};
use counterfoil_core::port::store::StoreError;

/// A parking place from which a test can take the grants.
#[derive(Default)]
pub struct ParkingLot(Mutex<Lot>);

impl std::fmt::Debug for ParkingLot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ParkingLot")
    }
}

#[derive(Default)]
struct Lot {
    parked: Vec<Parked>,
    answers: Vec<KeptAnswer>,
    failure: Option<StoreError>,
}

impl ParkingLot {
    /// Makes every call fail with this error from now on; `None` ends that.
    pub fn fail_with(&self, failure: Option<StoreError>) {
        self.lot().failure = failure;
    }

    /// Takes the parked grants.
    pub fn take(&self) -> Vec<Parked> {
        std::mem::take(&mut self.lot().parked)
    }

    /// Takes the parked answers.
    pub fn take_answers(&self) -> Vec<KeptAnswer> {
        std::mem::take(&mut self.lot().answers)
    }

    fn lot(&self) -> MutexGuard<'_, Lot> {
        self.0.lock().expect("no test panics while it holds this")
    }
}

#[async_trait]
impl Parking for ParkingLot {
    async fn park(&self, parked: &Parked) -> Result<(), StoreError> {
        let mut lot = self.lot();
        if let Some(failure) = &lot.failure {
            return Err(failure.clone());
        }
        lot.parked.push(parked.clone());
        Ok(())
    }

    async fn park_answer(&self, kept: &KeptAnswer) -> Result<(), StoreError> {
        let mut lot = self.lot();
        if let Some(failure) = &lot.failure {
            return Err(failure.clone());
        }
        lot.answers.push(kept.clone());
        Ok(())
    }
}
