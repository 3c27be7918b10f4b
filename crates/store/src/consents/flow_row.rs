//! The item of a flow, under the hash of its state. TTL deletes it some time after its end.

use counterfoil_core::model::api_key::KeyId;
use counterfoil_core::model::connect_link::LinkId;
use counterfoil_core::model::connection::{ConfirmedCompany, ConnectionId};
use counterfoil_core::model::flow::Authority;
use counterfoil_core::model::flow::Destination;
use counterfoil_core::model::flow::Flow;
use counterfoil_core::model::flow::FlowId;
use counterfoil_core::model::flow::KeptCode;
use counterfoil_core::model::flow::Stage;
use counterfoil_core::model::flow::failure::FlowFailure;
use counterfoil_core::model::grant::StoredGrant;
use counterfoil_core::model::name::{CompanyKey, PartnerId};
use counterfoil_core::model::secret::{Fingerprint, Sealed};
use counterfoil_core::port::store::StoreError;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::connections::grant_attributes::GrantAttributes;
use crate::key::Key;
use crate::row::{Item, damaged, from_item, millis, newer, time, to_item, word, word_or};

#[derive(Serialize, Deserialize)]
struct FlowRow {
    flow_id: String,
    partner: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    company_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    company_name: Option<String>,
    platform: String,
    environment: String,
    redirect_uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    return_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    handover_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    handover_state: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verifier: Option<ByteBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    browser_sha256: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    link_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    renews_epoch: Option<u64>,
    created_at: i64,
    expires_at: i64,
    ttl: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    code_sha256: Option<String>,
    stage: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    consumed_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<ByteBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code_region: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code_until: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    claim: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    companies: Vec<CompanyRow>,
    /// Whether the consent reaches more companies than these.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    companies_left_out: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    /// The company key of the connection that the consent wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    connected: Option<String>,
    /// The company of that connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    connected_to: Option<String>,
    #[serde(flatten)]
    grant: GrantAttributes,
}

/// A company to choose from.
#[derive(Serialize, Deserialize)]
pub(crate) struct CompanyRow {
    company_id: String,
    name: String,
    api_base_url: String,
}

impl From<&ConfirmedCompany> for CompanyRow {
    fn from(company: &ConfirmedCompany) -> Self {
        let ConfirmedCompany { company_id, name, api_base_url } = company.clone();
        Self { company_id, name, api_base_url }
    }
}

impl From<CompanyRow> for ConfirmedCompany {
    fn from(row: CompanyRow) -> Self {
        let CompanyRow { company_id, name, api_base_url } = row;
        Self { company_id, name, api_base_url }
    }
}

/// When TTL may delete a flow: an hour after its end, so that its result can still be shown.
pub(crate) fn ttl(expires_at: jiff::Timestamp) -> i64 {
    expires_at.as_second() + 3_600
}

/// The TTL of a flow that has a grant, which must not be deleted. The attribute is there because an earlier version requires it.
pub(crate) const NEVER: i64 = 32_503_680_000;

/// The item of a new flow.
pub(crate) fn write(flow: &Flow) -> Result<Item, StoreError> {
    let (return_url, handover_uri, handover_state) = match flow.destination.clone() {
        Destination::ResultPage => (None, None, None),
        Destination::ReturnUrl(url) => (Some(url), None, None),
        Destination::Handover { redirect_uri, state } => (None, Some(redirect_uri), Some(state)),
    };
    let (key_id, link_id) = match &flow.authority {
        Authority::Anonymous => (None, None),
        Authority::Key(id) => (Some(id.to_string()), None),
        Authority::Link(id) => (None, Some(id.to_string())),
    };
    let row = FlowRow {
        flow_id: flow.id.as_str().to_owned(),
        partner: flow.partner.to_string(),
        company_key: flow.company_key.as_ref().map(ToString::to_string),
        company_name: flow.company_name.clone(),
        platform: flow.platform.as_str().to_owned(),
        environment: flow.environment.as_str().to_owned(),
        redirect_uri: flow.redirect_uri.clone(),
        return_url,
        handover_uri,
        handover_state,
        verifier: flow.verifier.as_ref().map(|verifier| ByteBuf::from(verifier.as_bytes())),
        browser_sha256: flow.browser.as_ref().map(|hash| hash.as_str().to_owned()),
        key_id,
        link_id,
        renews_epoch: flow.renews_epoch,
        created_at: millis(flow.created_at),
        expires_at: millis(flow.expires_at),
        ttl: ttl(flow.expires_at),
        code_sha256: flow.code.as_ref().map(|hash| hash.as_str().to_owned()),
        stage: flow.stage.as_str().to_owned(),
        consumed_at: match flow.stage {
            Stage::Consumed { at } => Some(millis(at)),
            _ => None,
        },
        code: None,
        code_region: None,
        code_until: None,
        claim: None,
        companies: Vec::new(),
        companies_left_out: false,
        failure: None,
        reference: None,
        connected: None,
        connected_to: None,
        grant: GrantAttributes::default(),
    };
    to_item(&Key::flow(&flow.id), row)
}

