//! One contract for every platform, tested with its stand-in. `rows` has the data by which platforms differ, `contract` the tests of
//! all platforms, `odd` those of one platform. `odd_answers` and `odd_companies` test unusual answers. `books` tests the reading of
//! books.

mod books;
mod contract;
mod odd;
mod odd_answers;
mod odd_companies;
mod raw;
mod rows;
mod stand_in;
