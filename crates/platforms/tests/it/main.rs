//! One contract for every platform, tried against its stand-in. What a platform does in its own way is a row of the table in
//! `rows`; what it does alike is a test in `contract`; what it alone does is in `odd`. What no platform
//! should answer is in `odd_answers` and `odd_companies`. How its books are read is in `books`.

mod books;
mod contract;
mod odd;
mod odd_answers;
mod odd_companies;
mod raw;
mod rows;
mod stand_in;
