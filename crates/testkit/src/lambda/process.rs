//! The function's process. Its output is in an unnamed file. A task owns the process, so that those who wait learn of its end, and only this
//! process can be killed.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;

use tokio::process::{Child, Command};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

const OUTPUT_BYTES_MAX: u64 = 16 * 1024 * 1024;
const LAST_OUTPUT_BYTES: u64 = 8 * 1024;

#[derive(Debug)]
pub(super) struct Process {
    pid: u32,
    /// Standard output and error, in the order written. With a file instead of a pipe, everything that the process wrote before its answer can
    /// be read when the answer arrives.
    output: File,
    exit: watch::Receiver<Option<ExitStatus>>,
    kill: Arc<Notify>,
    /// The task that owns the process. Both end when this is dropped.
    _owner: JoinSet<()>,
}

impl Process {
    pub(super) fn spawn(binary: &Path, env: impl Iterator<Item = (String, String)>) -> Self {
        let output = tempfile::tempfile().expect("a temporary file for the output");
        let writer = || Stdio::from(output.try_clone().expect("a second handle of the output"));
        let child = Command::new(binary)
            .env_clear()
            .envs(env)
            .stdin(Stdio::null())
            .stdout(writer())
            .stderr(writer())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {}: {error}", binary.display()));
        let pid = child.id().expect("a process has an id until it is waited for");
        let kill = Arc::new(Notify::new());
        let (exit_sender, exit) = watch::channel(None);
        let mut owner = JoinSet::new();
        owner.spawn(own(child, Arc::clone(&kill), exit_sender));
        Self { pid, output, exit, kill, _owner: owner }
    }

    pub(super) fn pid(&self) -> u32 {
        self.pid
    }

    /// Waits for the end of the process.
    pub(super) async fn exited(&self) -> ExitStatus {
        let mut exit = self.exit.clone();
        let status = exit.wait_for(Option::is_some).await.expect("the owner of the process lives as long as this");
        status.expect("waited for it")
    }

    pub(super) async fn kill(&self) {
        self.kill.notify_one();
        self.exited().await;
    }

    pub(super) fn output(&self) -> String {
        let written = self.output_bytes();
        assert!(written <= OUTPUT_BYTES_MAX, "the process wrote {written} bytes, more than {OUTPUT_BYTES_MAX}");
        self.read_output(0, written)
    }

    /// The end of the output, for error messages.
    pub(super) fn last_output(&self) -> String {
        let written = self.output_bytes();
        let length = written.min(LAST_OUTPUT_BYTES);
        self.read_output(written - length, length)
    }

    fn output_bytes(&self) -> u64 {
        self.output.metadata().expect("an open file has metadata").len()
    }

    /// Reads at an offset, because the process shares the file's cursor.
    fn read_output(&self, offset: u64, length: u64) -> String {
        let mut bytes = vec![0; usize::try_from(length).expect("bounded by the callers")];
        self.output.read_exact_at(&mut bytes, offset).expect("an output that only grows");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    pub(super) fn peak_memory_bytes(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid)).ok()?;
        let kibibytes = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().strip_suffix(" kB")?;
        Some(kibibytes.parse::<u64>().ok()? * 1024)
    }
}

async fn own(mut child: Child, kill: Arc<Notify>, exit: watch::Sender<Option<ExitStatus>>) {
    tokio::select! {
        _ = child.wait() => {}
        () = kill.notified() => child.start_kill().expect("a process not waited for yet takes a signal"),
    }
    let status = child.wait().await.expect("a child of this process can be waited for");
    exit.send_replace(Some(status));
}
