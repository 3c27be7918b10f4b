//! QuickBooks Desktop: the company file.

mod company_file;
mod iterators;
