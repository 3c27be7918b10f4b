//! A table of states and the check that each one changes.

mod state;

use std::collections::BTreeSet;
use std::time::Duration;

use self::state::{DAY, MINUTE, State, expired, now};
use super::check::{Advice, CheckResult};
use super::{Client, decide};
use crate::model::connection::DeathCause;
use crate::model::failure_code::FailureCode;
use crate::model::grant::StoredGrant;
use crate::model::probe::AccessAnswer;
use crate::model::sync::settings::Schedule;
use crate::model::sync::{SyncFailure, SyncId, SyncKind};
use crate::model::time::{earlier, later};
use crate::model::webhook::endpoint::{DisabledReason, EndpointStatus};
use crate::port::store::syncs::{Baseline, SyncState};
use crate::{Error, Misconfiguration};

use CheckResult::{Fail, NotUsed, Pass, Warn};

type Row = (&'static str, State, &'static str, CheckResult, Option<Advice>);

fn of_the_installation() -> Vec<Row> {
    let missing = || Err(Error::Misconfigured { what: Misconfiguration::CredentialsMissing, message: "Missing.".to_owned() });
    let no_base_url =
        || Err(Error::Misconfigured { what: Misconfiguration::PublicBaseUrlMissing, message: "Missing.".to_owned() });
    let busy = || Err(Error::TryLater { code: "busy", message: "Busy.".to_owned(), retry_after: MINUTE });
    let (oauth, callback) = ("oauth_configuration", "callback_redirect");
    vec![
        ("a connection that works", State::new(), oauth, Pass, None),
        ("no credentials", State { client: missing(), ..State::new() }, oauth, Fail, Some(Advice::EnterCredentials)),
        ("no answer", State { client: busy(), ..State::new() }, oauth, Warn, Some(Advice::AskAgain)),
        ("a wrong secret", State::new().failing(FailureCode::ClientRefused), oauth, Fail, Some(Advice::EnterCredentials)),
        ("a connection that works", State::new(), callback, Pass, None),
        ("no OAuth", State::desktop(None), oauth, NotUsed, None),
        ("no OAuth", State::desktop(None), callback, NotUsed, None),
        ("no base URL", State { redirect_uri: no_base_url(), ..State::new() }, callback, Fail, Some(Advice::SetRedirectUri)),
    ]
}

fn of_the_tokens() -> Vec<Row> {
    let bare = |grant: &mut StoredGrant| grant.refresh_token = None;
    let (access, refresh) = ("access_token", "refresh_token");
    let ending = |time: Duration| State::new().with_grant(|grant| grant.refresh_token_expires_at = Some(later(now(), time)));
    let hard = |time: Duration| State::new().with_grant(|grant| grant.hard_expires_at = Some(later(now(), time)));
    let expired_and = |change: fn(&mut StoredGrant)| {
        State::new().with_grant(|grant| {
            expired(grant);
            change(grant);
        })
    };
    let bare_and_unneeded = State { client: Ok(Client { needs_refresh_token: false }), ..State::new().with_grant(bare) };
    vec![
        ("valid", State::new(), access, Pass, None),
        ("valid, and refreshes fail", State::new().failing(FailureCode::PlatformFault), access, Pass, None),
        ("expired, and refreshable", expired_and(|_| {}), access, Pass, None),
        ("expired, and due", expired_and(|_| {}).due(now()), access, Warn, Some(Advice::Refresh)),
        ("refreshes fail", expired_and(|_| {}).failing(FailureCode::PlatformFault), access, Warn, Some(Advice::Refresh)),
        ("expired without a refresh token", expired_and(|grant| grant.refresh_token = None), access, Fail, Some(Advice::Consent)),
        ("both ended", expired_and(|grant| grant.hard_expires_at = Some(now())), access, Fail, Some(Advice::Consent)),
        ("revoked", State::new().dead(DeathCause::Revoked), access, Fail, Some(Advice::Consent)),
        ("not confirmed", State::new().dead(DeathCause::NotConfirmed), access, Fail, Some(Advice::TransferAgain)),
        ("disconnected", State::new().disconnected(), access, Fail, Some(Advice::Consent)),
        ("no tokens", State::desktop(None), access, NotUsed, None),
        ("no tokens", State::desktop(None), refresh, NotUsed, None),
        ("a hundred days", State::new(), refresh, Pass, None),
        ("just more than 30 days", ending(DAY * 30 + MINUTE), refresh, Pass, None),
        ("30 days", ending(DAY * 30), refresh, Warn, Some(Advice::Refresh)),
        ("30 days to the hard end", hard(DAY * 30), refresh, Warn, Some(Advice::Consent)),
        ("the last refresh failed", State::new().failing(FailureCode::PlatformFault), refresh, Warn, Some(Advice::Refresh)),
        ("ended", ending(Duration::ZERO), refresh, Fail, Some(Advice::Consent)),
        ("none, and needed", State::new().with_grant(bare), refresh, Fail, Some(Advice::Consent)),
        ("none, and not needed", bare_and_unneeded, refresh, NotUsed, None),
        ("lost", State::new().dead(DeathCause::RotationLost), refresh, Fail, Some(Advice::Consent)),
        ("withdrawn", State::new().dead(DeathCause::AccessWithdrawn), refresh, Pass, None),
        ("disconnected", State::new().disconnected(), refresh, Fail, Some(Advice::Consent)),
    ]
}

