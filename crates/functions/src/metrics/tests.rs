//! The lines of metrics.

use counterfoil_core::service::vault::skew::CLOCK;
use counterfoil_core::service::webhook::deliver::DELIVERY;
use serde_json::{Value, json};

use super::emitted::{CONSENT, REFRESH, RUN, is_emitted, line};

/// The line of an event with these fields.
fn line_of(target: &str, fields: &Value) -> Option<Value> {
    line(target, fields.as_object().cloned().unwrap_or_default(), 5).map(Value::Object)
}

#[test]
fn r16_a_refresh_is_counted_by_its_outcome_and_never_by_its_connection() {
    let fields = json!({ "connection": "default/acme", "platform": "quickbooks", "outcome": "refreshed", "milliseconds": 12, "message": "refresh" });
    assert_eq!(
        line_of(REFRESH, &fields).expect("a refresh is measured"),
        json!({
            "_aws": { "Timestamp": 5, "CloudWatchMetrics": [{
                "Namespace": "Counterfoil",
                "Dimensions": [["outcome"], ["platform", "outcome"]],
                "Metrics": [{ "Name": "Refreshes", "Unit": "Count" }, { "Name": "milliseconds", "Unit": "Milliseconds" }],
            }] },
            "Refreshes": 1, "connection": "default/acme", "platform": "quickbooks", "outcome": "refreshed", "milliseconds": 12,
        })
    );
}

#[test]
fn a_consent_is_counted_by_its_outcome_and_a_fault_by_its_kind() {
    let failed = json!({ "outcome": "failed", "platform": "xero", "reason": "client_refused" });
    let consent = line_of(CONSENT, &failed).expect("a line");
    assert_eq!(consent["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([["outcome"]]));
    assert_eq!((&consent["Consents"], &consent["reason"]), (&json!(1), &json!("client_refused")));
    let fault = line_of("anywhere", &json!({ "fault": "internal", "code": "internal_error" })).expect("a line");
    assert_eq!(fault["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([["fault"]]));
    assert_eq!(fault["Faults"], json!(1));
    assert_eq!(line_of("anywhere", &json!({ "code": "platform_unavailable" })), None, "no fault");
}

#[test]
fn only_a_first_attempt_to_deliver_measures_the_delay() {
    let fields =
        json!({ "outcome": "delivered", "delay_milliseconds": 420, "milliseconds": 80, "attempt": 1, "delivery": "dlv_1" });
    let first = line_of(DELIVERY, &fields).expect("a line");
    let names = |line: &Value| -> Vec<Value> {
        let directives = line["_aws"]["CloudWatchMetrics"].as_array().cloned().unwrap_or_default();
        directives.iter().map(|directive| json!([directive["Dimensions"], directive["Metrics"][0]["Name"]])).collect()
    };
    assert_eq!(names(&first), [json!([[["outcome"]], "DeliveryAttempts"]), json!([[[]], "DeliveryDelay"])]);
    assert_eq!((&first["DeliveryDelay"], &first["delivery"]), (&json!(420), &json!("dlv_1")));
    let later = line_of(DELIVERY, &json!({ "outcome": "pending", "milliseconds": 80, "attempt": 2 })).expect("a line");
    assert_eq!(names(&later), [json!([[["outcome"]], "DeliveryAttempts"])]);
}

#[test]
fn a_warning_of_a_wrong_clock_is_counted() {
    let line = line_of(CLOCK, &json!({ "milliseconds": -5_200 })).expect("a line");
    assert_eq!((&line["ClockWarnings"], &line["milliseconds"]), (&json!(1), &json!(-5_200)));
    assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([[]]));
}

#[test]
fn a_metric_is_found_by_its_name_and_its_dimensions_together() {
    assert!(is_emitted("Faults", &["fault"]) && is_emitted("Refreshes", &["outcome"]) && is_emitted("Due", &[]));
    assert!(!is_emitted("Faults", &[]) && !is_emitted("Refreshes", &["platform"]) && !is_emitted("Done", &[]));
}

#[test]
fn r12_a_run_reports_the_age_of_the_oldest_overdue_row() {
    let line = line_of(RUN, &json!({ "due": 3, "left": 1, "oldest_overdue_seconds": 61, "unread_shards": 0 })).expect("a line");
    assert_eq!((&line["OldestOverdueSeconds"], &line["Due"], &line["Left"]), (&json!(61), &json!(3), &json!(1)));
    assert_eq!(
        line["_aws"]["CloudWatchMetrics"].as_array().map(Vec::len),
        Some(1),
        "one directive, as all have the same dimensions"
    );
}
