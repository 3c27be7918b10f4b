//! API keys and connect links.

use crate::openapi::text::Text;

pub(crate) fn of(handler: &str) -> Option<Text> {
    Some(match handler {
        "connect_links::list" => Text::new("List connect links"),
        "connect_links::create" => Text::new("Create a connect link")
            .detail("The answer has the link's `url`. No later answer shows it again.")
            .statuses(&[201])
            .codes(&[
                "invalid_parameter",
                "invalid_company_key",
                "invalid_redirect_uri",
                "redirect_uri_not_listed",
                "reserved_company_key",
                "public_base_url_missing",
            ]),
        "connect_links::revoke" => Text::new("Revoke a connect link"),
        "api_keys::list" => Text::new("List API keys"),
        "api_keys::create" => Text::new("Create an API key")
            .detail(
                "The answer has the text of the key in `key`. No later answer shows it again. Nobody makes a key with a scope that the own key lacks. \
                 A key whose only scope is `consent:start` is publishable.",
            )
            .statuses(&[201])
            .codes(&["invalid_name", "invalid_parameter", "invalid_scopes", "partner_missing"]),
        "api_keys::revoke" => Text::new("Revoke an API key").detail("The key stops working within 60 seconds."),
        "api_keys::rotate" => Text::new("Rotate an API key")
            .detail("A new key with the same name, scopes and term. The old one works for `overlapSeconds` more, 86,400 if not given.")
            .statuses(&[201])
            .codes(&["invalid_parameter", "key_rotated", "key_revoked", "key_expired", "changed_meanwhile"]),
        _ => return None,
    })
}
