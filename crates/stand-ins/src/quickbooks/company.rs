//! The companies of the stand-in. All are made up.

/// A company with books at Intuit.
#[derive(Debug)]
pub struct Company {
    /// Its `realmId`.
    pub realm: &'static str,
    /// Its name.
    pub name: &'static str,
    pub(super) street: &'static str,
    pub(super) city: &'static str,
    pub(super) state: &'static str,
    pub(super) postal_code: &'static str,
    pub(super) email: &'static str,
    pub(super) since: &'static str,
}

pub(super) const PRODUCTION_COMPANIES: [Company; 2] = [
    Company {
        realm: "9130357849012345",
        name: "Larkspur Roofing LLC",
        street: "418 Alder Street",
        city: "Boise",
        state: "ID",
        postal_code: "83702",
        email: "books@larkspur-roofing.example",
        since: "2019-03-04",
    },
    Company {
        realm: "9130357849067890",
        name: "Harbor & Pine Florists",
        street: "27 Harbor Way",
        city: "Astoria",
        state: "OR",
        postal_code: "97103",
        email: "office@harbor-and-pine.example",
        since: "2021-09-13",
    },
];

pub(super) const SANDBOX_COMPANIES: [Company; 2] = [
    Company {
        realm: "4620816365000000001",
        name: "Sandbox Company_US_1",
        street: "123 Sierra Way",
        city: "San Pablo",
        state: "CA",
        postal_code: "87999",
        email: "us1@sandbox-company.example",
        since: "2025-01-15",
    },
    Company {
        realm: "4620816365000000002",
        name: "Sandbox Company_US_2",
        street: "125 Sierra Way",
        city: "San Pablo",
        state: "CA",
        postal_code: "87999",
        email: "us2@sandbox-company.example",
        since: "2025-01-15",
    },
];
