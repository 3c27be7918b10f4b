//! A caller that reads a token until it gets a final answer, from processes of which some are killed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use counterfoil_core::model::secret::Secret;
use counterfoil_testkit::lambda::InvokeError;
use counterfoil_testkit::wire::Rule;
use serde_json::Value;

use crate::browser::LARKSPUR;
use crate::deployment::Deployment;
use crate::event::Sample;
use crate::function::{Answer, Function};

/// Short settings. Between the lease and the two times that it must cover there is room for a loaded machine. A refresh token rests
/// until the stand-in's slowest answer has certainly arrived.
const TIMES: [(&str, u32); 7] = [
    ("PLATFORM_TIMEOUT_MS", 400),
    ("COMMIT_BUDGET_MS", 300),
    ("LEASE_MS", LEASE_MS),
    ("REST_MS", 2_000),
    ("WAIT_MS", 300),
    ("POLL_MS", 20),
    ("BACKOFF_FIRST_MS", 50),
];
const LEASE_MS: u32 = 1_200;

/// The time of the stand-in's slowest answer. It is longer than the lease by so much that a process that does not let the token rest
/// presents it while the first request is under way.
pub(crate) const SLOW_MS: u32 = LEASE_MS + 1_000;

/// The time after which a caller tries again, which is earlier than it was told. The whole seconds of `Retry-After` would hide a rest
/// that is too short.
const IMPATIENCE: Duration = Duration::from_millis(200);
/// The largest number of tries.
const READS_MOST: usize = 200;

/// The caller's final answer.
pub(crate) enum Heard {
    Token(Secret),
    ConsentNeeded,
}

impl Heard {
    pub(crate) const fn in_words(&self) -> &'static str {
        match self {
            Self::Token(_) => "a token",
            Self::ConsentNeeded => "that consent is needed",
        }
    }
}

/// The caller, and its installation.
pub(crate) struct Reader {
    pub(crate) deployment: Deployment,
    event: Value,
}

impl Reader {
    /// A connection with an expired access token, and its caller.
    pub(crate) async fn of_an_expired_token() -> Self {
        let deployment = Deployment::start(binaries()).await;
        deployment.connect(LARKSPUR).await;
        deployment.expire().await;
        let key = deployment.key(Duration::ZERO).await;
        Self { event: Sample::of("token").header("x-api-key", &key).to_json(), deployment }
    }

    /// The number of refreshes that the platform got.
    pub(crate) async fn token_requests(&self) -> u64 {
        self.deployment.intuit.requests("token.refresh_token").await
    }

    /// Reads from a new process, and kills it when the rule holds one of its requests.
    pub(crate) async fn killed_at(&self, rule: Rule) {
        let function = self.function().await;
        function.wire.inject(rule);
        self.killed_once(&function, function.wire.held()).await;
    }

    /// Reads from a new process, and kills it while the platform processes its request.
    pub(crate) async fn killed_when_sent(&self) {
        let function = self.function().await;
        let before = self.token_requests().await;
        let sent = async {
            while self.token_requests().await == before {
                tokio::task::yield_now().await;
            }
        };
        self.killed_once(&function, sent).await;
    }

    async fn killed_once(&self, function: &Function, moment: impl Future<Output = ()>) {
        tokio::select! {
            heard = self.read_from(function) => panic!("heard {}, and was not killed\n{}", heard.in_words(), function.lambda.logs()),
            () = moment => {}
        }
        function.lambda.kill().await;
        match function.lambda.invoke(&self.event).await {
            Err(InvokeError::Exited { status, .. }) => assert!(status.contains("SIGKILL"), "{status}"),
            other => panic!("{other:?} of a process that was killed"),
        }
    }

    /// Reads from a new process that is not killed.
    pub(crate) async fn read_to_the_end(&self) -> Heard {
        self.read_from(&self.function().await).await
    }

    async fn function(&self) -> Function {
        let mut variables = self.deployment.environment("token");
        variables.extend(TIMES.map(|(name, milliseconds)| (name.to_owned(), milliseconds.to_string())));
        self.deployment.function_in("token", variables).await
    }

    async fn read_from(&self, function: &Function) -> Heard {
        for _ in 0..READS_MOST {
            let answer = function.answer(&self.event).await;
            if !is_told_to_come_again(&answer) {
                return heard(&answer);
            }
            #[expect(clippy::disallowed_methods, reason = "the processes' clocks are real")]
            tokio::time::sleep(IMPATIENCE).await;
        }
        panic!("nothing final in {READS_MOST} reads\n{}", function.lambda.logs());
    }
}

/// Where cargo built the functions for these tests.
pub(crate) fn binaries() -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_token")).parent().expect("a file lies in a folder").to_owned()
}

fn is_told_to_come_again(answer: &Answer) -> bool {
    let told = answer.headers["retry-after"].as_str().is_some_and(|seconds| seconds.parse::<u32>().is_ok());
    assert!(!told || matches!(answer.status, 502 | 503), "{answer:?}");
    told
}

fn heard(answer: &Answer) -> Heard {
    if answer.status == 200 {
        let token = answer.json(200)["access_token"].as_str().expect("a token").to_owned();
        return Heard::Token(Secret::new(token));
    }
    let code = &answer.json(answer.status)["code"];
    assert!(code == "grant_refused" || code == "reauthorization_required", "{answer:?}");
    Heard::ConsentNeeded
}