/// Reads a flow from its item.
pub(crate) fn read(item: Item) -> Result<Flow, StoreError> {
    let row: FlowRow = from_item(item)?;
    let id = FlowId::parse(&row.flow_id).ok_or_else(|| damaged("a flow", "flow_id"))?;
    let name = format!("flow {}", id.label());
    let partner = PartnerId::parse(&row.partner).map_err(|_| damaged(&name, "partner"))?;
    let company_key = |text: String| CompanyKey::parse(&text).map_err(|_| damaged(&name, "company_key"));
    let connected = row.connected.map(company_key).transpose()?;
    let connected = connected.map(|company_key| ConnectionId { partner: partner.clone(), company_key }).zip(row.connected_to);
    let code = match row.code.zip(row.code_until) {
        Some((code, until)) => Some(KeptCode {
            code: Sealed::from_bytes(code.into_vec()),
            claim: row.claim.clone(),
            region: row.code_region,
            until: time(&name, until)?,
        }),
        None => None,
    };
    let progress = Progress {
        consumed_at: row.consumed_at,
        code,
        claim: row.claim,
        companies: row.companies,
        is_complete: !row.companies_left_out,
        failure: row.failure,
        connected,
    };
    let stage = stage(&name, &row.stage, progress, row.grant.read(&name)?)?;
    Ok(Flow {
        id,
        partner,
        company_key: row.company_key.map(company_key).transpose()?,
        company_name: row.company_name,
        platform: word(&name, "platform", &row.platform)?,
        environment: word(&name, "environment", &row.environment)?,
        redirect_uri: row.redirect_uri,
        destination: destination(row.return_url, row.handover_uri, row.handover_state),
        verifier: row.verifier.map(|verifier| Sealed::from_bytes(verifier.into_vec())),
        browser: row.browser_sha256.map(Fingerprint::stored),
        authority: authority(&name, row.key_id, row.link_id)?,
        renews_epoch: row.renews_epoch,
        created_at: time(&name, row.created_at)?,
        expires_at: time(&name, row.expires_at)?,
        code: row.code_sha256.map(Fingerprint::stored),
        stage,
        reference: row.reference,
    })
}

fn destination(return_url: Option<String>, handover_uri: Option<String>, state: Option<String>) -> Destination {
    match (return_url, handover_uri) {
        (_, Some(redirect_uri)) => Destination::Handover { redirect_uri, state: state.unwrap_or_default() },
        (Some(url), None) => Destination::ReturnUrl(url),
        (None, None) => Destination::ResultPage,
    }
}

fn authority(name: &str, key_id: Option<String>, link_id: Option<String>) -> Result<Authority, StoreError> {
    match (key_id, link_id) {
        (Some(id), _) => KeyId::parse(&id).map(Authority::Key).ok_or_else(|| damaged(name, "key_id")),
        (None, Some(id)) => LinkId::parse(&id).map(Authority::Link).ok_or_else(|| damaged(name, "link_id")),
        (None, None) => Ok(Authority::Anonymous),
    }
}

/// The stages that this version knows.
const STAGES: [&str; 8] = ["offered", "pending", "consumed", "exchanged", "choosing", "confirmed", "done", "failed"];

/// The data of a flow's stage, except for its grant.
struct Progress {
    consumed_at: Option<i64>,
    code: Option<KeptCode>,
    claim: Option<String>,
    companies: Vec<CompanyRow>,
    is_complete: bool,
    failure: Option<String>,
    connected: Option<(ConnectionId, String)>,
}

fn stage(name: &str, word_of_it: &str, progress: Progress, grant: Option<StoredGrant>) -> Result<Stage, StoreError> {
    let Progress { consumed_at, code, claim, companies, is_complete, failure, connected } = progress;
    if let ("consumed", Some(code)) = (word_of_it, code) {
        return Ok(Stage::Postponed(code));
    }
    match (word_of_it, consumed_at, failure, grant) {
        ("offered", ..) => Ok(Stage::Offered),
        ("pending", None, ..) => Ok(Stage::Pending),
        ("consumed", Some(at), ..) => Ok(Stage::Consumed { at: time(name, at)? }),
        ("exchanged", _, _, Some(grant)) => Ok(Stage::Exchanged { grant, claim }),
        ("choosing", _, _, Some(grant)) if !companies.is_empty() => {
            let companies = companies.into_iter().map(ConfirmedCompany::from).collect();
            Ok(Stage::Choosing { grant, companies, is_complete })
        }
        ("confirmed", ..) => {
            let company = companies.into_iter().next().ok_or_else(|| damaged(name, "it is confirmed and names no company"))?;
            Ok(Stage::Confirmed { company: company.into() })
        }
        ("done", ..) => {
            let (connection, company_id) = connected.ok_or_else(|| damaged(name, "it ended and names no connection"))?;
            Ok(Stage::Done { connection, company_id })
        }
        ("failed", _, Some(failure), _) => Ok(Stage::Failed(word_or(name, "failure", &failure, FlowFailure::Interrupted))),
        (unknown, ..) if !STAGES.contains(&unknown) => Err(newer(name, "stage")),
        _ => Err(damaged(name, "its stage and its attributes do not fit together")),
    }
}
