//! What runs without a request: on a schedule, or from a queue. Each worker is the same shape: find what is due, at most so
//! many; do each; record the outcome and the next time; say how it went.

pub mod parked;
pub mod refresher;
