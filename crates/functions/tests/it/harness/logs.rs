//! The log lines of this test's thread, in the form of a deployed function.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, Once};

use counterfoil_functions::logging::is_ours_or_plain;
use counterfoil_functions::metrics::Metrics;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt as _;

/// Captures log lines until it is dropped. The test must run on one thread.
pub(crate) struct Logs {
    written: Arc<Mutex<Vec<u8>>>,
    measured: Arc<Mutex<String>>,
    _guard: DefaultGuard,
}

static EVERYWHERE: Once = Once::new();

impl Logs {
    /// Captures the lines that a deployed function writes at the level trace.
    pub(crate) fn capture() -> Self {
        let written = Arc::<Mutex<Vec<u8>>>::default();
        let sink = Sink(Arc::clone(&written));
        let lines = fmt::layer().json().flatten_event(true).with_current_span(true).with_span_list(false);
        let lines = lines.with_writer(move || sink.clone()).with_filter(filter_fn(is_ours_or_plain));
        let measured = Arc::<Mutex<String>>::default();
        let metrics = Arc::clone(&measured);
        let metrics = Metrics::to(move |line: &str| metrics.lock().expect("no holder panics").push_str(line));
        let subscriber = tracing_subscriber::registry().with(lines).with(metrics);
        // Without this, a line that a thread without a subscriber reaches first is off for all threads.
        EVERYWHERE.call_once(|| drop(tracing::subscriber::set_global_default(tracing_subscriber::registry())));
        Self { written, measured, _guard: tracing::subscriber::set_default(subscriber) }
    }

    /// The metric lines so far.
    pub(crate) fn metric_lines(&self) -> String {
        self.measured.lock().expect("no holder panics").clone()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.written.lock().expect("no holder panics").clone()).expect("logs are text")
    }
}

#[derive(Clone)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no holder panics").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
