//! The stand-ins as a client sees them: over a real socket, with nothing but their routes. The `QuickBooks` tests hold what
//! all stand-ins share as well; those of the others what is particular to them.

mod freshbooks;
mod kept;
mod quickbooks;
mod world;
mod xero;
mod zoho;
