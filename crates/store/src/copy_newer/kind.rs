//! The kinds of the table's items, and how two states of an item of a kind are ordered.

use crate::key::{
    ANSWER, API_KEY, AUDIT, AUTH_SESSION, CONNECTION, CONSENT, DELIVERIES, DESKTOP, ENDPOINT, FLOW, HEALTH, HINTS, JOB,
};
use crate::key::{JOB_END, Key, LINK, REQUEST, REVOCATION, SLOT, STATES, SYNC_PART, SYNCS, WEBHOOKS};
use crate::table::DUE_AT;

/// A kind of item, by the prefixes of its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) name: &'static str,
    pk: &'static str,
    sk: &'static str,
    /// What orders two states of an item, the most important first. Without any, the restored item is the older one.
    pub(super) order: &'static [Mark],
    /// The attribute that is never removed from an item once it has it.
    pub(super) lasting: Option<&'static str>,
    /// Whether every number of an item only rises.
    pub(super) is_count: bool,
}

/// A part of the place of a state among the states of its item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// A number, or the length of a list. A state without it is the older one.
    Number(&'static str),
    /// The state with this attribute is the newer one.
    With(&'static str),
    /// The state without this attribute is the newer one.
    Without(&'static str),
}

use Mark::{Number, With, Without};

pub(super) const CONNECTIONS: Kind =
    // Marking a grant dead and recording a failure do not change the epoch.
    kind("connections", CONNECTION, "STATE").by(&[Number("epoch"), Number("updated_at")]);
pub(super) const AUDITS: Kind = kind("audit rows", CONNECTION, AUDIT);
pub(super) const PURGES: Kind = kind("purges", CONNECTION, "PURGE");

/// All kinds. The first one that fits is the kind of an item.
const KINDS: [Kind; 50] = [
    CONNECTIONS,
    PURGES,
    kind("leases", CONNECTION, "LEASE").by(&[Number("started_at")]),
    // One that is due is made once more, which is harmless. One that has ended is not made again.
    kind("probes", CONNECTION, "PROBE").by(&[With(DUE_AT)]),
    kind("answers of readiness checks", CONNECTION, "ASKED").by(&[Number("asked_at")]),
    kind("handles", CONNECTION, "HANDLE"),
    kind("revocations", CONNECTION, REVOCATION).by(&[Number("tries")]),
    kind("grants that wait for an exchange", CONNECTION, CONSENT).by(&[Number("tries")]),
    kind("kept answers", CONNECTION, ANSWER),
    kind("kept answers", FLOW, ANSWER),
    AUDITS,
    kind("audit rows", "PARTNER#", AUDIT),
    kind("imported refresh tokens", "TRANSFER#", "TRANSFER").by(&[Number("at")]),
    kind("events", "EVENTS#", ""),
    // Written in their minute only, which is over before a restore is.
    kind("hints", HINTS, ""),
    kind("company entries", "COMPANY#", ""),
    kind("flows", FLOW, "FLOW").by(&[With("consumed_at")]),
    kind("codes", "CODE#", "CODE").lasting("consumed_by"),
    kind("partners", "PARTNER#", "PARTNER"),
    kind("API keys", "PARTNER#", API_KEY).lasting("revoked_at"),
    kind("connect links", "PARTNER#", LINK).lasting("revoked_at"),
    kind("counts of a day", "COUNTS#", "").counting(),
    kind("counts of refusals", "REFUSED#", "").counting(),
    kind("counts of starts", "STARTS#", "STARTS").counting(),
    kind("counts of requests to platforms", "LIMIT#", "").counting(),
    kind("tallies", "TALLY#", "TALLY").counting(),
    kind("figures", HEALTH, SLOT).counting(),
    // They rise and fall, with the standings.
    kind("numbers of connections", HEALTH, STATES),
    kind("standings", HEALTH, "STANDING").by(&[Number("version")]),
    kind("requests with an Idempotency-Key", REQUEST, "REQUEST").by(&[Number("started_at")]),
    kind("records", "RECORD#", "RECORD").by(&[Number("updated_at")]),
    kind("blocks of changes", "CHANGES#", ""),
    // It rises with each lease too: a process with an older lease can write nothing.
    kind("states of imports", SYNCS, "STATE").by(&[Number("version")]),
    kind("runs of imports", "SYNC#", "RUN").by(&[Number("pages")]),
    // A purge lowers the count. The restored table has the runs again, and there the purge begins anew.
    kind("groups of runs", "SYNC#", "GROUP"),
    kind("parts of runs", "SYNC#", SYNC_PART),
    kind("parts of runs", "SYNC#", "PAGE#"),
    kind("parts of runs", "SYNC#", "TOTALS#"),
    kind("lists of webhook endpoints", WEBHOOKS, "ENDPOINTS").by(&[Number("version")]),
    kind("webhook endpoints", WEBHOOKS, ENDPOINT).by(&[Number("rotated_at")]),
    kind("sweeps", "SWEEP", "SWEEP"),
    // A sweep that begins at an earlier event makes no delivery twice.
    kind("sweeps", WEBHOOKS, "SWEEP"),
    kind("deliveries", DELIVERIES, "").by(&[Without(DUE_AT), Number("attempts")]),
    kind("aliases of API keys", "KEY_ALIAS#", "ALIAS").by(&[Number("created_at"), With("removed_at")]),
    kind("end users", DESKTOP, "END_USER"),
    kind("source ids of end users", "END_USER_SOURCE#", "SOURCE"),
    // A new password or another `.qwc` file has no number; the Web Connector polls each minute.
    kind("connections of end users", DESKTOP, "CONNECTION").by(&[Number("last_polled_at")]),
    // Nobody waits for them any more.
    kind("jobs", DESKTOP, JOB).by(&[Number("tries")]),
    kind("ends of jobs", JOB_END, ""),
    kind("links of end users", AUTH_SESSION, "AUTH_SESSION").by(&[Number("password_shown_at")]),
];

const fn kind(name: &'static str, pk: &'static str, sk: &'static str) -> Kind {
    Kind { name, pk, sk, order: &[], lasting: None, is_count: false }
}

impl Kind {
    /// A kind of a later version.
    const OTHER: Self = kind("other items", "", "");

    const fn by(self, order: &'static [Mark]) -> Self {
        Self { order, ..self }
    }

    const fn lasting(self, name: &'static str) -> Self {
        Self { lasting: Some(name), ..self }
    }

    const fn counting(self) -> Self {
        Self { is_count: true, ..self }
    }

    pub(super) fn of(key: &Key) -> Self {
        KINDS.into_iter().find(|kind| key.pk.starts_with(kind.pk) && key.sk.starts_with(kind.sk)).unwrap_or(Self::OTHER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The texts in backticks of a cell, or keys of this kind that its words describe. `None`: those of the row above.
    fn keys(cell: &str) -> Option<Vec<&str>> {
        let quoted: Vec<_> = cell.split('`').skip(1).step_by(2).collect();
        let described = [("connection's", "CONN#default#acme"), ("flow's", "FLOW#1")];
        let described = described.into_iter().filter(|(word, _)| cell.contains(word)).map(|(_, key)| key);
        match cell {
            "the same" => None,
            _ => Some(quoted.into_iter().chain(described).collect()),
        }
    }

    /// The keys of the items in the table of `ARCHITECTURE.md`.
    fn documented() -> Vec<Key> {
        let document = include_str!("../../../../ARCHITECTURE.md");
        let rows = document.lines().skip_while(|line| !line.starts_with("| Item | PK | SK |")).skip(2);
        let (mut documented, mut above) = (Vec::new(), Vec::new());
        for row in rows.take_while(|line| line.starts_with('|')) {
            let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
            above = keys(cells[1]).unwrap_or(above);
            let sks = keys(cells[2]).filter(|keys| !keys.is_empty()).unwrap_or(vec!["any"]);
            // A row with several of both names them in the same order.
            let pairs: Vec<_> = if above.len() == sks.len() {
                above.iter().zip(&sks).collect()
            } else {
                above.iter().flat_map(|pk| sks.iter().map(move |sk| (pk, sk))).collect()
            };
            assert!(!pairs.is_empty(), "{row}");
            documented.extend(pairs.into_iter().map(|(pk, sk)| Key { pk: (*pk).to_owned(), sk: (*sk).to_owned() }));
        }
        documented
    }

    #[test]
    fn every_kind_of_item_that_is_documented_is_decided() {
        let documented = documented();
        assert!(documented.len() > 40, "{documented:?}");
        let undecided: Vec<_> = documented.iter().filter(|key| Kind::of(key) == Kind::OTHER).collect();
        assert!(undecided.is_empty(), "{undecided:?}");
        let unknown: Vec<_> = KINDS.iter().filter(|kind| !documented.iter().any(|key| Kind::of(key).name == kind.name)).collect();
        assert!(unknown.is_empty(), "ARCHITECTURE.md does not name {unknown:?}");
    }

    #[test]
    fn the_procedure_says_what_happens_to_each_kind() {
        let document = include_str!("../../../../docs/refresh.md");
        let table = document.split("What `copy-newer` does").nth(1).unwrap_or_default();
        let unsaid: Vec<_> = KINDS.iter().filter(|kind| !table.contains(kind.name)).map(|kind| kind.name).collect();
        assert!(unsaid.is_empty(), "docs/refresh.md does not say {unsaid:?}");
    }

    #[test]
    fn an_item_of_a_later_version_has_no_kind() {
        assert_eq!(Kind::of(&Key { pk: "CONN#default#acme".to_owned(), sk: "LATER".to_owned() }), Kind::OTHER);
    }
}
