//! The data centres of the stand-in, each with one user. All users and organisations are made up.

/// A data centre with its own accounts server and API domain.
#[derive(Debug)]
pub struct DataCenter {
    /// Its name in a callback, and the first segment of its paths.
    pub location: &'static str,
    /// The organisations of its user.
    pub organizations: &'static [Organization],
    pub(super) user: &'static str,
    pub(super) email: &'static str,
    pub(super) name: &'static str,
}

/// An organisation with books at Zoho.
#[derive(Debug)]
pub struct Organization {
    /// Its `organization_id`.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its own currency, and another one that it also uses.
    pub(super) currencies: &'static [&'static str],
    pub(super) country: &'static str,
    pub(super) time_zone: &'static str,
    /// The same zone as a POSIX rule.
    pub(super) clock: &'static str,
}

/// The data centre where a consent begins, and two others.
pub static DATA_CENTERS: [DataCenter; 3] = [
    DataCenter {
        location: "us",
        user: "60001234001",
        email: "sam@beacon-supplies.example",
        name: "Sam Whitlock",
        organizations: &[
            Organization {
                id: "10234695",
                name: "Beacon Supplies",
                currencies: &["USD", "CAD"],
                country: "US",
                time_zone: "America/Chicago",
                clock: "CST6CDT,M3.2.0,M11.1.0",
            },
            Organization {
                id: "10234701",
                name: "Beacon Rentals Inc",
                currencies: &["USD"],
                country: "US",
                time_zone: "America/Denver",
                clock: "MST7MDT,M3.2.0,M11.1.0",
            },
        ],
    },
    DataCenter {
        location: "eu",
        user: "20067890002",
        email: "mila@veldhoven-fietsen.example",
        name: "Mila Jansen",
        organizations: &[Organization {
            id: "20087615",
            name: "Veldhoven Fietsen BV",
            currencies: &["EUR", "GBP"],
            country: "NL",
            time_zone: "Europe/Amsterdam",
            clock: "CET-1CEST,M3.5.0,M10.5.0/3",
        }],
    },
    DataCenter {
        location: "in",
        user: "60012345003",
        email: "asha@neem-tree-press.example",
        name: "Asha Raman",
        organizations: &[Organization {
            id: "60021544",
            name: "Neem Tree Press",
            currencies: &["INR", "USD"],
            country: "IN",
            time_zone: "Asia/Calcutta",
            clock: "IST-5:30",
        }],
    },
];

impl DataCenter {
    pub(super) fn of(location: &str) -> Option<&'static Self> {
        DATA_CENTERS.iter().find(|site| site.location == location)
    }

    pub(super) fn organization(&self, id: &str) -> Option<&'static Organization> {
        self.organizations.iter().find(|organization| organization.id == id)
    }

    pub(super) fn accounts_server(&self, origin: &str) -> String {
        format!("{origin}/zoho/{}", self.location)
    }

    pub(super) fn api_domain(&self, origin: &str) -> String {
        format!("{origin}/zoho/{}/api", self.location)
    }
}
