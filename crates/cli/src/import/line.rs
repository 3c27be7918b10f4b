//! Parses a line, which is a JSON object. No error contains a value, because any value may be a refresh token in the wrong field.

use counterfoil_core::model::connection::ConnectionId;
use counterfoil_core::model::name::{CompanyKey, DisplayName, PartnerId};
use counterfoil_core::model::platform::{Environment, PlatformName};
use counterfoil_core::model::secret::Secret;
use counterfoil_core::model::transfer::Transfer;
use counterfoil_platforms::is_company_id;
use jiff::Timestamp;
use serde_json::{Map, Value};

/// All fields. The first four are required.
const FIELDS: [&str; 9] = [
    "company_key",
    "platform",
    "company_id",
    "refresh_token",
    "company_name",
    "refresh_token_expires_at",
    "scopes",
    "environment",
    "location",
];
/// The longest refresh token, in characters.
const TOKEN_LONGEST: usize = 4_096;
/// The longest name of an unknown field that is shown.
const SHOWN_LONGEST: usize = 32;

/// Reads a line.
///
/// # Errors
/// The mistake in the line, as a sentence.
pub(super) fn read(text: &[u8], partner: &PartnerId) -> Result<Transfer, String> {
    let value: Value = serde_json::from_slice(text)
        .map_err(|error| format!("The line is not valid JSON, from column {} on.", error.column()))?;
    let Value::Object(fields) = value else { return Err("The line is not a JSON object.".to_owned()) };
    if let Some(unknown) = fields.keys().find(|name| !FIELDS.contains(&name.as_str())) {
        return Err(format!("{} unknown. A line has: {}.", unknown_field(unknown), FIELDS.join(", ")));
    }
    Fields(fields).transfer(partner)
}

/// The name of an unknown field, unless it may be a token.
fn unknown_field(name: &str) -> String {
    let is_word = name.len() <= SHOWN_LONGEST && name.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_');
    if is_word { format!("The field {name} is") } else { "One of the fields is".to_owned() }
}

struct Fields(Map<String, Value>);

