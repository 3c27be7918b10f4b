//! Lists the answers that could not be read, for an operator.

use counterfoil_core::model::kept_answer::KeptAnswer;
use counterfoil_core::port::store::{ALL_SHARDS, StoreError};
use jiff::Timestamp;

use crate::key::Key;
use crate::key::OPERATOR;
use crate::row::text;
use crate::table::PK;
use crate::table::SK;
use crate::table::Table;

/// The largest number of answers of a shard that are listed.
const LISTED_MOST: u32 = 100;

impl Table {
    /// The oldest stored answers, at most a hundred of each of the sixteen shards.
    ///
    /// # Errors
    /// The table's errors.
    pub async fn kept_answers(&self, now: Timestamp) -> Result<Vec<KeptAnswer>, StoreError> {
        let mut kept = Vec::new();
        for shard in ALL_SHARDS {
            for found in self.due_keys(OPERATOR, shard, now, None, LISTED_MOST).await? {
                let key = Key { pk: text(&found, PK)?, sk: text(&found, SK)? };
                kept.extend(self.get(&key).await?.map(crate::kept_answers::row::read).transpose()?);
            }
        }
        kept.sort_by_key(|kept| kept.at);
        Ok(kept)
    }
}
