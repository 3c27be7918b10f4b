//! The stand-ins over a real socket, by their routes only. The `QuickBooks` tests include what all stand-ins share; the others have
//! what is particular to their platform.

mod desktop;
mod freshbooks;
mod kept;
mod quickbooks;
mod world;
mod xero;
mod zoho;
