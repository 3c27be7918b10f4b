//! The pages of a list. QuickBooks keeps an iterator as long as the session of the Web Connector lasts, and a cursor outlives it: then the
//! list is read again up to the last object of the page before.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use counterfoil_core::model::secret::Fingerprint;
use counterfoil_desktop::failure::Failure;
use counterfoil_desktop::qbxml::{Element, Response};
use counterfoil_desktop::resource::{ListRequest, Next, Page, Step};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::surface::desktop::asked::{Answered, Conversation};
use crate::surface::desktop::refusal::Refused;

/// The largest page while a list is read again.
const PAGE_MOST: u32 = 150;
/// The largest number of pages that are read again. The caller's time is over before.
const PAGES_MOST: usize = 1_000;

/// The place in a list behind which the next page begins.
#[derive(Serialize, Deserialize)]
struct Cursor {
    /// The parameters of the list.
    #[serde(rename = "q")]
    fingerprint: u64,
    #[serde(rename = "i")]
    iterator: String,
    /// The session that has the iterator.
    #[serde(rename = "s")]
    session: String,
    /// The id of the last object before the place.
    #[serde(rename = "l")]
    last: String,
    /// The largest page that arrives in one piece. One of an earlier version has none.
    #[serde(rename = "m", default, skip_serializing_if = "Option::is_none")]
    most: Option<u32>,
    /// The number of objects behind the place. One of an earlier version has none.
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    remaining: Option<u32>,
}

impl Cursor {
    /// The size of a page, up to `limit`.
    fn page(&self, limit: Option<u32>) -> Option<u32> {
        limit.map(|limit| self.most.map_or(limit, |most| limit.min(most.max(1))))
    }
}

/// Reads one page of a list, whose path is `url`.
pub(super) async fn page(conversation: &Conversation<'_>, list: &ListRequest, url: &str) -> Result<Value, Refused> {
    let most = list.limit();
    let answered = match list.cursor().map(|text| cursor(list, text)).transpose()? {
        None => {
            let step = Some(Step::Start);
            conversation.query(list.query(Page { most, step }), None).await?
        }
        Some(cursor) => continued(conversation, list, &cursor).await?,
    };
    if answered.response.is_iterator_lost() {
        return Err(Refused::IteratorLost);
    }
    if let Some(failure) = Failure::of_response(&answered.response) {
        return Err(failure.into());
    }
    let next = next(list, &answered);
    Ok(list.answer(url, read(list, &answered.response.returned)?, next))
}

/// The place of a cursor of this list.
fn cursor(list: &ListRequest, text: &str) -> Result<Cursor, Refused> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok();
    let cursor: Option<Cursor> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let cursor = cursor.ok_or_else(|| Failure::invalid_request("The cursor is not a nextCursor of an earlier answer."))?;
    if cursor.fingerprint != list.fingerprint() {
        return Err(Failure::invalid_request("The cursor belongs to a list with other parameters. Repeat all of them.").into());
    }
    Ok(cursor)
}

/// The page after a cursor, from its iterator, or by reading the list again if the iterator is lost or behind the page: a client repeats a
/// cursor if it got no answer.
async fn continued(conversation: &Conversation<'_>, list: &ListRequest, cursor: &Cursor) -> Result<Answered, Refused> {
    let step = Some(Step::Continue(&cursor.iterator));
    let session = Fingerprint::stored(cursor.session.clone());
    match conversation.query_in(list.query(Page { most: cursor.page(list.limit()), step }), session).await? {
        Some(answered) if !answered.response.is_page_lost(cursor.remaining.unwrap_or(0)) => Ok(answered),
        _ => again(conversation, list, cursor).await,
    }
}

/// Reads the list from its beginning, and returns what follows the last object of the page before: at most one page.
async fn again(conversation: &Conversation<'_>, list: &ListRequest, cursor: &Cursor) -> Result<Answered, Refused> {
    let page = cursor.page(list.limit());
    let first = Page { most: page, step: Some(Step::Start) };
    let mut answered = conversation.query(list.query(first), None).await?;
    for _ in 0..PAGES_MOST {
        if answered.response.is_failed() {
            return Ok(answered);
        }
        let Response { returned, iterator_id, iterator_remaining, .. } = &mut answered.response;
        let place = returned.iter().position(|object| id(object) == Some(&cursor.last));
        let left = iterator_remaining.unwrap_or(0);
        let more = iterator_id.clone().filter(|_| left > 0);
        if let Some(place) = place {
            returned.drain(..=place);
            if !returned.is_empty() || more.is_none() {
                cut(&mut answered.response, page);
                return Ok(answered);
            }
        }
        let Some(iterator) = more else { break };
        // The iterator stops at the place, and goes on from there, if the list has not changed.
        let before = left.saturating_sub(cursor.remaining.unwrap_or(0));
        let most = if place.is_some() || before == 0 { page } else { cursor.page(Some(PAGE_MOST.min(before))) };
        let next = list.query(Page { most, step: Some(Step::Continue(&iterator)) });
        answered = conversation.query(next, Some(answered.session)).await?;
        if place.is_some() {
            return Ok(answered);
        }
    }
    Err(Failure::invalid_request(
        "The list has changed, and the place of this cursor is not in it any more. Read the list again.",
    )
    .into())
}

/// Leaves the objects of one page. The others count as remaining, so that the next page is not read from the iterator, which is behind them.
fn cut(response: &mut Response, page: Option<u32>) {
    let most = page.and_then(|page| usize::try_from(page).ok()).filter(|_| response.iterator_id.is_some()).unwrap_or(usize::MAX);
    let cut = u32::try_from(response.returned.len().saturating_sub(most)).unwrap_or(u32::MAX);
    response.returned.truncate(most);
    response.iterator_remaining = response.iterator_remaining.map(|left| left.saturating_add(cut));
}

fn next(list: &ListRequest, answered: &Answered) -> Next {
    let response = &answered.response;
    let remaining = response.iterator_remaining.filter(|_| list.is_paged());
    let cursor = || {
        Some(Cursor {
            fingerprint: list.fingerprint(),
            iterator: response.iterator_id.clone()?,
            session: answered.session.as_str().to_owned(),
            last: id(response.returned.last()?)?.to_owned(),
            most: answered.fitting.filter(|fitting| Some(*fitting) < list.limit()),
            remaining,
        })
    };
    let cursor = remaining.filter(|left| *left > 0).and_then(|_| cursor());
    let text = cursor.and_then(|cursor| serde_json::to_vec(&cursor).ok()).map(|bytes| URL_SAFE_NO_PAD.encode(bytes));
    Next { cursor: text, remaining: remaining.map(u64::from) }
}

/// The id of an object: of a transaction, or of an object of one of QuickBooks's lists.
pub(super) fn id(object: &Element) -> Option<&str> {
    object.text_of("TxnID").or_else(|| object.text_of("ListID"))
}

fn read(list: &ListRequest, returned: &[Element]) -> Result<Vec<Value>, Refused> {
    returned.iter().filter(|object| object.name.ends_with("Ret")).map(|object| Ok(list.read(object)?)).collect()
}
