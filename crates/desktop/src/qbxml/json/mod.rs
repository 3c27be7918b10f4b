//! qbXML written as JSON, as Conductor's passthrough has it: `{"CheckQueryRq":{"MaxReturned":10}}` and `{"CheckQueryRs":{"CheckRet":[…]}}`.
//!
//! The shape of answers is that of the types of `conductor-node` 11.6.15 (`src/integrations/qbd/qbdTypes.ts`): the objects of a query are an
//! array, also one or none of them; elsewhere an element is a value, and an array only if it is repeated; texts and amounts are strings,
//! booleans are booleans, whole numbers, quantities and exchange rates are numbers; an attribute is a key with a capital letter (`colID` is
//! `ColID`). Those types name no attribute of a response itself. UNCONFIRMED: that `IteratorID`, `IteratorRemainingCount`, `RetCount` and,
//! unless it is 0, `StatusCode` with `StatusSeverity` and `StatusMessage` are among its keys; that `null` leaves an element out of a
//! request; and how attributes are written in requests.

mod answer;
mod kinds;
mod request;
mod value;

pub use answer::answer;
pub use request::{InvalidJson, requests};
