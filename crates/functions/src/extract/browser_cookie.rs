//! The cookie that binds a consent to a browser.

use axum::http::{HeaderMap, header};
use counterfoil_core::App;
use counterfoil_core::model::flow::BrowserIds;
use counterfoil_core::model::secret::Secret;

/// The cookie that has the browser id (O-6).
pub(crate) struct BrowserCookie {
    secure: bool,
}

impl BrowserCookie {
    /// The cookie of this installation, with the `__Host-` prefix if its base URL is https.
    pub(crate) fn of(app: &App) -> Self {
        Self { secure: app.public_base_url.as_deref().is_some_and(|url| url.starts_with("https://")) }
    }

    fn name(&self) -> &'static str {
        if self.secure { "__Host-counterfoil" } else { "counterfoil" }
    }

    /// The browser ids in a request's cookies. Other apps' cookies are ignored, whatever bytes they contain.
    pub(crate) fn read(&self, headers: &HeaderMap) -> BrowserIds {
        let pairs = headers.get_all(header::COOKIE).iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b';'));
        BrowserIds::of(pairs.filter_map(|pair| self.id_in(pair)))
    }

    fn id_in(&self, pair: &[u8]) -> Option<Secret> {
        let id = pair.trim_ascii().strip_prefix(self.name().as_bytes())?.strip_prefix(b"=")?;
        let fits = id.len() == 43 && id.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        let text = std::str::from_utf8(id).ok()?;
        fits.then(|| Secret::new(text))
    }

    /// The `Set-Cookie` header, which stores the id for an hour.
    pub(crate) fn keep(&self, browser: &Secret) -> String {
        let secure = if self.secure { "; Secure" } else { "" };
        format!("{}={}; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax{secure}", self.name(), browser.expose())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn o6_every_cookie_of_our_name_is_tried_among_any_others() {
        let (ours, planted) = ("a".repeat(43), "b".repeat(43));
        let cookie = format!("city=Zürich; counterfoil={planted}; other=1;counterfoil=short; counterfoil={ours}");
        let latin1 = [b"city=Z\xfcrich; counterfoil=".as_slice(), ours.as_bytes()].concat();
        for brought in [cookie.as_bytes(), &latin1] {
            let value = header::HeaderValue::from_bytes(brought).expect("bytes that hyper takes");
            let ids = BrowserCookie { secure: false }.read(&HeaderMap::from_iter([(header::COOKIE, value)]));
            assert!(ids.holds(&Secret::new(&*ours).fingerprint()));
        }
    }
}
