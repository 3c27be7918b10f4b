//! The page of a list that a request asks for.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use counterfoil_core::Error;
use counterfoil_core::model::name::PartnerId;

use crate::extract::cursor;
use crate::extract::query::Query;
use crate::surface::problem::Problem;

/// The default number of entries of a page.
const LIMIT: u64 = 50;
const LIMIT_MOST: u64 = 100;

/// The parameters `limit` and `cursor`.
pub(crate) struct Paging {
    /// The largest number of entries of this page.
    pub(crate) limit: u32,
    cursor: Option<String>,
}

impl Paging {
    /// The last entry of the page before; `None` for the first page.
    pub(crate) fn after<T>(
        &self,
        list: &str,
        partner: &PartnerId,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Error> {
        let Some(cursor) = &self.cursor else { return Ok(None) };
        parse(&cursor::read(list, partner, cursor)?).map(Some).ok_or_else(cursor::damaged)
    }
}

impl<S: Sync> FromRequestParts<S> for Paging {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let query = Query::of(parts);
        Ok(Self {
            limit: u32::try_from(query.number("limit", 1, LIMIT_MOST)?.unwrap_or(LIMIT)).unwrap_or(u32::MAX),
            cursor: query.filled("cursor", cursor::LONGEST)?.map(str::to_owned),
        })
    }
}
