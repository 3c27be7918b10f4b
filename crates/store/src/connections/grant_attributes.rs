//! The attributes of a grant, on a connection and on a flow.

use counterfoil_core::model::grant::StoredGrant;
use counterfoil_core::model::secret::Sealed;
use counterfoil_core::port::store::StoreError;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::row::{damaged, maybe_time, time};
use crate::update::Changes;

/// The attributes of a grant: on a connection or, before the company is confirmed, on a flow.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct GrantAttributes {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) access_token: Option<ByteBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) refresh_token: Option<ByteBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) issued_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) access_token_expires_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) refresh_token_expires_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hard_expires_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) missing_scopes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) region: Option<String>,
}

impl GrantAttributes {
    /// The grant, if the item has one.
    pub(crate) fn read(self, item: &str) -> Result<Option<StoredGrant>, StoreError> {
        let Some(access_token) = self.access_token else {
            return Ok(None);
        };
        let (Some(issued_at), Some(expires_at)) = (self.issued_at, self.access_token_expires_at) else {
            return Err(damaged(item, "an access token without its times"));
        };
        Ok(Some(StoredGrant {
            access_token: Sealed::from_bytes(access_token.into_vec()),
            refresh_token: self.refresh_token.map(|token| Sealed::from_bytes(token.into_vec())),
            issued_at: time(item, issued_at)?,
            access_token_expires_at: time(item, expires_at)?,
            refresh_token_expires_at: maybe_time(item, self.refresh_token_expires_at)?,
            hard_expires_at: maybe_time(item, self.hard_expires_at)?,
            missing_scopes: self.missing_scopes,
            region: self.region,
        }))
    }
}

/// Every attribute of [`GrantAttributes`]. A disconnect and a new grant remove them all.
pub(crate) const GRANT_ATTRIBUTES: [&str; 8] = [
    "access_token",
    "refresh_token",
    "issued_at",
    "access_token_expires_at",
    "refresh_token_expires_at",
    "hard_expires_at",
    "missing_scopes",
    "region",
];

/// Sets or removes every attribute of a grant.
pub(crate) fn with_grant(changes: Changes, grant: GrantAttributes) -> Result<Changes, StoreError> {
    changes
        .put("access_token", grant.access_token)?
        .put("refresh_token", grant.refresh_token)?
        .put("issued_at", grant.issued_at)?
        .put("access_token_expires_at", grant.access_token_expires_at)?
        .put("refresh_token_expires_at", grant.refresh_token_expires_at)?
        .put("hard_expires_at", grant.hard_expires_at)?
        .put("missing_scopes", Some(grant.missing_scopes).filter(|scopes| !scopes.is_empty()))?
        .put("region", grant.region)
}