impl Fields {
    fn transfer(mut self, partner: &PartnerId) -> Result<Transfer, String> {
        let company_key = CompanyKey::parse(&self.needed("company_key")?).map_err(|error| error.to_string())?;
        let platform = self.needed("platform")?.parse::<PlatformName>();
        let platform = platform.map_err(|_| format!("platform must be one of: {}.", PlatformName::names()))?;
        let company_name = self.text("company_name")?.map(|name| DisplayName::parse(&name)).transpose();
        let company_name = company_name.map_err(|_| "company_name must be 1 to 100 characters on one line.")?;
        let company_name = company_name.map(|name| name.to_string());
        Ok(Transfer {
            company_id: self.company_id()?,
            refresh_token: self.refresh_token()?,
            refresh_token_expires_at: self.expires_at()?,
            scopes: self.scopes()?,
            environment: self.environment(platform, &company_key, company_name.as_deref())?,
            region: self.text("location")?,
            connection: ConnectionId { partner: partner.clone(), company_key },
            company_name,
            platform,
        })
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name).filter(|value| !value.is_null())
    }

    fn text(&mut self, name: &str) -> Result<Option<String>, String> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(format!("{name} must be a string.")),
        }
    }

    fn needed(&mut self, name: &str) -> Result<String, String> {
        self.text(name)?.ok_or_else(|| format!("{name} is missing."))
    }

    fn company_id(&mut self) -> Result<String, String> {
        let id = self.needed("company_id")?;
        is_company_id(&id)
            .then_some(id)
            .ok_or_else(|| "company_id must be 1 to 64 of the characters A-Z a-z 0-9 . _ -, as the platform has it.".to_owned())
    }

    /// The characters that RFC 6749, appendix A.17, allows.
    fn refresh_token(&mut self) -> Result<Secret, String> {
        let token = self.needed("refresh_token")?;
        let is_token = (1..=TOKEN_LONGEST).contains(&token.len()) && token.bytes().all(|b| matches!(b, b' '..=b'~'));
        let told = || format!("refresh_token must be 1 to {TOKEN_LONGEST} printable ASCII characters.");
        is_token.then(|| Secret::new(token)).ok_or_else(told)
    }

    fn expires_at(&mut self) -> Result<Option<Timestamp>, String> {
        let Some(value) = self.take("refresh_token_expires_at") else { return Ok(None) };
        let at = value.as_i64().and_then(|seconds| Timestamp::from_second(seconds).ok());
        at.map(Some).ok_or_else(|| "refresh_token_expires_at must be a whole number of seconds since 1970.".to_owned())
    }

    fn scopes(&mut self) -> Result<Option<Vec<String>>, String> {
        let Some(value) = self.take("scopes") else { return Ok(None) };
        serde_json::from_value(value).map(Some).map_err(|_| "scopes must be a list of strings.".to_owned())
    }

    fn environment(&mut self, platform: PlatformName, key: &CompanyKey, name: Option<&str>) -> Result<Environment, String> {
        match self.text("environment")?.as_deref() {
            None => Ok(Environment::of(platform, key.as_str(), name)),
            Some("production") => Ok(Environment::Production),
            Some("sandbox") if platform.has_sandbox() => Ok(Environment::Sandbox),
            Some("sandbox") => Err(format!("{} has no sandbox: environment must be production.", platform.title())),
            Some(_) => Err("environment must be production or sandbox.".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read_line(line: &str) -> Result<Transfer, String> {
        read(line.as_bytes(), &PartnerId::default_partner())
    }

    fn good() -> Value {
        json!({ "company_key": "acme", "platform": "zoho", "company_id": "10234695", "refresh_token": "1000.canary" })
    }

    fn with(name: &str, value: Value) -> String {
        let mut line = good();
        line[name] = value;
        line.to_string()
    }

    fn refused(line: &str) -> String {
        read_line(line).err().unwrap_or_else(|| panic!("{line} is read"))
    }

    #[test]
    fn a_line_is_read_with_what_it_has() {
        let bare = read_line(&good().to_string()).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!((bare.connection.to_string().as_str(), bare.company_id.as_str()), ("default/acme", "10234695"));
        assert_eq!((bare.refresh_token.expose(), bare.platform), ("1000.canary", PlatformName::Zoho));
        assert_eq!((bare.environment, bare.company_name, bare.scopes), (Environment::Production, None, None));
        let line = json!({
            "company_key": "acme", "company_name": " Acme\u{200b} Ltd ", "platform": "quickbooks", "company_id": "9130",
            "refresh_token": "RT1-39", "refresh_token_expires_at": 1_798_761_600, "scopes": ["a", "b"],
            "environment": "sandbox", "location": null,
        });
        let whole = read_line(&line.to_string()).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(whole.company_name.as_deref(), Some("Acme Ltd"));
        assert_eq!(whole.refresh_token_expires_at.map(Timestamp::as_second), Some(1_798_761_600));
        assert_eq!((whole.environment, whole.region), (Environment::Sandbox, None));
        assert_eq!(whole.scopes, Some(vec!["a".to_owned(), "b".to_owned()]));
    }

    #[test]
    fn a_line_without_an_environment_has_that_of_a_consent_of_its_names() {
        let line = with("platform", json!("quickbooks")).replace("acme", "acme-Sandbox");
        assert_eq!(read_line(&line).map(|line| line.environment).ok(), Some(Environment::Sandbox));
    }

    #[test]
    fn the_error_of_a_line_has_none_of_its_values() {
        let canary = "canary".repeat(1_000);
        for (line, wrong) in [
            ("canary".to_owned(), "not valid JSON"),
            (r#"{"refresh_token": "canary"#.to_owned(), "not valid JSON"),
            (r#"{"refresh_token": canary}"#.to_owned(), "not valid JSON"),
            (format!("{} canary", good()), "not valid JSON"),
            ("\u{feff}{}".to_owned(), "not valid JSON"),
            (r#"["canary"]"#.to_owned(), "not a JSON object"),
            (r#""canary""#.to_owned(), "not a JSON object"),
            ("{}".to_owned(), "company_key is missing"),
            (with("realm", json!("canary")), "The field realm is unknown"),
            (with("canary-1.x", json!(1)), "One of the fields is unknown"),
            (with("company_key", json!("canary/")), "A company key must be"),
            (with("company_key", json!(7)), "company_key must be a string"),
            (with("company_name", json!("")), "company_name must be"),
            (with("platform", json!("canary")), "platform must be one of: quickbooks, xero"),
            (with("platform", json!(null)), "platform is missing"),
            (with("company_id", json!(9130)), "company_id must be a string"),
            (with("company_id", json!("canary canary")), "company_id must be"),
            (with("company_id", json!("..")), "company_id must be"),
            (with("refresh_token", json!("")), "refresh_token must be"),
            (with("refresh_token", json!("canary\n")), "refresh_token must be"),
            (with("refresh_token", json!(canary)), "refresh_token must be"),
            (with("refresh_token", json!(["canary"])), "refresh_token must be a string"),
            (with("refresh_token_expires_at", json!("canary")), "refresh_token_expires_at must be"),
            (with("refresh_token_expires_at", json!(1_798_761_600_000_i64)), "refresh_token_expires_at must be"),
            (with("refresh_token_expires_at", json!(1.5)), "refresh_token_expires_at must be"),
            (with("scopes", json!("canary")), "scopes must be"),
            (with("scopes", json!([1, "canary"])), "scopes must be"),
            (with("environment", json!("canary")), "environment must be production or sandbox"),
            (with("environment", json!("sandbox")), "Zoho Books has no sandbox"),
            (with("location", json!({ "canary": 1 })), "location must be a string"),
        ] {
            let said = refused(&line);
            assert!(said.contains(wrong), "{line}: {said}");
            assert!(!said.contains("canary"), "{said}");
        }
        assert!(read(b"\"\xff\"", &PartnerId::default_partner()).is_err(), "not UTF-8");
    }
}
