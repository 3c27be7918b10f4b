//! Decides whether to copy an item, by its kind and its state in both tables.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use crate::key::{API_KEY, Key, LINK, REVOCATION};
use crate::purges::restarted;
use crate::row::Item;
use crate::table::TTL;

/// The kind of an item, by its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Connection,
    Lease,
    Handle,
    Revocation,
    Audit,
    Event,
    Company,
    Flow,
    Code,
    Partner,
    ApiKey,
    Link,
    Record,
    /// The state that a connection's imports share.
    Imports,
    Run,
    Purge,
    Other,
}

impl Kind {
    pub(super) fn of(key: &Key) -> Self {
        match (key.pk.split('#').next().unwrap_or_default(), key.sk.as_str()) {
            ("CONN", "STATE") => Self::Connection,
            ("CONN", "LEASE") => Self::Lease,
            ("CONN", "HANDLE") => Self::Handle,
            ("CONN", "PURGE") => Self::Purge,
            (_, sk) if sk.starts_with(REVOCATION) => Self::Revocation,
            (_, sk) if sk.starts_with("AUDIT#") => Self::Audit,
            ("EVENTS", _) => Self::Event,
            ("COMPANY", _) => Self::Company,
            ("FLOW", "FLOW") => Self::Flow,
            ("CODE", _) => Self::Code,
            ("PARTNER", "PARTNER") => Self::Partner,
            ("PARTNER", sk) if sk.starts_with(API_KEY) => Self::ApiKey,
            ("PARTNER", sk) if sk.starts_with(LINK) => Self::Link,
            ("RECORD", _) => Self::Record,
            ("SYNCS", _) => Self::Imports,
            ("SYNC", "RUN") => Self::Run,
            _ => Self::Other,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Connection => "connections",
            Self::Lease => "leases",
            Self::Handle => "handles",
            Self::Revocation => "revocations",
            Self::Audit => "audit rows",
            Self::Event => "events",
            Self::Company => "company entries",
            Self::Flow => "flows",
            Self::Code => "codes",
            Self::Partner => "partners",
            Self::ApiKey => "API keys",
            Self::Link => "connect links",
            Self::Record => "records",
            Self::Imports => "states of imports",
            Self::Run => "runs of imports",
            Self::Purge => "purges",
            Self::Other => "other items",
        }
    }

    /// The attributes that order two states of an item, the most important first. Without any, the restored item is the older one.
    const fn order(self) -> &'static [&'static str] {
        match self {
            // Marking a grant dead and recording a failure do not change the epoch.
            Self::Connection => &["epoch", "updated_at"],
            Self::Lease => &["started_at"],
            Self::Revocation => &["tries"],
            Self::Record => &["updated_at"],
            // It rises with each lease too: a process with an older lease can write nothing.
            Self::Imports => &["version"],
            Self::Run => &["pages"],
            _ => &[],
        }
    }

    /// The attributes that are never removed from an item once it has them.
    const fn lasting(self) -> &'static [&'static str] {
        match self {
            Self::ApiKey | Self::Link => &["revoked_at"],
            Self::Code => &["consumed_by"],
            _ => &[],
        }
    }
}

/// Attributes of any kind of item that only rise: the uses of a link, a count, the version of a count.
const RISING: [&str; 3] = ["used", "count", "version"];

#[derive(Debug, PartialEq)]
pub(super) enum Decision {
    Same,
    Keep,
    Put(Item),
}

