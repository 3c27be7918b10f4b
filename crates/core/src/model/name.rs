//! Names that callers choose and that become part of keys. Each is validated when it is parsed.

use std::fmt;

use crate::Error;
use crate::model::desktop::id::EndUserId;
use crate::model::platform::PlatformName;
use crate::model::secret::Fingerprint;

/// A partner's key of a connection: `[A-Za-z0-9][A-Za-z0-9._-]{0,63}`. Case matters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CompanyKey(String);

impl CompanyKey {
    /// The largest length of a company key, in characters.
    pub const LONGEST: usize = 64;

    /// Parses a company key.
    ///
    /// # Errors
    /// `invalid_company_key` if it is empty, too long or has another character.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if is_name(text, Self::LONGEST, |c| matches!(c, 'A'..='Z' | '.' | '_' | '-')) {
            return Ok(Self(text.to_owned()));
        }
        Err(Error::invalid(
            "invalid_company_key",
            "A company key must be 1 to 64 of the characters A-Z a-z 0-9 . _ - and begin with a letter or a digit.",
        ))
    }

    /// The key of a connection that the start did not name: `{platform}-{company_id}`. If that is no valid key, a hash replaces the id.
    /// The company's name is not used, because it may change.
    pub(crate) fn of_company(platform: PlatformName, company_id: &str) -> Self {
        Self::parse(&format!("{platform}-{company_id}"))
            .unwrap_or_else(|_| Self(format!("{platform}-{}", &Fingerprint::of(company_id).as_str()[..40])))
    }

    /// The platform whose name and a hyphen are its prefix. Such a key is reserved for the company of that id (O-20). The id of an end user
    /// is reserved for its connection to QuickBooks Desktop.
    pub(crate) fn reserved_for(&self) -> Option<PlatformName> {
        let has_prefix =
            |platform: &PlatformName| self.0.strip_prefix(platform.as_str()).is_some_and(|rest| rest.starts_with('-'));
        let of_end_user = || EndUserId::parse(&self.0).map(|_| PlatformName::QuickbooksDesktop);
        PlatformName::ALL.into_iter().find(has_prefix).or_else(of_end_user)
    }

    /// Whether a new connection to this company may have this key: it is not reserved, or it is reserved for this company.
    pub(crate) fn may_name(&self, platform: PlatformName, company_id: &str) -> bool {
        self.reserved_for().is_none() || *self == Self::of_company(platform, company_id)
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CompanyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The id of a partner: `[a-z0-9][a-z0-9_-]{0,31}`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PartnerId(String);

impl PartnerId {
    /// The largest length of a partner id, in characters.
    pub const LONGEST: usize = 32;

    /// Parses a partner id.
    ///
    /// # Errors
    /// `invalid_partner_id` if it is empty, too long or has another character.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if is_name(text, Self::LONGEST, |c| matches!(c, '_' | '-')) {
            return Ok(Self(text.to_owned()));
        }
        Err(Error::invalid(
            "invalid_partner_id",
            "A partner id must be 1 to 32 of the characters a-z 0-9 _ - and begin with a letter or a digit.",
        ))
    }

    /// The first partner of an installation.
    pub fn default_partner() -> Self {
        Self("default".to_owned())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PartnerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A name for people, trimmed and without invisible characters. Control characters and line separators break a line of a log or a
/// list. Marks of the writing direction make a name look like another one. Characters without a width make two names look the same.
/// Emoji and scripts that join letters by U+200C or U+200D lose these joiners.
pub fn readable(text: &str) -> String {
    let seen: String = text.chars().filter(|c| !c.is_control() && !is_invisible(*c)).collect();
    seen.trim().to_owned()
}

/// The marks of Unicode's bidirectional algorithm (UAX 9), the line and paragraph separators, and the characters without a width
/// (`Default_Ignorable_Code_Point`, except variation selectors, which choose the form of a letter).
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
    )
}

/// The name of a partner or of a key, for people: 1 to 100 characters on one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisplayName(String);

impl DisplayName {
    /// The largest length of a name, in characters.
    pub(crate) const LONGEST: usize = 100;

    /// Parses a name. It drops invisible characters and surrounding spaces.
    ///
    /// # Errors
    /// `invalid_name` if it is empty, too long or has more than one line.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let name = readable(text);
        if name.is_empty() || name.chars().count() > Self::LONGEST || text.trim().chars().any(char::is_control) {
            return Err(Error::invalid("invalid_name", "A name must be 1 to 100 characters on one line."));
        }
        Ok(Self(name))
    }
}