fn of_the_company() -> Vec<Row> {
    let mut claimed = State::new();
    claimed.connection.company.api_base_url.clear();
    let answered = |answer| State::new().answered(answer);
    let company = "company";
    vec![
        ("confirmed", State::new(), company, Pass, None),
        ("asked", answered(AccessAnswer::Given), company, Pass, None),
        ("403", answered(AccessAnswer::Forbidden), company, Warn, Some(Advice::AskAgain)),
        ("no answer", answered(AccessAnswer::Unclear), company, Warn, Some(Advice::AskAgain)),
        ("refused", answered(AccessAnswer::Withdrawn), company, Fail, Some(Advice::Disconnect)),
        ("withdrawn", State::new().dead(DeathCause::AccessWithdrawn), company, Fail, Some(Advice::Disconnect)),
        ("ended while asked", answered(AccessAnswer::Unclear).dead(DeathCause::Revoked), company, Pass, None),
        ("claimed", claimed, company, Fail, Some(Advice::TransferAgain)),
        ("disconnected", State::new().disconnected(), company, Fail, Some(Advice::Consent)),
        ("a Web Connector", State::desktop(Some(now())), company, Pass, None),
        (
            "a Web Connector without Auto-Run",
            State::desktop(Some(earlier(now(), DAY))),
            company,
            Warn,
            Some(Advice::OpenWebConnector),
        ),
        ("a Web Connector that never ran", State::desktop(None), company, Warn, Some(Advice::OpenWebConnector)),
    ]
}

