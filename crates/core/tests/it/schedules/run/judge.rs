//! The judgement of a schedule: what must hold at its end.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::model::connection::{Connection, GrantState};

use super::super::Mood;
use super::super::tally::Tally;
use super::{PageRequest, World};

impl World {
    pub(super) async fn judge(self: &Arc<Self>) -> Result<Tally, String> {
        self.storage.heal();
        self.remote.heal();
        self.timeline.pass(Duration::from_secs(60));
        self.remote.act(self.timeline.elapsed());
        self.finish(PageRequest::Unpark).await?;
        if !self.record().parked.is_empty() {
            return Err("what was parked was not committed by a table that works".to_owned());
        }
        self.timeline.pass(Duration::from_secs(7_200));
        let row = self.row().await;
        let is_dead = matches!(row.grant_state, GrantState::NeedsReauthorization { .. });
        self.judge_grant(&row, is_dead).await?;
        let mut record = self.record();
        let broken = std::mem::take(&mut record.broken);
        let overwritten = self.storage.overwritten().map(|what| format!("overwritten: {what}"));
        let twice = self.remote.twice_at_once().map(|token| format!("{token} was under way twice at once"));
        if let Some(broken) = broken.into_iter().chain(overwritten).chain(twice).next() {
            return Err(broken);
        }
        record.tally.dead = usize::from(is_dead);
        record.tally.answers_lost = self.remote.answers_lost();
        record.tally.grants_lost = self.storage.lost();
        Ok(record.tally)
    }

    /// Checks that a grant that is valid at the platform, and whose newest token is stored, is active; and that the newest token is
    /// stored unless an answer, a process or a grant was lost.
    async fn judge_grant(self: &Arc<Self>, row: &Connection, is_dead: bool) -> Result<(), String> {
        let Some(sealed) = row.grant().and_then(|grant| grant.refresh_token.as_ref()) else { return Ok(()) };
        let owner = format!("connection {}", self.id);
        let token = self.processes[0].app.sealer.open(&owner, "refresh_token", sealed).await;
        let token = token.map_err(|error| error.to_string())?;
        let honoured = self.remote.honours(token.expose());
        let was_lost = self.remote.answers_lost() + self.storage.lost() + self.record().tally.killed > 0;
        if !honoured && !self.remote.ended(token.expose()) && !was_lost {
            return Err(format!("{} is old, and nothing was lost", token.expose()));
        }
        if self.mood == Mood::Mild && (is_dead || !honoured) {
            return Err(format!("a grant died though nothing was lost: {:?}", row.last_failure));
        }
        if honoured && is_dead {
            return Err(format!("{} is good, and its connection counts as dead: {:?}", token.expose(), row.last_failure));
        }
        if honoured {
            self.finish(PageRequest::Read).await?;
            let after = self.row().await;
            if after.epoch == row.epoch {
                return Err(format!("{} is good, and brought no new token: {:?}", token.expose(), after.last_failure));
            }
        }
        Ok(())
    }
}
