//! End users: the customers of a partner who use QuickBooks Desktop.

use jiff::Timestamp;

use crate::model::connection::ConnectionId;
use crate::model::desktop::id::EndUserId;
use crate::model::name::{CompanyKey, PartnerId};

/// The longest `source_id`, company name and e-mail address of an end user, in characters.
pub const TEXT_LONGEST: usize = 255;
/// The largest number of end users of a partner. The list of them has no pages. Some that are created at the same moment may exceed it.
pub const END_USERS_MOST: usize = 10_000;

/// The name of an end user among all partners' end users.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EndUserName {
    /// The partner.
    pub partner: PartnerId,
    /// The end user.
    pub id: EndUserId,
}

impl EndUserName {
    /// The name of the end user's connection in audit rows and imports: its company key is the id of the end user.
    pub fn connection_id(&self) -> ConnectionId {
        let company_key = CompanyKey::parse(self.id.as_str()).expect("an id has only characters of company keys");
        ConnectionId { partner: self.partner.clone(), company_key }
    }

    /// The end user of a connection; `None` if the connection is not one of QuickBooks Desktop.
    pub fn of_connection(id: &ConnectionId) -> Option<Self> {
        let end_user = EndUserId::parse(id.company_key.as_str())?;
        Some(Self { partner: id.partner.clone(), id: end_user })
    }

    /// The user name of its Web Connector.
    pub fn user_name(&self) -> String {
        format!("qbd_{}_{}", self.partner, self.id.digits())
    }

    /// Parses the user name of a Web Connector, from the right, because a partner's id may contain underscores. `None` if it is none.
    pub fn of_user_name(text: &str) -> Option<Self> {
        let (partner, digits) = text.strip_prefix("qbd_")?.rsplit_once('_')?;
        let id = EndUserId::parse(&format!("{}{digits}", EndUserId::PREFIX))?;
        Some(Self { partner: PartnerId::parse(partner).ok()?, id })
    }
}

/// An end user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndUser {
    /// Its name.
    pub name: EndUserName,
    /// When it was created.
    pub created_at: Timestamp,
    /// The name of its company, for people.
    pub company_name: String,
    /// The partner's id of it, unique for the partner.
    pub source_id: String,
    /// Its e-mail address.
    pub email: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_name_names_the_end_user_of_a_partner_with_underscores() {
        let id = EndUserId::of_digits(&"0f".repeat(16));
        let name = EndUserName { partner: PartnerId::parse("partner_abc_123").expect("a partner id"), id };
        assert_eq!(EndUserName::of_user_name(&name.user_name()), Some(name.clone()));
        assert_eq!(EndUserName::of_connection(&name.connection_id()), Some(name.clone()));
        assert_eq!(name.connection_id().company_key.as_str(), name.id.as_str());
        for bad in ["", "qbd_", "qbd_default", "qbd__00", "default_000", "qbd_default_00000000"] {
            assert_eq!(EndUserName::of_user_name(bad), None, "{bad}");
        }
    }
}
