//! The organisations of the stand-in, all made up, and the resource that describes one.

use std::sync::Arc;

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderMap, HeaderName};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use maud::{PreEscaped, html};
use serde_json::{Value, json};

use super::connections::authorize;
use super::identity::Xero;
use super::problem::{Problem, UNSUCCESSFUL, invalid};
use crate::desk::Call;
use crate::fault::Place;
use crate::headers::accepts_json;
use crate::oauth::{API, StandIn};
use crate::random;

/// The scope for the organisation and its accounts. A token with its read-only form has access too.
pub(super) const SETTINGS_SCOPE: &str = "accounting.settings";

/// An organisation with books at Xero.
#[derive(Debug)]
pub struct Organisation {
    /// Its `tenantId`, which is its `OrganisationID` too.
    pub tenant_id: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its own currency, and another one that it also uses.
    pub(super) currencies: &'static [&'static str],
    pub(super) country: &'static str,
    pub(super) time_zone: &'static str,
    pub(super) is_demo: bool,
}

/// The organisations of the only user.
pub const ORGANISATIONS: [Organisation; 3] = [
    Organisation {
        tenant_id: "70784a63-d24b-46a9-a4db-0e70a274b056",
        name: "Maple Florists Ltd",
        currencies: &["NZD", "AUD"],
        country: "NZ",
        time_zone: "NEWZEALANDSTANDARDTIME",
        is_demo: false,
    },
    Organisation {
        tenant_id: "3f1e0a5c-8f0d-4c57-9c1b-5b0e6a2d7c41",
        name: "Pemberton Glass & Sons",
        currencies: &["GBP", "EUR"],
        country: "GB",
        time_zone: "GMTSTANDARDTIME",
        is_demo: false,
    },
    Organisation {
        tenant_id: "c2a94e1b-6d3f-4b8e-a5f7-91d0e8b3f624",
        name: "Demo Company (US)",
        currencies: &["USD"],
        country: "US",
        time_zone: "EASTERNSTANDARDTIME",
        is_demo: true,
    },
];

impl Organisation {
    pub(super) fn of(tenant_id: &str) -> Option<&'static Self> {
        ORGANISATIONS.iter().find(|organisation| organisation.tenant_id == tenant_id)
    }

    fn as_json(&self) -> Value {
        json!({
            "OrganisationID": self.tenant_id,
            "Name": self.name,
            "LegalName": self.name,
            "OrganisationStatus": "ACTIVE",
            "OrganisationType": "COMPANY",
            "BaseCurrency": self.currencies[0],
            "CountryCode": self.country,
            "Timezone": self.time_zone,
            "IsDemoCompany": self.is_demo,
            "PeriodLockDate": "/Date(1767139200000+0000)/",
            "CreatedDateUTC": "/Date(1735689600000)/",
        })
    }
}

pub(super) async fn answer(
    State(stand_in): State<Arc<StandIn<Xero>>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let call = Call::new(API, Place::Api);
    let acting = Arc::clone(&stand_in);
    let act = move |_| {
        let now = acting.desk.clock.now();
        let organisation = match reached(&acting, SETTINGS_SCOPE, &headers, now) {
            Ok(organisation) => organisation,
            Err(refused) => return refused.into_response(),
        };
        if query.is_some() {
            return invalid("no parameter is known here");
        }
        // Without this header Xero answers XML, so a client that forgets it must notice.
        if accepts_json(&headers) {
            Json(envelope("Organisations", &[organisation.as_json()], now)).into_response()
        } else {
            as_xml(organisation)
        }
    };
    stand_in.desk.attend(call, act).await
}

/// The organisation in the header, if the token reaches it. A token without the scope is a 401, a tenant that is not connected a 403.
pub(super) fn reached(
    stand_in: &StandIn<Xero>,
    scope: &str,
    headers: &HeaderMap,
    now: Timestamp,
) -> Result<&'static Organisation, Problem> {
    let ledger = stand_in.ledger();
    let granted = authorize(&ledger, headers, now)?;
    if !granted.split(' ').any(|granted| granted.strip_suffix(".read").unwrap_or(granted) == scope) {
        return Err(Problem::new(StatusCode::UNAUTHORIZED, UNSUCCESSFUL));
    }
    tenant_id(headers)
        .filter(|tenant_id| ledger.reach.include(tenant_id) && !ledger.settings.company_info_denied)
        .and_then(Organisation::of)
        .ok_or_else(|| Problem::new(StatusCode::FORBIDDEN, UNSUCCESSFUL))
}

pub(super) fn tenant_id(headers: &HeaderMap) -> Option<&str> {
    headers.get("xero-tenant-id").and_then(|value| value.to_str().ok())
}

/// The object around the items of every answer.
pub(super) fn envelope(name: &str, items: &[Value], now: Timestamp) -> Value {
    json!({
        "Id": random::uuid(),
        "Status": "OK",
        "ProviderName": "Counterfoil",
        "DateTimeUTC": format!("/Date({})/", now.as_millisecond()),
        name: items,
    })
}

/// The answer to a client that did not request JSON.
pub(super) fn bare_xml() -> Response {
    let body = html! {
        (PreEscaped(XML))
        Response { Status { "OK" } }
    };
    (AS_XML, body.into_string()).into_response()
}

fn as_xml(organisation: &Organisation) -> Response {
    let body = html! {
        (PreEscaped(XML))
        Response {
            Status { "OK" }
            Organisations {
                Organisation {
                    OrganisationID { (organisation.tenant_id) }
                    Name { (organisation.name) }
                }
            }
        }
    };
    (AS_XML, body.into_string()).into_response()
}

const XML: &str = r#"<?xml version="1.0" encoding="utf-8"?>"#;
const AS_XML: [(HeaderName, &str); 1] = [(CONTENT_TYPE, "text/xml; charset=utf-8")];
