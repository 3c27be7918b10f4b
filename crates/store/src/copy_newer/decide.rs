//! Decides whether to copy an item, by its kind and its state in both tables.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use super::kind::{Kind, Mark, PURGES};
use crate::purges::restarted;
use crate::row::Item;
use crate::table::TTL;

/// Attributes of any kind of item that only rise.
const RISING: [&str; 4] = ["used", "count", "version", "last_used_at"];

#[derive(Debug, PartialEq)]
pub(super) enum Decision {
    Same,
    Keep,
    Put(Item),
}

pub(super) fn decide(kind: Kind, item: &Item, there: Option<&Item>, now: Timestamp) -> Decision {
    if kind == PURGES {
        return decide_on_purge(item, there, now);
    }
    let Some(there) = there else {
        let is_over = item.get(TTL).and_then(as_number).is_some_and(|ttl| ttl < i128::from(now.as_second()));
        return if is_over { Decision::Same } else { Decision::Put(item.clone()) };
    };
    if item == there {
        return Decision::Same;
    }
    let place = |item: &Item| kind.order.iter().map(|mark| mark.of(item)).collect::<Vec<_>>();
    if place(item) < place(there) {
        return Decision::Keep;
    }
    let mut newer = item.clone();
    if let Some((name, value)) = kind.lasting.and_then(|name| there.get_key_value(name)) {
        newer.entry(name.clone()).or_insert_with(|| value.clone());
    }
    for (name, value) in there {
        let rises = kind.is_count || RISING.contains(&name.as_str());
        if rises && as_number(value) > newer.get(name).and_then(as_number) {
            newer.insert(name.clone(), value.clone());
        }
    }
    if newer == *there { Decision::Same } else { Decision::Put(newer) }
}

/// The restored table has what the purge has removed since: it begins anew there.
fn decide_on_purge(item: &Item, there: Option<&Item>, now: Timestamp) -> Decision {
    let epoch = |item: &Item| item.get("epoch").and_then(as_number);
    match there {
        Some(there) if epoch(there) >= epoch(item) => Decision::Keep,
        _ => Decision::Put(restarted(item, now)),
    }
}

impl Mark {
    /// A later state has a higher value.
    fn of(self, item: &Item) -> Option<i128> {
        match self {
            Self::Number(name) => item.get(name).and_then(as_number),
            Self::With(name) => Some(item.contains_key(name).into()),
            Self::Without(name) => Some((!item.contains_key(name)).into()),
        }
    }
}

