//! The webhooks of Xero.
//!
//! - The signature is in `x-xero-signature`: the base64 of the body's HMAC-SHA256 under the webhook's key [Xero, "Configuring your
//!   server"]. Before a webhook begins, Xero sends bodies without events, with right and wrong signatures.
//! - Invoices and bills have one category. There is none for payments and bank transactions [`Xero-OpenAPI`, `xero-webhooks.yaml`].

use counterfoil_core::model::sync::SyncKind;
use counterfoil_core::port::notifications::Change;
use serde_json::Value;

use crate::notifications::{Form, change};

pub(super) const FORM: Form = Form { signature: "x-xero-signature", read };

fn read(body: &Value) -> Option<Vec<Change>> {
    Some(body.get("events")?.as_array()?.iter().filter_map(of_event).collect())
}

fn of_event(event: &Value) -> Option<Change> {
    let is_invoice = event.get("eventCategory")?.as_str()? == "INVOICE";
    change(event.get("tenantId"), is_invoice.then_some(SyncKind::ImportInvoices))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TENANT: &str = "c2cc9b6e-9458-4c7d-93cc-f02b81b0594f";

    fn event(category: &str) -> Value {
        json!({ "resourceUrl": "https://api.xero.com/api.xro/2.0/Invoices/d0e1f2a3", "resourceId": "d0e1f2a3",
            "eventDateUtc": "2026-09-14T21:00:03.451", "eventType": "UPDATE", "eventCategory": category, "tenantId": TENANT,
            "tenantType": "ORGANISATION" })
    }

    #[test]
    fn w11_only_invoices_are_read() {
        let categories = ["CONTACT", "INVOICE", "CREDITNOTE", "SUBSCRIPTION", "PREPAYMENT", "OVERPAYMENT", "ELSE"];
        let events: Vec<_> =
            categories.map(event).into_iter().chain([json!({}), json!(1), json!({ "eventCategory": "INVOICE" })]).collect();
        let body = json!({ "events": events, "firstEventSequence": 1, "lastEventSequence": 10, "entropy": "S0m3r4Nd0mt3xt" });
        assert_eq!(read(&body), Some(vec![Change { company_id: TENANT.to_owned(), kind: SyncKind::ImportInvoices }]));
    }

    #[test]
    fn w11_a_body_without_events_is_read_and_one_without_their_list_is_not() {
        let intent = json!({ "events": [], "firstEventSequence": 0, "lastEventSequence": 0, "entropy": "S0m3r4Nd0mt3xt" });
        assert_eq!(read(&intent), Some(Vec::new()));
        for body in [json!({}), json!([]), json!({ "events": {} })] {
            assert_eq!(read(&body), None, "{body}");
        }
    }
}
