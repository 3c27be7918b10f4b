//! QuickBooks Desktop: the jobs that carry requests to a company file, and the sessions of the Web Connector that fetch them.

mod answers;
mod bounds;
mod callers;
mod claims;
mod closing;
mod company_files;
mod deletion;
mod failures;
mod harness;
mod held;
mod imports;
mod lost_answers;
mod setup;
mod tickets;
mod two_connectors;