/// A number, or the length of a list.
fn as_number(value: &AttributeValue) -> Option<i128> {
    match value {
        AttributeValue::N(number) => number.parse().ok(),
        AttributeValue::L(list) => i128::try_from(list.len()).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::copy_newer::kind::CONNECTIONS;
    use crate::key::Key;
    use crate::table::DUE_AT;

    fn item(attributes: &[(&str, i64)]) -> Item {
        attributes.iter().map(|(name, value)| ((*name).to_owned(), AttributeValue::N(value.to_string()))).collect()
    }

    fn kind(pk: &str, sk: &str) -> Kind {
        Kind::of(&Key { pk: pk.to_owned(), sk: sk.to_owned() })
    }

    fn decided(kind: Kind, from: &[(&str, i64)], to: &[(&str, i64)]) -> Decision {
        decide(kind, &item(from), Some(&item(to)), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_connection_is_replaced_by_a_higher_epoch_or_a_later_change_of_the_same() {
        let newer = Decision::Put(item(&[("epoch", 2), ("updated_at", 5)]));
        assert_eq!(decided(CONNECTIONS, &[("epoch", 2), ("updated_at", 5)], &[("epoch", 1), ("updated_at", 9)]), newer);
        assert_eq!(decided(CONNECTIONS, &[("epoch", 2), ("updated_at", 5)], &[("epoch", 2), ("updated_at", 4)]), newer);
        assert_eq!(decided(CONNECTIONS, &[("epoch", 1), ("updated_at", 9)], &[("epoch", 2), ("updated_at", 5)]), Decision::Keep);
        assert_eq!(decided(CONNECTIONS, &[("epoch", 2), ("updated_at", 4)], &[("epoch", 2), ("updated_at", 5)]), Decision::Keep);
        assert_eq!(decided(CONNECTIONS, &[("updated_at", 9)], &[("epoch", 2), ("updated_at", 5)]), Decision::Keep, "damaged");
    }

    #[test]
    fn a_key_or_link_revoked_in_either_table_stays_revoked() {
        let revoked = Decision::Put(item(&[("last_used_at", 2), ("revoked_at", 7)]));
        assert_eq!(
            decided(kind("PARTNER#default", "KEY#1"), &[("last_used_at", 2), ("revoked_at", 7)], &[("last_used_at", 1)]),
            revoked
        );
        assert_eq!(
            decided(kind("PARTNER#default", "KEY#1"), &[("last_used_at", 2)], &[("last_used_at", 1), ("revoked_at", 7)]),
            revoked
        );
        assert_eq!(decided(kind("CODE#1", "CODE"), &[("at", 1)], &[("at", 1), ("consumed_by", 7)]), Decision::Same);
    }

    #[test]
    fn the_uses_of_a_link_never_decrease() {
        let revoked = Decision::Put(item(&[("used", 2), ("revoked_at", 7)]));
        assert_eq!(decided(kind("PARTNER#default", "LINK#1"), &[("used", 1), ("revoked_at", 7)], &[("used", 2)]), revoked);
        assert_eq!(decided(kind("PARTNER#default", "LINK#1"), &[("used", 1)], &[("used", 2)]), Decision::Same);
        assert_eq!(decided(kind("PARTNER#default", "LINK#1"), &[], &[("used", 2)]), Decision::Same, "of an earlier version");
        assert_eq!(
            decided(kind("PARTNER#default", "LINK#1"), &[("used", 3)], &[("used", 2)]),
            Decision::Put(item(&[("used", 3)]))
        );
    }

    #[test]
    fn no_older_state_replaces_a_newer_one() {
        for (pk, sk, attribute) in [
            ("CONN#default#acme", "LEASE", "started_at"),
            ("CONN#default#acme", "CONSENT#1", "tries"),
            ("CONN#default#acme", "ASKED", "asked_at"),
            ("RECORD#default#chk_1", "RECORD", "updated_at"),
            ("SYNCS#default#acme", "STATE", "version"),
            ("SYNC#default#sync_1", "RUN", "pages"),
            ("REQUEST#default#1", "REQUEST", "started_at"),
            ("WEBHOOKS#default", "ENDPOINTS", "version"),
            ("WEBHOOKS#default", "ENDPOINT#we_1", "rotated_at"),
        ] {
            let kind = kind(pk, sk);
            assert_eq!(decided(kind, &[(attribute, 4)], &[(attribute, 5)]), Decision::Keep, "{kind:?}");
            assert_eq!(decided(kind, &[], &[(attribute, 5)]), Decision::Keep, "{kind:?}, damaged or of an earlier version");
            let newer = Decision::Put(item(&[(attribute, 5)]));
            assert_eq!(decided(kind, &[(attribute, 5)], &[(attribute, 4)]), newer, "{kind:?}");
        }
    }

    #[test]
    fn a_delivery_that_has_ended_is_not_pending_again_and_loses_no_attempt() {
        let deliveries = kind("DELIVERIES#default#we_1", "evt_1");
        assert_eq!(decided(deliveries, &[(DUE_AT, 4)], &[]), Decision::Keep);
        assert_eq!(decided(deliveries, &[], &[(DUE_AT, 4)]), Decision::Put(item(&[])));
        let attempts = |number| {
            let list = AttributeValue::L(vec![AttributeValue::Null(true); number]);
            Item::from([("attempts".to_owned(), list), (DUE_AT.to_owned(), AttributeValue::N("4".to_owned()))])
        };
        let now = Timestamp::UNIX_EPOCH;
        assert_eq!(decide(deliveries, &attempts(1), Some(&attempts(2)), now), Decision::Keep);
        assert_eq!(decide(deliveries, &attempts(2), Some(&attempts(1)), now), Decision::Put(attempts(2)));
    }

    #[test]
    fn no_count_is_lowered() {
        for (pk, sk) in [
            ("COUNTS#default#00", "2026-01-01"),
            ("REFUSED#default#2026-01-01", "start#rate"),
            ("STARTS#default#1", "STARTS"),
            ("LIMIT#APP#xero#1", "MINUTE#1"),
            ("TALLY#default#COMPANY#1", "TALLY"),
        ] {
            let most = Decision::Put(item(&[("one", 5), ("other", 7)]));
            assert_eq!(decided(kind(pk, sk), &[("one", 4), ("other", 7)], &[("one", 5), ("other", 6)]), most, "{pk}");
        }
    }

    #[test]
    fn a_probe_that_is_due_is_made() {
        let probes = kind("CONN#default#acme", "PROBE");
        assert_eq!(decided(probes, &[("probed_at", 9)], &[(DUE_AT, 4)]), Decision::Keep);
        assert_eq!(decided(probes, &[(DUE_AT, 4)], &[("probed_at", 9)]), Decision::Put(item(&[(DUE_AT, 4)])));
    }

    #[test]
    fn a_purge_since_the_restored_time_restarts() {
        let complete = item(&[("epoch", 3), ("removed", 9), ("completed_at", 5)]);
        let Decision::Put(anew) = decide(PURGES, &complete, None, Timestamp::UNIX_EPOCH) else { panic!("it is copied") };
        assert_eq!(
            [&anew["epoch"], &anew["removed"], &anew["due_at"]],
            ["3", "0", "0"].map(|n| AttributeValue::N(n.to_owned())).each_ref()
        );
        assert!(!anew.contains_key("completed_at"));
        assert_eq!(decide(PURGES, &complete, Some(&anew), Timestamp::UNIX_EPOCH), Decision::Keep, "once");
        let before = item(&[("epoch", 1)]);
        assert_eq!(decide(PURGES, &complete, Some(&before), Timestamp::UNIX_EPOCH), Decision::Put(anew));
    }

    #[test]
    fn a_missing_item_is_copied_unless_it_has_expired() {
        let now = Timestamp::from_second(100).expect("in range");
        let passing = |ttl| decide(kind("PARTNER#default", "AUDIT#1"), &item(&[(TTL, ttl)]), None, now);
        assert_eq!(passing(99), Decision::Same);
        assert_eq!(passing(100), Decision::Put(item(&[(TTL, 100)])));
        assert_eq!(
            decide(kind("LATER", "LATER"), &item(&[("any", 1)]), None, now),
            Decision::Put(item(&[("any", 1)])),
            "a kind of a later version"
        );
    }
}
