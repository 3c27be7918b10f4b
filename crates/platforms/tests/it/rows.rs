//! The platforms, and in what they differ.

use counterfoil_core::model::platform::PlatformName;
use counterfoil_sandbox::freshbooks::MEMBERSHIPS;
use counterfoil_sandbox::xero::ORGANISATIONS;

/// A platform as its contract has it.
#[derive(Clone, Copy)]
pub(crate) struct Row {
    pub(crate) name: PlatformName,
    /// What is chosen on the consent page.
    pub(crate) chosen: &'static [(&'static str, &'static str)],
    /// The companies that the grant then reaches.
    pub(crate) companies: &'static [&'static str],
    /// What the API's base ends with.
    pub(crate) api: &'static str,
    /// Whether a callback names the data centre.
    pub(crate) region: Option<&'static str>,
    /// How long an access token lives, in seconds.
    pub(crate) access_token_life: i64,
    pub(crate) rotation: Rotation,
    /// The customer takes the grant away: what the stand-in is told.
    pub(crate) disconnect: &'static str,
}

/// What becomes of a refresh token that is used, within the minute.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rotation {
    /// The answer repeats it.
    Repeated,
    /// The answer has none, and it stays good.
    Silent,
    /// The answer has a new one, and the old one still works.
    Graceful,
    /// The answer has a new one, and the old one is dead.
    OneUse,
}

pub(crate) const ROWS: [Row; 4] = [
    Row {
        name: PlatformName::Quickbooks,
        chosen: &[("realm", "9130357849012345")],
        companies: &["9130357849012345"],
        api: "/quickbooks/api",
        region: None,
        access_token_life: 3_600,
        rotation: Rotation::Repeated,
        disconnect: r#"{"realm":"9130357849012345"}"#,
    },
    Row {
        name: PlatformName::Xero,
        chosen: &[("tenant_id", ORGANISATIONS[1].tenant_id)],
        companies: &[ORGANISATIONS[1].tenant_id],
        api: "/xero/api.xro/2.0",
        region: None,
        access_token_life: 1_800,
        rotation: Rotation::Graceful,
        disconnect: "{}",
    },
    Row {
        name: PlatformName::Zoho,
        chosen: &[("account", "eu")],
        companies: &["20087615"],
        api: "/zoho/eu/api/books/v3",
        region: Some("eu"),
        access_token_life: 3_600,
        rotation: Rotation::Silent,
        disconnect: r#"{"location":"eu"}"#,
    },
    Row {
        name: PlatformName::Freshbooks,
        chosen: &[],
        // The third has no books.
        companies: &["Qx9Zb1", "Lm4Tk7"],
        api: "/freshbooks/api",
        region: None,
        access_token_life: 43_200,
        rotation: Rotation::OneUse,
        disconnect: "{}",
    },
];

#[test]
fn every_platform_is_in_the_table() {
    assert_eq!(ROWS.map(|row| row.name), PlatformName::ALL);
    assert!(MEMBERSHIPS[2].account_id.is_none());
}
