//! The processor time that a process has used.

use std::fs;
use std::time::Duration;

/// Linux counts in hundredths of a second, whatever the kernel's own ticks are.
const TICK: Duration = Duration::from_millis(10);

/// The processor time of a process so far, including that of the kernel for it.
#[derive(Clone, Copy)]
pub(crate) struct CpuTime(Duration);

impl CpuTime {
    pub(crate) fn of(pid: u32) -> Self {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("a process that runs");
        // The name may have blanks. After it, state is the first field, user time the twelfth, system time the thirteenth.
        let fields = stat.rsplit_once(')').expect("a name in brackets").1;
        let ticks: u32 = fields.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<u32>().expect("a number")).sum();
        Self(TICK * ticks)
    }

    pub(crate) fn since(self, before: Self) -> Duration {
        self.0.saturating_sub(before.0)
    }
}
