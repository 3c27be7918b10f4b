//! A second place for grants, in memory, that can be told to fail.

use std::sync::{Mutex, MutexGuard};

use async_trait::async_trait;
use counterfoil_core::model::kept_answer::KeptAnswer;
use counterfoil_core::port::parking::{Parked, Parking};
use counterfoil_core::port::store::StoreError;

/// A parking place whose grants a test can take out again.
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
    /// From now on every call fails with this, or works again.
    pub fn fail_with(&self, failure: Option<StoreError>) {
        self.lot().failure = failure;
    }

    /// Takes out what is parked.
    pub fn take(&self) -> Vec<Parked> {
        std::mem::take(&mut self.lot().parked)
    }

    /// Takes out the answers that are parked.
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
