//! One contract for every platform, tried against its stand-in. What a platform does in its own way is a row of the table in
//! `rows`; what it does alike is a test in `contract`; what it alone does is in `odd`.

mod contract;
mod odd;
mod rows;
mod stand_in;
