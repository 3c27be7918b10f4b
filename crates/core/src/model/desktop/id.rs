//! Ids of QuickBooks Desktop's items: a prefix and 32 hexadecimal digits.

use std::fmt;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// The prefix of every id.
            pub const PREFIX: &str = $prefix;

            /// An id of the prefix and these 32 hexadecimal digits.
            pub fn of_digits(digits: &str) -> Self {
                Self(format!("{}{digits}", Self::PREFIX))
            }

            /// Parses an id; `None` if the text is none.
            pub fn parse(text: &str) -> Option<Self> {
                text.strip_prefix(Self::PREFIX).filter(|digits| is_digits(digits)).map(|_| Self(text.to_owned()))
            }

            /// The digits behind the prefix.
            pub fn digits(&self) -> &str {
                &self.0[Self::PREFIX.len()..]
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

ids! {
    /// The id of an end user. It is the company key of the end user's connection.
    EndUserId "end_usr_";
    /// The id of a connection through the Web Connector.
    IntegrationConnectionId "int_conn_";
    /// The id of a session of the auth flow: the beginning of the hash of its client secret.
    AuthSessionId "auth_sess_";
    /// The id of a job. The ids of an end user sort by time.
    JobId "job_";
}

fn is_digits(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_its_prefix_and_32_digits() {
        let id = EndUserId::of_digits(&"0f".repeat(16));
        assert_eq!(EndUserId::parse(id.as_str()), Some(id.clone()));
        assert_eq!(id.digits(), "0f".repeat(16));
        for bad in ["", "end_usr_", "end_usr_0f", &id.as_str().to_uppercase(), &format!("{id}0"), "auth_sess_é"] {
            assert_eq!(EndUserId::parse(bad), None, "{bad}");
        }
    }
}
