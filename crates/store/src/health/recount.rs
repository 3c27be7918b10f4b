//! Where the recount of all connections goes on, beside where the last sweep ended.

use counterfoil_core::model::name::{CompanyKey, PartnerId};
use counterfoil_core::port::store::StoreError;
use counterfoil_core::port::store::health::Recount;
use serde::Deserialize;

use crate::key::Key;
use crate::row::{damaged, from_item, millis, time};
use crate::table::Table;
use crate::update::Changes;

#[derive(Default, Deserialize)]
struct RecountRow {
    #[serde(rename = "recount_partner")]
    partner: Option<String>,
    #[serde(rename = "recount_after")]
    after: Option<String>,
    #[serde(rename = "recount_begins_at")]
    begins_at: Option<i64>,
}

impl Table {
    pub(super) async fn read_recount(&self) -> Result<Recount, StoreError> {
        let key = Key::sweep_of_all();
        let row: RecountRow = self.get(&key).await?.map(from_item).transpose()?.unwrap_or_default();
        let partner = row.partner.map(|id| PartnerId::parse(&id).map_err(|_| damaged(&key.pk, "recount_partner")));
        let after = row.after.map(|text| CompanyKey::parse(&text).map_err(|_| damaged(&key.pk, "recount_after")));
        Ok(Recount {
            partner: partner.transpose()?,
            after: after.transpose()?,
            begins_at: row.begins_at.map(|at| time(&key.pk, at)).transpose()?,
        })
    }

    pub(super) async fn write_recount(&self, recount: &Recount) -> Result<(), StoreError> {
        let changes = Changes::default()
            .put("recount_partner", recount.partner.as_ref().map(PartnerId::as_str))?
            .put("recount_after", recount.after.as_ref().map(CompanyKey::as_str))?
            .put("recount_begins_at", recount.begins_at.map(millis))?;
        self.update(changes.always(self, &Key::sweep_of_all()), |_| false).await.map(drop)
    }
}
