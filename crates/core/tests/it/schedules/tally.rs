//! The counts of a schedule: whether what schedules are for came about.

/// The events of a schedule.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    pub(super) tokens: usize,
    pub(super) errors: usize,
    pub(super) dead: usize,
    pub(super) parked: usize,
    pub(super) revived: usize,
    pub(super) late: usize,
    pub(super) killed: usize,
    pub(super) answers_lost: usize,
    pub(super) grants_lost: usize,
}

impl Tally {
    pub(super) fn add(&mut self, other: &Self) {
        let [tokens, errors, dead, parked, revived, late, killed, answers_lost, grants_lost] = other.counts();
        self.tokens += tokens;
        self.errors += errors;
        self.dead += dead;
        self.parked += parked;
        self.revived += revived;
        self.late += late;
        self.killed += killed;
        self.answers_lost += answers_lost;
        self.grants_lost += grants_lost;
    }

    /// Whether everything that schedules are for happened at least once. A parked grant that revives a dead one, and a grant that
    /// neither table nor queue stores, are too rare for a short run and only required of a long one.
    pub(super) fn covers_everything(&self, is_long: bool) -> bool {
        let often = Self { revived: 1, grants_lost: 1, ..*self };
        let asked = if is_long { *self } else { often };
        asked.counts().iter().all(|count| *count > 0)
    }

    fn counts(&self) -> [usize; 9] {
        let Self { tokens, errors, dead, parked, revived, late, killed, answers_lost, grants_lost } = *self;
        [tokens, errors, dead, parked, revived, late, killed, answers_lost, grants_lost]
    }
}
