//! Traits for what core needs from outside: storage, sealing, platforms, time and randomness. `store` and `platforms` implement
//! them. `testkit` has test doubles, which fail on demand.

pub mod accounting;
pub mod clock;
pub mod company_file;
pub mod entropy;
pub mod notifications;
pub mod origin;
pub mod parking;
pub mod platform;
pub mod qbxml;
pub mod sealer;
pub mod store;
pub mod wake;
pub mod webhooks;
