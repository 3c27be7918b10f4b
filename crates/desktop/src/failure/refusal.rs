//! Errors with which QuickBooks refuses a request before it begins.

use super::qbd::hresult_number;

/// The HRESULTs with which QuickBooks has not carried out a request that it was given: it could not read it, or the company file was not
/// open for it. The others leave that open: QuickBooks may have broken off after it had saved.
const REFUSALS: &[u32] = &[
    0x8004_0400,
    0x8004_0403,
    0x8004_0408,
    0x8004_0409,
    0x8004_040A,
    0x8004_0410,
    0x8004_0414,
    0x8004_0416,
    0x8004_0418,
    0x8004_041A,
    0x8004_041B,
    0x8004_041D,
    0x8004_041E,
    0x8004_041F,
    0x8004_0420,
    0x8004_0422,
    0x8004_0423,
    0x8004_0424,
    0x8004_0427,
    0x8004_042A,
    0x8004_0430,
    0x8004_0154,
];

/// Whether an HRESULT says that QuickBooks has not carried out a request that it was given. Every form of it is read.
pub fn is_refusal(hresult: &str) -> bool {
    hresult_number(hresult).is_some_and(|number| REFUSALS.contains(&number))
}
