//! How much of the work is done.

/// The answer to `receiveResponseXML` after `done` requests while `remaining` are left. 100 ends the session, so it means that no work is
/// left, and work that is left means less.
pub fn percent(done: usize, remaining: usize) -> i32 {
    if remaining == 0 {
        return 100;
    }
    let share = done.saturating_mul(100) / done.saturating_add(remaining);
    i32::try_from(share).unwrap_or(99)
}
