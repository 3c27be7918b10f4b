//! What is asked of the world, as traits: storage, sealing, platforms, time and chance. The real ones live in `store` and
//! `platforms`; the doubles, which fail on demand, in `testkit`.

pub mod clock;
pub mod entropy;
pub mod parking;
pub mod platform;
pub mod sealer;
pub mod store;
