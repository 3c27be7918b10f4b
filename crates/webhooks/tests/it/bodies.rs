//! The body of each kind of event.

use counterfoil_core::model::event::{EventKind, Payload};
use counterfoil_core::model::webhook::notification::Notification;
use counterfoil_webhooks::Data;
use serde_json::{Value, json};
use strum::VariantArray as _;

use crate::samples::{AT, connection, notifications};

fn data(notification: &Notification) -> Value {
    serde_json::to_value(Data::of(notification)).expect("JSON")
}

#[test]
fn w4_every_kind_of_event_has_its_body() {
    let all = notifications();
    assert!(EventKind::VARIANTS.iter().all(|kind| all.iter().any(|notification| notification.kind() == *kind)));
    let bodies: Vec<_> = all
        .iter()
        .map(|notification| {
            format!("{} {}", notification.kind().as_str(), serde_json::to_string_pretty(&Data::of(notification)).expect("JSON"))
        })
        .collect();
    insta::assert_snapshot!(bodies.join("\n"));
}

#[test]
fn w8_the_sequence_is_the_time_in_the_id_or_else_the_time_of_the_event() {
    let Notification::Connection(mut event) = connection(Payload::Connected) else { unreachable!("about a connection") };
    let mut sequence = |id: &str| {
        event.id = id.to_owned();
        data(&Notification::Connection(event.clone()))["sequence"].clone()
    };
    assert_eq!(sequence("evt_00000000000a0123456789abcdef0123"), json!(10));
    assert_eq!(sequence("evt_00000000000b"), json!(11));
    for other in ["", "evt_", "evt_0000", "evt_00000000000g", "evt_+00000000001", "evt_é0000000000", "msg_00000000000a"] {
        assert_eq!(sequence(other), json!(AT.as_millisecond()), "{other}");
    }
}
