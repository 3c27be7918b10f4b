//! What runs without a request, on a schedule. Each worker is the same shape: find what is due, at most so many; do each;
//! record the outcome and the next time; say how it went.

pub mod refresher;
