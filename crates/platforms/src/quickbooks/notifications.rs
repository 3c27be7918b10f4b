//! The webhooks of `QuickBooks` Online.
//!
//! - The signature is in `intuit-signature`: the base64 of the body's HMAC-SHA256 under the verifier token [Intuit's SDK for PHP,
//!   `TokenVerifier`].
//! - The body is an array of `CloudEvents`. Until July 2026 it was an object with `eventNotifications`, which is still read.
//! - Production and sandbox have a verifier token each [Intuit, "Managing webhooks notifications"].

use counterfoil_core::model::sync::SyncKind;
use counterfoil_core::port::notifications::Change;
use serde_json::Value;

use crate::notifications::{Form, change};

pub(super) const FORM: Form = Form { signature: "intuit-signature", read };

fn read(body: &Value) -> Option<Vec<Change>> {
    match body {
        Value::Array(events) => Some(events.iter().filter_map(of_event).collect()),
        Value::Object(fields) => {
            let notifications = fields.get("eventNotifications")?.as_array()?;
            Some(notifications.iter().flat_map(of_notification).collect())
        }
        _ => None,
    }
}

/// The change that a `CloudEvent` names. Its type is such as `qbo.billpayment.void.v1`.
fn of_event(event: &Value) -> Option<Change> {
    let kind = event.get("type")?.as_str()?.strip_prefix("qbo.")?.split('.').next().and_then(kind_of);
    change(event.get("intuitaccountid"), kind)
}

/// The changes of a company in the older body.
fn of_notification(notification: &Value) -> impl Iterator<Item = Change> + '_ {
    let entities = notification.pointer("/dataChangeEvent/entities").and_then(Value::as_array).into_iter().flatten();
    entities.filter_map(|entity| change(notification.get("realmId"), kind_of(entity.get("name")?.as_str()?)))
}

/// The kind of run that imports an entity. The two bodies write its name differently.
fn kind_of(entity: &str) -> Option<SyncKind> {
    match entity.to_ascii_lowercase().as_str() {
        "purchase" | "billpayment" => Some(SyncKind::Sync),
        "invoice" | "bill" => Some(SyncKind::ImportInvoices),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn changes(body: &Value) -> Option<Vec<(String, SyncKind)>> {
        Some(read(body)?.into_iter().map(|change| (change.company_id, change.kind)).collect())
    }

    fn event(kind: &str) -> Value {
        json!({ "specversion": "1.0", "id": "88cd52aa-33b6-4351-9aa4-47572edbd068",
            "source": "intuit.dsnBgbseACLLRZNxo2dfc4evmEJdxde58xeeYcZliOU=", "type": kind, "datacontenttype": "application/json",
            "time": "2026-09-15T21:31:25.179Z", "intuitentityid": "2431", "intuitaccountid": "9130357849012345", "data": {} })
    }

    #[test]
    fn w11_the_types_of_cloud_events_choose_the_kind_of_run() {
        let checks = ["qbo.billpayment.void.v1", "qbo.purchase.created.v1", "qbo.purchase.deleted.v1"];
        let invoices = ["qbo.invoice.updated.v1", "qbo.bill.created.v1", "qbo.invoice.emailed.v2"];
        for (kinds, expected) in [(checks, SyncKind::Sync), (invoices, SyncKind::ImportInvoices)] {
            for kind in kinds {
                let found = changes(&json!([event(kind)]));
                assert_eq!(found, Some(vec![("9130357849012345".to_owned(), expected)]), "{kind}");
            }
        }
        for kind in ["qbo.customer.created.v1", "qbo.purchaseorder.created.v1", "qbo", "", "other.invoice.created.v1", "invoice"]
        {
            assert_eq!(changes(&json!([event(kind)])), Some(Vec::new()), "{kind}");
        }
    }

    #[test]
    fn w11_the_older_body_names_the_entities_of_each_company() {
        let entity =
            |name: &str| json!({ "name": name, "id": "1", "operation": "Create", "lastUpdated": "2026-10-05T14:42:19-0700" });
        let body = json!({ "eventNotifications": [
            { "realmId": "1185883450", "dataChangeEvent": { "entities": [entity("Customer"), entity("Invoice"), entity("BillPayment")] } },
            { "realmId": "9130357849012345", "dataChangeEvent": { "entities": [entity("Purchase"), entity("Vendor"), entity("Bill")] } },
        ] });
        let expected = [
            ("1185883450", SyncKind::ImportInvoices),
            ("1185883450", SyncKind::Sync),
            ("9130357849012345", SyncKind::Sync),
            ("9130357849012345", SyncKind::ImportInvoices),
        ];
        assert_eq!(changes(&body), Some(expected.map(|(company, kind)| (company.to_owned(), kind)).into()));
    }

    #[test]
    fn w11_an_entry_that_cannot_be_read_affects_no_other() {
        let mut nameless = event("qbo.invoice.created.v1");
        nameless["intuitaccountid"] = json!(null);
        let mut odd = event("qbo.invoice.created.v1");
        odd["intuitaccountid"] = json!("1#2");
        let body = json!([null, 1, {}, nameless, odd, { "type": 5 }, event("qbo.bill.updated.v1")]);
        assert_eq!(changes(&body), Some(vec![("9130357849012345".to_owned(), SyncKind::ImportInvoices)]));
        let body = json!({ "eventNotifications": [{}, { "realmId": "1" }, { "realmId": "1", "dataChangeEvent": { "entities": [{}, 2] } }] });
        assert_eq!(changes(&body), Some(Vec::new()));
        for body in [json!({}), json!({ "eventNotifications": 1 }), json!(7), json!(null)] {
            assert_eq!(changes(&body), None, "{body}");
        }
    }
}