pub(super) fn decide(kind: Kind, item: &Item, there: Option<&Item>, now: Timestamp) -> Decision {
    if kind == Kind::Purge {
        return decide_on_purge(item, there, now);
    }
    let Some(there) = there else {
        let is_over = item.get(TTL).and_then(as_number).is_some_and(|ttl| ttl < i128::from(now.as_second()));
        return if is_over { Decision::Same } else { Decision::Put(item.clone()) };
    };
    if item == there {
        return Decision::Same;
    }
    let went_on_there = kind == Kind::Flow && there.contains_key("consumed_at") && !item.contains_key("consumed_at");
    let position = |item: &Item| kind.order().iter().map(|name| item.get(*name).and_then(as_number)).collect::<Vec<_>>();
    // An item without the attributes that order it is damaged, and replaces no other.
    if went_on_there || position(item).contains(&None) || position(item) < position(there) {
        return Decision::Keep;
    }
    let mut newer = item.clone();
    for name in kind.lasting() {
        if let (false, Some(value)) = (newer.contains_key(*name), there.get(*name)) {
            newer.insert((*name).to_owned(), value.clone());
        }
    }
    for name in RISING {
        if let Some(value) = there.get(name).filter(|value| as_number(value) > newer.get(name).and_then(as_number)) {
            newer.insert(name.to_owned(), value.clone());
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

fn as_number(value: &AttributeValue) -> Option<i128> {
    value.as_n().ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(attributes: &[(&str, i64)]) -> Item {
        attributes.iter().map(|(name, value)| ((*name).to_owned(), AttributeValue::N(value.to_string()))).collect()
    }

    fn decided(kind: Kind, from: &[(&str, i64)], to: &[(&str, i64)]) -> Decision {
        decide(kind, &item(from), Some(&item(to)), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_connection_is_replaced_by_a_higher_epoch_or_a_later_change_of_the_same() {
        let newer = Decision::Put(item(&[("epoch", 2), ("updated_at", 5)]));
        assert_eq!(decided(Kind::Connection, &[("epoch", 2), ("updated_at", 5)], &[("epoch", 1), ("updated_at", 9)]), newer);
        assert_eq!(decided(Kind::Connection, &[("epoch", 2), ("updated_at", 5)], &[("epoch", 2), ("updated_at", 4)]), newer);
        assert_eq!(
            decided(Kind::Connection, &[("epoch", 1), ("updated_at", 9)], &[("epoch", 2), ("updated_at", 5)]),
            Decision::Keep
        );
        assert_eq!(
            decided(Kind::Connection, &[("epoch", 2), ("updated_at", 4)], &[("epoch", 2), ("updated_at", 5)]),
            Decision::Keep
        );
        assert_eq!(
            decided(Kind::Connection, &[("updated_at", 9)], &[("epoch", 2), ("updated_at", 5)]),
            Decision::Keep,
            "damaged"
        );
    }

    #[test]
    fn a_key_or_link_revoked_in_either_table_stays_revoked() {
        let revoked = Decision::Put(item(&[("last_used_at", 2), ("revoked_at", 7)]));
        assert_eq!(decided(Kind::ApiKey, &[("last_used_at", 2), ("revoked_at", 7)], &[("last_used_at", 1)]), revoked);
        assert_eq!(decided(Kind::ApiKey, &[("last_used_at", 2)], &[("last_used_at", 1), ("revoked_at", 7)]), revoked);
        assert_eq!(decided(Kind::Code, &[("at", 1)], &[("at", 1), ("consumed_by", 7)]), Decision::Same);
    }

    #[test]
    fn the_uses_of_a_link_never_decrease() {
        let revoked = Decision::Put(item(&[("used", 2), ("revoked_at", 7)]));
        assert_eq!(decided(Kind::Link, &[("used", 1), ("revoked_at", 7)], &[("used", 2)]), revoked);
        assert_eq!(decided(Kind::Link, &[("used", 1)], &[("used", 2)]), Decision::Same);
        assert_eq!(decided(Kind::Link, &[], &[("used", 2)]), Decision::Same, "of an earlier version");
        assert_eq!(decided(Kind::Link, &[("used", 3)], &[("used", 2)]), Decision::Put(item(&[("used", 3)])));
    }

    #[test]
    fn no_older_record_and_no_older_lease_of_imports_replaces_a_newer_one() {
        for (kind, attribute) in [(Kind::Record, "updated_at"), (Kind::Imports, "version"), (Kind::Run, "pages")] {
            assert_eq!(decided(kind, &[(attribute, 4)], &[(attribute, 5)]), Decision::Keep);
            assert_eq!(decided(kind, &[(attribute, 5)], &[(attribute, 4)]), Decision::Put(item(&[(attribute, 5)])));
        }
        let key = |pk: &str, sk: &str| Key { pk: pk.to_owned(), sk: sk.to_owned() };
        assert_eq!(Kind::of(&key("RECORD#default#chk_1", "RECORD")), Kind::Record);
        assert_eq!(Kind::of(&key("SYNCS#default#acme", "STATE")), Kind::Imports);
        assert_eq!(Kind::of(&key("SYNC#default#sync_1", "RUN")), Kind::Run);
    }

    #[test]
    fn a_purge_since_the_restored_time_begins_anew() {
        let complete = item(&[("epoch", 3), ("removed", 9), ("completed_at", 5)]);
        let Decision::Put(anew) = decide(Kind::Purge, &complete, None, Timestamp::UNIX_EPOCH) else { panic!("it is copied") };
        assert_eq!(
            [&anew["epoch"], &anew["removed"], &anew["due_at"]],
            ["3", "0", "0"].map(|n| AttributeValue::N(n.to_owned())).each_ref()
        );
        assert!(!anew.contains_key("completed_at"));
        assert_eq!(decide(Kind::Purge, &complete, Some(&anew), Timestamp::UNIX_EPOCH), Decision::Keep, "once");
        let before = item(&[("epoch", 1)]);
        assert_eq!(decide(Kind::Purge, &complete, Some(&before), Timestamp::UNIX_EPOCH), Decision::Put(anew));
    }

    #[test]
    fn a_missing_item_is_copied_unless_it_has_expired() {
        let now = Timestamp::from_second(100).expect("in range");
        let passing = |ttl| decide(Kind::Audit, &item(&[(TTL, ttl)]), None, now);
        assert_eq!(passing(99), Decision::Same);
        assert_eq!(passing(100), Decision::Put(item(&[(TTL, 100)])));
        assert_eq!(
            decide(Kind::Other, &item(&[("any", 1)]), None, now),
            Decision::Put(item(&[("any", 1)])),
            "a kind of a later version"
        );
    }
}
