//! Values that follow from a company's seed: the same for the same record, in whatever order they are asked for.

use super::Entity;

/// What a value is drawn for, so that two values of one record do not depend on each other.
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

/// One record's source of values.
#[derive(Clone, Copy)]
pub(crate) struct Draw(u64);

impl Draw {
    /// The source of a company, from which those of its records come.
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

    /// Below `bound`, which is not zero.
    pub(crate) fn below(self, what: What, bound: u64) -> u64 {
        self.value(what) % bound
    }

    /// One of `among`, which is not empty, and its place.
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
