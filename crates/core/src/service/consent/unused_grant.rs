//! Grants of consents that make no connection. Each is revoked if this ends no other grant.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::model::connection::{Company, ConfirmedCompany};
use crate::model::flow::{Authority, Flow, Stage};
use crate::model::grant::StoredGrant;
use crate::model::revocation::{GrantId, Revocation, RevocationId};
use crate::port::platform::Platform;

/// The largest number of companies of one grant that are checked before it is revoked. With more, it is not revoked.
const COMPANIES_MOST: usize = 20;

/// The grant of a flow that makes no connection.
pub(crate) struct Unused {
    /// Its revocation; `None` if revoking could end a grant of a company that is not known here.
    pub(crate) revocation: Option<Revocation>,
    /// The company whose entry of this consent is deleted.
    pub(crate) released: Option<Company>,
}

/// The grant of a flow whose company is not confirmed. `companies` are those that it reaches, as far as they are known.
pub(crate) fn unused(flow: &Flow, platform: &dyn Platform, companies: &[ConfirmedCompany], now: Timestamp) -> Option<Unused> {
    let (grant, claim) = match &flow.stage {
        Stage::Exchanged { grant, claim } => (grant, claim.as_deref()),
        Stage::Choosing { grant, .. } => (grant, None),
        _ => return None,
    };
    let revocation = revocation_of(flow, grant, companies, platform, now);
    Some(Unused { revocation, released: held_until_confirmed(flow, claim, platform) })
}

/// The revocation of a grant that reaches these companies and no others. If it reaches an unknown company, or too many, it is revoked
/// only if grants are independent.
fn revocation_of(
    flow: &Flow,
    grant: &StoredGrant,
    companies: &[ConfirmedCompany],
    platform: &dyn Platform,
    now: Timestamp,
) -> Option<Revocation> {
    let stands_alone = platform.grants_are_independent();
    let (first, others) = match companies.split_first() {
        // If grants are independent, no company is checked.
        None if stands_alone => (claimed_company(flow), &[][..]),
        None => return None,
        Some((first, _)) if stands_alone => (first.clone(), &[][..]),
        // Such a platform revokes each company separately.
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

/// The ids of the other companies for which revoking the grant would end it too.
pub(crate) fn ended_with(reached: &[ConfirmedCompany], company: &ConfirmedCompany, platform: &dyn Platform) -> Vec<String> {
    if platform.grants_are_independent() || platform.asks_before_revoking() {
        return Vec::new();
    }
    let others: BTreeSet<_> =
        reached.iter().map(|other| &other.company_id).filter(|other| **other != company.company_id).collect();
    others.into_iter().take(COMPANIES_MOST).cloned().collect()
}

/// A placeholder for the company of a grant that reaches no known company.
fn claimed_company(flow: &Flow) -> ConfirmedCompany {
    claimed(&flow.id.label())
}

/// A company of which only the id is known.
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

/// The company that the consent's entry must name between the exchange of its code and the platform's answer: the claimed company, or
/// any company if the callback claimed none. Revoking another grant of that company could end this one.
pub(crate) fn held_until_confirmed(flow: &Flow, claim: Option<&str>, platform: &dyn Platform) -> Option<Company> {
    if platform.grants_are_independent() {
        return None;
    }
    let company = company_of(flow, &claimed(claim.unwrap_or_default()), platform);
    Some(if claim.is_some() { company } else { company.any() })
}
