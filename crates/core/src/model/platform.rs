//! The accounting platforms and their environments.

use strum::VariantArray;

/// An accounting platform. A new platform is a variant here and a module in `platforms`.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum PlatformName {
    /// QuickBooks Online (Intuit).
    Quickbooks,
    /// Xero.
    Xero,
    /// Zoho Books.
    Zoho,
    /// `FreshBooks`.
    Freshbooks,
    /// `FreeAgent`.
    Freeagent,
    /// QuickBooks Desktop (Intuit), through the Web Connector. It has no OAuth.
    QuickbooksDesktop,
}

impl PlatformName {
    /// All platforms, in the order of their declaration. Arrays are indexed by this order.
    pub const ALL: [Self; Self::VARIANTS.len()] = *Self::VARIANTS.first_chunk().expect("a chunk of all");

    /// The platforms with OAuth, in the same order.
    pub fn with_oauth() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|platform| platform.has_oauth())
    }

    /// Whether a customer connects it by a consent, and it gives tokens.
    pub const fn has_oauth(self) -> bool {
        !matches!(self, Self::QuickbooksDesktop)
    }

    /// The names of all platforms, for a sentence.
    pub fn names() -> String {
        Self::ALL.map(Self::as_str).join(", ")
    }

    /// The platform whose name and an underscore begin a word, and the rest of the word. If there are two, the one with the longer name.
    pub fn at_start_of(word: &str) -> Option<(Self, &str)> {
        let split = |platform: Self| Some((platform, word.strip_prefix(platform.as_str())?.strip_prefix('_')?));
        Self::ALL.into_iter().filter_map(split).min_by_key(|(_, rest)| rest.len())
    }

    /// The name in URLs, JSON and keys.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The name that people know.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Quickbooks => "QuickBooks Online",
            Self::Xero => "Xero",
            Self::Zoho => "Zoho Books",
            Self::Freshbooks => "FreshBooks",
            Self::Freeagent => "FreeAgent",
            Self::QuickbooksDesktop => "QuickBooks Desktop",
        }
    }

    /// The path of its callback. QuickBooks has `/oauth/callback`; each other platform has a path of its own (O-2).
    pub fn callback_path(self) -> String {
        match self {
            Self::Quickbooks => "/oauth/callback".to_owned(),
            other => format!("/oauth/callback/{other}"),
        }
    }

    /// Whether it has no type for checks, so that a rule of the partner's says what counts as one.
    pub const fn needs_check_rule(self) -> bool {
        matches!(self, Self::Xero)
    }

    /// Whether the platform has a sandbox, with its own credentials and its own API host.
    pub const fn has_sandbox(self) -> bool {
        matches!(self, Self::Quickbooks)
    }
}

/// A platform's environment. Each has its own credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::EnumString, strum::IntoStaticStr, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
pub enum Environment {
    /// Real books.
    Production,
    /// The platform's sandbox.
    Sandbox,
}

impl Environment {
    /// The word in the API and in the table.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The environment of a new consent: the sandbox if the platform has one and the company key or name contains "sandbox" in any
    /// case.
    pub fn of(platform: PlatformName, company_key: &str, company_name: Option<&str>) -> Self {
        let says_sandbox = |text: &str| text.to_ascii_lowercase().contains("sandbox");
        if platform.has_sandbox() && (says_sandbox(company_key) || company_name.is_some_and(says_sandbox)) {
            Self::Sandbox
        } else {
            Self::Production
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_has_the_order_of_the_declaration() {
        assert!(PlatformName::ALL.into_iter().enumerate().all(|(place, name)| name as usize == place));
    }

    #[test]
    fn a_key_or_name_that_contains_sandbox_in_any_case_chooses_the_sandbox() {
        let of = |key, name| Environment::of(PlatformName::Quickbooks, key, name);
        assert_eq!(of("beach-blend-sandbox", None), Environment::Sandbox);
        assert_eq!(of("Beach-SANDBOX", None), Environment::Sandbox);
        assert_eq!(of("beach-blend", Some("Beach Blend SandBox")), Environment::Sandbox);
        assert_eq!(of("beach-blend", Some("Beach Blend")), Environment::Production);
    }
}
