//! An execution environment of AWS Lambda: a built binary, and the Runtime API that it polls for events.
//!
//! It runs the same file that is deployed, so a test sees what only a whole process shows: its start, its memory, its logs, and a kill at any
//! moment.

#![expect(clippy::disallowed_methods, reason = "a process of its own is measured and bounded in real time")]

mod process;
mod runtime_api;

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use self::process::Process;
use self::runtime_api::{Answer, RuntimeApi};

/// The default limit of an invocation: the time that API Gateway's HTTP APIs give an integration.
const INVOKE_LIMIT: Duration = Duration::from_secs(30);

const REGION: &str = "us-east-1";
const FUNCTION_NAME: &str = "counterfoil-test";

/// A function's process and its Runtime API. Dropping it kills the process.
#[derive(Debug)]
pub struct Lambda {
    process: Process,
    api: RuntimeApi,
    started: Instant,
    /// Held during an invocation, because an environment processes one event at a time.
    turn: tokio::sync::Mutex<()>,
}

/// Why an invocation has no answer.
#[derive(Debug, thiserror::Error)]
pub enum InvokeError {
    /// The function reported an error or panicked for this event. API Gateway answers 500.
    #[error("the function failed: {0}")]
    Function(Value),
    /// The function reported that it could not start.
    #[error("the function could not start: {0}")]
    Init(Value),
    /// The answer is not JSON.
    #[error("the function answered what is not JSON: {0}")]
    NotJson(String),
    /// The process ended by itself or was killed.
    #[error("the process ended ({status}); its last output: {output}")]
    Exited {
        /// The exit code or the signal, as text.
        status: String,
        /// The end of its standard output and error.
        output: String,
    },
    /// There was no answer in time. The process was killed, as Lambda does.
    #[error("no answer within {limit:?}; the last output: {output}")]
    TimedOut {
        /// The limit of the invocation.
        limit: Duration,
        /// The end of its standard output and error.
        output: String,
    },
}

impl Lambda {
    /// Starts `binary` with only Lambda's own variables and `env`, which overrides them.
    ///
    /// # Panics
    ///
    /// If the binary cannot be started.
    pub async fn start(binary: &Path, env: impl IntoIterator<Item = (String, String)>) -> Self {
        let api = RuntimeApi::start(function_arn()).await;
        let own = lambda_environment(&api.address().to_string());
        let started = Instant::now();
        let process = Process::spawn(binary, own.into_iter().chain(env));
        Self { process, api, started, turn: tokio::sync::Mutex::default() }
    }

    /// Waits until the function asks for its first event, reports that it could not start, or ends, at most for [`INVOKE_LIMIT`].
    pub async fn started(&self) {
        let asks = async {
            let mut ticks = tokio::time::interval(Duration::from_millis(5));
            while self.time_to_first_poll().is_none() {
                ticks.tick().await;
            }
        };
        tokio::select! {
            () = asks => {}
            _ = self.api.init_failure() => {}
            _ = self.process.exited() => {}
            () = tokio::time::sleep(INVOKE_LIMIT) => {}
        }
    }

    /// Sends `event` to the function and waits for its answer, at most for [`INVOKE_LIMIT`].
    ///
    /// Concurrent invocations run one after the other.
    pub async fn invoke(&self, event: &Value) -> Result<Value, InvokeError> {
        self.invoke_within(event, INVOKE_LIMIT).await
    }

    /// [`Self::invoke`] with another limit, which is also the function's deadline.
    pub async fn invoke_within(&self, event: &Value, limit: Duration) -> Result<Value, InvokeError> {
        let _turn = self.turn.lock().await;
        let answer = self.api.offer(event.to_string(), limit);
        tokio::select! {
            biased;
            answer = answer => match answer {
                Answer::Response(body) => serde_json::from_slice(&body).map_err(|_| InvokeError::NotJson(lossy(&body))),
                Answer::Error(body) => Err(InvokeError::Function(json_or_text(&body))),
            },
            body = self.api.init_failure() => Err(InvokeError::Init(json_or_text(&body))),
            status = self.process.exited() => {
                Err(InvokeError::Exited { status: status.to_string(), output: self.process.last_output() })
            }
            () = tokio::time::sleep(limit) => {
                self.process.kill().await;
                Err(InvokeError::TimedOut { limit, output: self.process.last_output() })
            }
        }
    }

    /// The cold start: the time from the start of the process to its first request for an event. `None` before that.
    pub fn time_to_first_poll(&self) -> Option<Duration> {
        Some(self.api.first_poll()?.duration_since(self.started))
    }

    /// The time from the start of the process to its first answer. `None` before that.
    ///
    /// Invoke right after the start, because the time until the event counts too.
    pub fn time_to_first_answer(&self) -> Option<Duration> {
        Some(self.api.first_answer()?.duration_since(self.started))
    }

    /// The process's peak resident memory in bytes (`VmHWM`). `None` if it has ended, or without procfs.
    pub fn peak_memory_bytes(&self) -> Option<u64> {
        self.process.peak_memory_bytes()
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Kills the process (SIGKILL) and waits for its end. Does nothing if it has ended.
    pub async fn kill(&self) {
        self.process.kill().await;
    }

    /// Everything that the process has written to standard output and error, complete up to its last answer.
    ///
    /// # Panics
    ///
    /// If it wrote more than 16 MiB, because a search for a leaked secret must not miss a part.
    pub fn logs(&self) -> String {
        self.process.output()
    }
}

fn function_arn() -> String {
    format!("arn:aws:lambda:{REGION}:000000000000:function:{FUNCTION_NAME}")
}

/// The variables that Lambda sets, from its guide ("Using Lambda environment variables", defined runtime environment variables). The
/// credentials are made up.
fn lambda_environment(runtime_api: &str) -> Vec<(String, String)> {
    [
        ("AWS_LAMBDA_RUNTIME_API", runtime_api),
        ("AWS_LAMBDA_FUNCTION_NAME", FUNCTION_NAME),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/counterfoil-test"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "2026/01/01/[$LATEST]00000000000000000000000000000000"),
        ("AWS_REGION", REGION),
        ("AWS_DEFAULT_REGION", REGION),
        ("AWS_ACCESS_KEY_ID", "ASIATESTTESTTESTTEST"),
        ("AWS_SECRET_ACCESS_KEY", "test-secret-access-key"),
        ("AWS_SESSION_TOKEN", "test-session-token"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

fn json_or_text(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_else(|_| Value::String(lossy(body)))
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