impl fmt::Display for DisplayName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_name(text: &str, longest: usize, also: impl Fn(char) -> bool) -> bool {
    let plain = |c: char| matches!(c, 'a'..='z' | '0'..='9');
    let begins_well = text.starts_with(|c: char| plain(c) || (c.is_ascii_uppercase() && also(c)));
    begins_well && text.len() <= longest && text.chars().all(|c| plain(c) || also(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_company_key_keeps_its_case_and_has_1_to_64_characters() {
        let longest = "x".repeat(64);
        for good in ["a", "beach-blend", "Beach.Blend_2", "9", &longest] {
            assert_eq!(CompanyKey::parse(good).expect(good).as_str(), good);
        }
        let too_long = "x".repeat(65);
        for bad in ["", "-a", ".a", "_a", "a b", "a/b", "a#b", "ä", "a\0", "a%", &too_long] {
            assert_eq!(CompanyKey::parse(bad).expect_err(bad).code(), "invalid_company_key");
        }
    }

    #[test]
    fn a_company_key_is_made_of_platform_and_company_id_or_of_a_hash_of_a_long_id() {
        let key = |company_id: &str| CompanyKey::of_company(PlatformName::Freshbooks, company_id).to_string();
        assert_eq!(key("aZ-9"), "freshbooks-aZ-9");
        let (long, other) = ("x".repeat(64), format!("{}y", "x".repeat(63)));
        assert_eq!(CompanyKey::parse(&key(&long)).expect("a key").as_str(), key(&long));
        assert_ne!(key(&long), key(&other));
    }

    #[test]
    fn o20_a_key_with_a_platforms_prefix_is_reserved_for_the_company_of_that_id() {
        let key = |text: &str| CompanyKey::parse(text).expect("a key");
        for free in ["quickbooks", "quickbooks2-1", "Quickbooks-1", "my-quickbooks-1", "acme"] {
            assert!(key(free).may_name(PlatformName::Quickbooks, "1"), "{free}");
        }
        assert!(key("quickbooks-1").may_name(PlatformName::Quickbooks, "1"));
        assert!(CompanyKey::of_company(PlatformName::Zoho, "a b").may_name(PlatformName::Zoho, "a b"));
        for platform in PlatformName::ALL {
            for reserved in ["1x", "", "1-", "01"].map(|id| key(&format!("{platform}-{id}"))) {
                assert_eq!(reserved.reserved_for(), Some(platform));
                assert!(!reserved.may_name(platform, "1"), "{reserved}");
            }
        }
        assert!(!key("xero-1").may_name(PlatformName::Quickbooks, "1"));
        let end_user = key(EndUserId::of_digits(&"0f".repeat(16)).as_str());
        assert!(PlatformName::with_oauth().all(|platform| !end_user.may_name(platform, "1")));
    }

    #[test]
    fn a_name_loses_its_invisible_characters() {
        for (text, kept) in [
            ("  Zürich & Söhne GmbH ", "Zürich & Söhne GmbH"),
            ("Acme\u{202e}dtL", "AcmedtL"),
            ("\u{2066}A\u{200b}c\u{200d}me\u{feff}\u{2069}", "Acme"),
            ("two\u{2028}lines\nor\0three", "twolinesorthree"),
            ("\u{200b} \u{2060}", ""),
            ("見積\u{fe0f} 株式会社", "見積\u{fe0f} 株式会社"),
        ] {
            assert_eq!(readable(text), kept, "{text:?}");
        }
    }

    #[test]
    fn a_display_name_is_one_visible_line() {
        assert!(DisplayName::parse(" Beach Blend\u{200b} ").is_ok_and(|name| name.to_string() == "Beach Blend"));
        for bad in ["", " ", "\u{200b}", "two\nlines", &"x".repeat(101)] {
            assert!(DisplayName::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_partner_id_has_no_capitals() {
        assert!(PartnerId::parse("partner_abc123").is_ok());
        for bad in ["", "A", "_a", "a#b", "a.b", &"x".repeat(33)] {
            assert!(PartnerId::parse(bad).is_err(), "{bad}");
        }
    }
}
