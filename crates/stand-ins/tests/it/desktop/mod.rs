//! QuickBooks Desktop: the company file, and the Web Connector against a web service of the tests.

mod company_file;
mod files;
mod iterators;
mod service;
mod update;
