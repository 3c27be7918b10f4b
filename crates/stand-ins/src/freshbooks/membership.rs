//! The businesses of the stand-in's only user. All are made up.

/// A business that the user belongs to.
#[derive(Debug)]
pub struct Membership {
    /// Its id in accounting URLs; `None` for a business without books.
    pub account_id: Option<&'static str>,
    /// The business's own number.
    pub business_id: u32,
    /// The business's name.
    pub name: &'static str,
    pub(super) id: u32,
    pub(super) business_uuid: &'static str,
    pub(super) role: &'static str,
    /// Its own currency, and another one that it also uses.
    pub(super) currencies: &'static [&'static str],
    /// Whether its plan has bills.
    pub(super) has_bills: bool,
}

/// The businesses of the user.
pub const MEMBERSHIPS: [Membership; 3] = [
    Membership {
        account_id: Some("Qx9Zb1"),
        business_id: 8_120_022,
        name: "Okafor Studio",
        id: 9_120_011,
        business_uuid: "a1b2c3d4-0a1b-4c2d-9e3f-4a5b6c7d8e9f",
        role: "owner",
        currencies: &["USD", "CAD"],
        has_bills: true,
    },
    Membership {
        account_id: Some("Lm4Tk7"),
        business_id: 8_120_057,
        name: "Okafor & Lind Ceramics",
        id: 9_120_048,
        business_uuid: "b2c3d4e5-1b2c-4d3e-8f4a-5b6c7d8e9f0a",
        role: "owner",
        currencies: &["USD"],
        has_bills: false,
    },
    Membership {
        account_id: None,
        business_id: 8_120_093,
        name: "Riverside Makers Co-op",
        id: 9_120_084,
        business_uuid: "c3d4e5f6-2c3d-4e4f-9a5b-6c7d8e9f0a1b",
        role: "business_employee",
        currencies: &["USD"],
        has_bills: false,
    },
];

impl Membership {
    /// The business with this account id.
    pub(super) fn of(account_id: &str) -> Option<&'static Self> {
        MEMBERSHIPS.iter().find(|membership| membership.account_id == Some(account_id))
    }
}
