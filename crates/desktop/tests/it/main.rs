//! The wire formats of QuickBooks Desktop: what is read, what is written, and what broken input costs.

mod answers;
mod bodies;
mod books;
mod calls;
mod company_file;
mod elements;
mod encodings;
mod failures;
mod imports;
mod orders;
mod passthrough;
mod qwcs;
mod requests;
mod resource;
mod responses;
mod sessions;
