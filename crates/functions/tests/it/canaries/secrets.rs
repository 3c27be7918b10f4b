//! The secrets of an installation, and the forms in which a search finds them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use crate::callback::encoded;

/// A kind of secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    AccessToken,
    RefreshToken,
    Code,
    State,
    Verifier,
    ClientSecret,
    ApiKey,
    /// The part of a connect link, or of the address of a server's start, that opens it.
    Link,
    Cookie,
    /// Counterfoil's own code, and its own refresh token.
    OwnCode,
    Handle,
    SigningSecret,
    WebhookVerifier,
    KeyringKey,
    /// The path of a webhook endpoint, which may contain a secret of the partner.
    EndpointAddress,
    /// The part of a link that opens the page of a Web Connector's setup.
    SetupSecret,
    WebConnectorPassword,
    /// The ticket of a Web Connector's session.
    Ticket,
    /// The tax number of a company, in the answers of QuickBooks Desktop.
    TaxNumber,
}

/// All kinds.
pub(super) const KINDS: [Kind; 19] = [
    Kind::AccessToken,
    Kind::RefreshToken,
    Kind::Code,
    Kind::State,
    Kind::Verifier,
    Kind::ClientSecret,
    Kind::ApiKey,
    Kind::Link,
    Kind::Cookie,
    Kind::OwnCode,
    Kind::Handle,
    Kind::SigningSecret,
    Kind::WebhookVerifier,
    Kind::KeyringKey,
    Kind::EndpointAddress,
    Kind::SetupSecret,
    Kind::WebConnectorPassword,
    Kind::Ticket,
    Kind::TaxNumber,
];

/// The shortest form that is searched for, in bytes. A shorter one would be found by chance.
const SHORTEST: usize = 14;

/// The secrets that are known.
#[derive(Debug, Clone, Default)]
pub(super) struct Secrets(BTreeMap<String, Kind>);

impl Secrets {
    /// Keeps a secret. A text that is too short to be one is left out.
    pub(super) fn keep(&mut self, secret: &str, kind: Kind) {
        if secret.len() >= SHORTEST {
            self.0.entry(secret.to_owned()).or_insert(kind);
        }
    }

    pub(super) fn kinds(&self) -> BTreeSet<Kind> {
        self.0.values().copied().collect()
    }

    /// All secrets of a kind.
    pub(super) fn of(&self, kind: Kind) -> Vec<String> {
        self.0.iter().filter(|(_, of)| **of == kind).map(|(secret, _)| secret.clone()).collect()
    }

    pub(super) fn search(&self) -> Search {
        let mut by_beginning = HashMap::<_, Vec<_>>::new();
        for (secret, kind) in &self.0 {
            for form in forms(secret).into_iter().filter(|form| form.len() >= SHORTEST) {
                by_beginning.entry(form[..SHORTEST].to_vec()).or_default().push((form, *kind));
            }
        }
        Search(by_beginning)
    }
}

/// A search for all forms of all secrets at once.
pub(super) struct Search(HashMap<Vec<u8>, Vec<(Vec<u8>, Kind)>>);

impl Search {
    /// The kinds of secrets that are in a text or in bytes, with the places of the first of each.
    pub(super) fn find(&self, text: &[u8]) -> BTreeMap<Kind, usize> {
        let mut found = BTreeMap::new();
        for (place, window) in text.windows(SHORTEST).enumerate() {
            let forms = self.0.get(window).into_iter().flatten();
            for (_, kind) in forms.filter(|(form, _)| text[place..].starts_with(form)) {
                found.entry(*kind).or_insert(place);
            }
        }
        found
    }
}

/// A secret in the clear, and as it would look in an address, in JSON, in a header, in a dump of bytes.
pub(super) fn forms(secret: &str) -> BTreeSet<Vec<u8>> {
    let digits = secret.bytes().flat_map(|byte| [byte >> 4, byte & 15]);
    let hex: String = digits.map(|digit| char::from_digit(digit.into(), 16).expect("a digit")).collect();
    let json = serde_json::to_string(secret).expect("a text");
    let bytes = format!("{:?}", secret.as_bytes());
    let mut forms = vec![secret.to_owned(), encoded(secret), hex.to_uppercase(), hex];
    forms.extend([json.trim_matches('"').to_owned(), bytes.trim_matches(['[', ']']).to_owned()]);
    // Behind another text, base64 has one of three forms.
    for before in 0..3 {
        let bytes = [&vec![0; before], secret.as_bytes()].concat();
        let own = (before * 8).div_ceil(6)..bytes.len() * 8 / 6;
        forms.extend([STANDARD_NO_PAD.encode(&bytes)[own.clone()].to_owned(), URL_SAFE_NO_PAD.encode(&bytes)[own].to_owned()]);
    }
    forms.into_iter().map(String::into_bytes).collect()
}
