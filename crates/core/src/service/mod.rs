//! What Counterfoil does, one verb a file. Services decide; they return domain values, never status codes.

pub mod authenticate;
pub mod change_connection;
pub mod check_ready;
pub mod commit_parked;
mod company_holders;
pub mod confirm_company;
pub mod connect_link;
pub mod disconnect;
mod due;
pub mod exchange_code;
pub mod finish_consent;
pub mod hint;
pub mod in_hand;
pub mod open_consent;
mod probe;
pub mod probe_due;
pub mod read_token;
pub mod refresh;
pub mod refresh_due;
mod refusal;
pub mod skew;
pub mod start_consent;
pub mod tell_due;
pub mod tell_platform;
pub mod verify_connection;
pub mod warn_expiring;
pub mod write_consent;
