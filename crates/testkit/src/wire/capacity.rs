//! The consumed capacity of a request, which the endpoint computes: requested in the request, read from the answer.

use hyper::body::Bytes;
use serde_json::{Map, Value};

/// The body with a request for the consumed capacity. A body that is not JSON is unchanged.
pub(super) fn ask(body: &Bytes) -> Bytes {
    let Ok(mut request) = serde_json::from_slice::<Map<String, Value>>(body) else { return body.clone() };
    request.insert("ReturnConsumedCapacity".to_owned(), "TOTAL".into());
    serde_json::to_vec(&request).map_or_else(|_| body.clone(), Bytes::from)
}

/// The capacity units, including those of indexes; 0 if the answer does not have them.
pub(super) fn read(answer: &Bytes) -> f64 {
    let Ok(answer) = serde_json::from_slice::<Value>(answer) else { return 0.0 };
    let units = |consumed: &Value| consumed["CapacityUnits"].as_f64().unwrap_or(0.0);
    match &answer["ConsumedCapacity"] {
        Value::Array(each) => each.iter().map(units).sum(),
        consumed => units(consumed),
    }
}