fn of_the_imports() -> Vec<Row> {
    let due = |late: Duration| State::new().syncs(|state| state.due_at = Some(earlier(now(), late)));
    let ran_before = |state: &mut SyncState| state.baselines[0] = Baseline { full_at: Some(now()), ..Baseline::default() };
    let kind = SyncKind::ImportInvoices;
    let again = Some(Advice::Import(kind));
    let mut consented = State::new().failed(SyncFailure::ReauthorizationRequired);
    consented.connection.consented_at = now();
    let both = State::new().failed(SyncFailure::DailyLimit).last(SyncKind::Sync, Some(SyncFailure::AccessDenied), false);
    let check = "sync";
    vec![
        ("never", State::new(), check, NotUsed, None),
        ("scheduled", State::new().syncs(|state| state.settings.schedule = Schedule::Hourly), check, Pass, None),
        ("an earlier version ran", State::new().syncs(ran_before), check, Pass, None),
        (
            "under way",
            State::new().syncs(|state| state.active = Some((kind, SyncId::new("sync_1".to_owned())))),
            check,
            Pass,
            None,
        ),
        ("completed", State::new().last(kind, None, false), check, Pass, None),
        ("mismatched", State::new().last(kind, None, true), check, Warn, Some(Advice::ImportAll(kind))),
        ("platform down", State::new().failed(SyncFailure::PlatformUnavailable), check, Warn, again),
        ("daily limit", State::new().failed(SyncFailure::DailyLimit), check, Warn, again),
        ("consent needed", State::new().failed(SyncFailure::ReauthorizationRequired), check, Fail, Some(Advice::Consent)),
        ("consented since", consented, check, Warn, again),
        ("no Web Connector", State::new().failed(SyncFailure::NotActive), check, Fail, Some(Advice::OpenWebConnector)),
        ("denied", State::new().failed(SyncFailure::AccessDenied), check, Fail, Some(Advice::Consent)),
        ("unreadable", State::new().failed(SyncFailure::TooManyErrors), check, Fail, Some(Advice::ImportAll(kind))),
        ("the worse of both kinds", both, check, Fail, Some(Advice::Consent)),
        ("due", due(MINUTE * 15), check, NotUsed, None),
        ("late", due(MINUTE * 16), check, Warn, Some(Advice::CheckWorker)),
        ("stuck", due(DAY + MINUTE), check, Fail, Some(Advice::CheckWorker)),
    ]
}

fn of_the_webhooks() -> Vec<Row> {
    let (on, off) = (EndpointStatus::Enabled, EndpointStatus::Disabled(DisabledReason::Gone));
    let failing = Some(now());
    let (check, advice) = ("webhooks", Some(Advice::CheckEndpoints));
    vec![
        ("none", State::new(), check, NotUsed, None),
        ("one that works", State::new().endpoint(on, None), check, Pass, None),
        ("one that fails", State::new().endpoint(on, failing), check, Fail, advice),
        ("one that is disabled", State::new().endpoint(off, None), check, Fail, advice),
        ("one of two", State::new().endpoint(off, None).endpoint(on, None), check, Warn, advice),
    ]
}

fn rows() -> Vec<Row> {
    [of_the_installation(), of_the_tokens(), of_the_company(), of_the_imports(), of_the_webhooks()]
        .into_iter()
        .flatten()
        .collect()
}

#[test]
fn s8_each_state_has_its_status_and_its_advice() {
    let mut wrong = Vec::new();
    for (state, row, name, status, advice) in rows() {
        let check = decide(&row.seen()).into_iter().find(|check| check.name == name).expect("a check");
        if (check.status, check.advice) != (status, advice) || !check.message.ends_with('.') {
            wrong.push((name, state, check));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn s8_every_possible_status_of_each_check_is_in_the_table() {
    let found: BTreeSet<_> = rows().into_iter().map(|(_, _, name, status, _)| (name, status)).collect();
    let possible = [
        ("oauth_configuration", vec![NotUsed, Pass, Warn, Fail]),
        ("callback_redirect", vec![NotUsed, Pass, Fail]),
        ("access_token", vec![NotUsed, Pass, Warn, Fail]),
        ("refresh_token", vec![NotUsed, Pass, Warn, Fail]),
        ("company", vec![Pass, Warn, Fail]),
        ("sync", vec![NotUsed, Pass, Warn, Fail]),
        ("webhooks", vec![NotUsed, Pass, Warn, Fail]),
    ];
    let names: Vec<_> = decide(&State::new().seen()).iter().map(|check| check.name).collect();
    assert_eq!(names, possible.iter().map(|(name, _)| *name).collect::<Vec<_>>(), "the order of the API");
    let possible: BTreeSet<_> =
        possible.into_iter().flat_map(|(name, statuses)| statuses.into_iter().map(move |status| (name, status))).collect();
    assert_eq!(found, possible);
}
