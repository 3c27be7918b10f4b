//! Grants of consents that make no connection: each is revoked where that ends nobody else's.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::model::connection::{Company, ConfirmedCompany};
use crate::model::flow::{Authority, Flow, Stage};
use crate::model::grant::StoredGrant;
use crate::model::revocation::{GrantId, Revocation, RevocationId};
use crate::port::platform::Platform;

/// The most companies of one grant that are asked about before it is revoked.
const COMPANIES_MOST: usize = 20;

/// The grant of a flow that becomes no connection.
pub(crate) struct Unused {
    /// Its revocation; `None` where that could end a grant of a company that is not known here.
    pub(crate) revocation: Option<Revocation>,
    /// The company under which its entry goes.
    pub(crate) released: Option<Company>,
}

/// The grant of a flow whose company is not confirmed. It reaches these companies, as far as the platform says.
pub(crate) fn unused(flow: &Flow, platform: &dyn Platform, companies: &[ConfirmedCompany], now: Timestamp) -> Option<Unused> {
    let (grant, claim) = match &flow.stage {
        Stage::Exchanged { grant, claim } => (grant, claim.as_deref()),
        Stage::Choosing { grant, .. } => (grant, None),
        _ => return None,
    };
    let revocation = revocation_of(flow, grant, companies, platform, now);
    Some(Unused { revocation, released: held_until_confirmed(flow, claim, platform) })
}

/// The revocation of a grant that gives these companies and no others. Where it gives one that is not known, or too many, only
/// a grant that stands by itself is revoked.
fn revocation_of(
    flow: &Flow,
    grant: &StoredGrant,
    companies: &[ConfirmedCompany],
    platform: &dyn Platform,
    now: Timestamp,
) -> Option<Revocation> {
    let stands_alone = platform.grants_stand_alone();
    let (first, others) = match companies.split_first() {
        // Nothing of a grant that stands by itself is asked of its company.
        None if stands_alone => (nameless(flow), &[][..]),
        None => return None,
        Some((first, _)) if stands_alone => (first.clone(), &[][..]),
        // Such a platform revokes each company by itself.
        Some((_, others)) if others.len() >= COMPANIES_MOST || (!others.is_empty() && platform.asks_before_revoking()) => {
            return None;
        }
        Some((first, others)) => (first.clone(), others),
    };
    let id = RevocationId { connection: flow.connection_to(&first.company_id), grant: GrantId::Consent(flow.id.clone()) };
    let others = others.iter().map(|other| other.company_id.clone()).filter(|other| *other != first.company_id);
    let others: BTreeSet<_> = others.collect();
    let (others, by_key) = (others.into_iter().collect(), matches!(flow.authority, Authority::Key(_)));
    Some(Revocation { others, by_key, ..Revocation::new(id, company_of(flow, &first, platform), grant.clone(), now) })
}

/// The ids of the other companies that a grant reaches, where revoking it ends it for all of them.
pub(crate) fn ended_with(reached: &[ConfirmedCompany], company: &ConfirmedCompany, platform: &dyn Platform) -> Vec<String> {
    if platform.grants_stand_alone() || platform.asks_before_revoking() {
        return Vec::new();
    }
    let others: BTreeSet<_> =
        reached.iter().map(|other| &other.company_id).filter(|other| **other != company.company_id).collect();
    others.into_iter().take(COMPANIES_MOST).cloned().collect()
}

/// Stands for the company of a grant that reaches none that is known.
fn nameless(flow: &Flow) -> ConfirmedCompany {
    claimed(&flow.id.label())
}

/// A company of which nothing but the id is known.
fn claimed(company_id: &str) -> ConfirmedCompany {
    ConfirmedCompany { company_id: company_id.to_owned(), name: company_id.to_owned(), api_base_url: String::new() }
}

pub(crate) fn company_of(flow: &Flow, confirmed: &ConfirmedCompany, platform: &dyn Platform) -> Company {
    Company {
        platform: flow.platform,
        environment: flow.environment,
        client_id: platform.client_id().to_owned(),
        company_id: confirmed.company_id.clone(),
        api_base_url: confirmed.api_base_url.clone(),
    }
}

/// What the entry of a consent must hold between the exchange of its code and the answer of the platform: the company that the
/// callback claimed, or any company if it claimed none. Revoking another grant of that company could end this one.
pub(crate) fn held_until_confirmed(flow: &Flow, claim: Option<&str>, platform: &dyn Platform) -> Option<Company> {
    if platform.grants_stand_alone() {
        return None;
    }
    let company = company_of(flow, &claimed(claim.unwrap_or_default()), platform);
    Some(if claim.is_some() { company } else { company.any() })
}
