//! Pseudorandom values from a company's seed: the same for the same record, in any order of requests.

use super::Entity;

/// The use of a value. Two values of one record with different uses are independent.
#[derive(Clone, Copy)]
pub(crate) enum What {
    Amount,
    Cents,
    Change,
    Currency,
    Id,
    Memo,
    Method,
    Number,
    Paid,
    Payee,
    Spelling,
    State,
}

/// The source of values of a company or a record.
#[derive(Clone, Copy)]
pub(crate) struct Draw(u64);

impl Draw {
    /// The source of a company. Those of its records are derived from it.
    pub(crate) fn of_company(seed: u64, company: &str) -> Self {
        // FNV-1a
        let hash =
            company.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
        Self(mixed(seed ^ hash))
    }

    pub(crate) fn of_record(self, entity: Entity, index: u64) -> Self {
        Self(mixed(self.0 ^ mixed(index.wrapping_mul(8).wrapping_add(entity as u64 + 1))))
    }

    pub(crate) fn value(self, what: What) -> u64 {
        mixed(self.0.wrapping_add(what as u64 + 1))
    }

    /// A value below `bound`, which must not be zero.
    pub(crate) fn below(self, what: What, bound: u64) -> u64 {
        self.value(what) % bound
    }

    /// One of `among`, which must not be empty, and its index.
    pub(crate) fn pick<T: Copy>(self, what: What, among: &[T]) -> (u64, T) {
        let place = self.below(what, among.len() as u64);
        (place, among[usize::try_from(place).expect("below a length")])
    }
}

/// The output function of `SplitMix64`.
fn mixed(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}
