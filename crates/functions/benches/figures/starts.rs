//! The start of a function compared with a Lambda function that does nothing; its memory; the sizes of the binaries.

use std::fs;
use std::time::Duration;

use counterfoil_testkit::lambda::Lambda;
use serde_json::Value;

use crate::deployment::{Deployment, Variables};
use crate::event::Sample;
use crate::{binaries, median, ratio, template};

const STARTS: usize = 40;
/// The number of reads after the first answer, before the memory is measured.
const READS: usize = 200;

/// The measured starts of one binary.
#[derive(Default)]
struct Seen {
    first_polls: Vec<Duration>,
    first_answers: Vec<Duration>,
    peak_bytes: u64,
}

/// Prints ratios, memory and sizes.
pub(crate) async fn print(deployment: &Deployment) {
    let key = deployment.key(Duration::ZERO).await;
    let event = Sample::of("token").header("x-api-key", &key).to_json();
    let [mut noop, mut token] = [Seen::default(), Seen::default()];
    for _ in 0..STARTS {
        noop.start("noop_lambda", Variables::new(), &event).await;
        let answer = token.start("token", deployment.environment("token"), &event).await;
        serves(&answer);
    }
    let times = |token: &mut [Duration], noop: &mut [Duration]| {
        let (token, noop) = (median(token), median(noop));
        format!("{:.2} times  ({token:.1?} to {noop:.1?} here)", ratio(token, noop))
    };
    println!("\nStart of the function token, to one that does nothing (medians of {STARTS} alternating starts)");
    println!("  to its first poll                {}", times(&mut token.first_polls, &mut noop.first_polls));
    println!("  to its first answer              {}", times(&mut token.first_answers, &mut noop.first_answers));
    println!("  peak memory, after a read        {:.1} MB, {:.1} MB", megabytes(token.peak_bytes), megabytes(noop.peak_bytes));
    let busy = busy_peak(deployment, &event).await;
    println!("  peak memory, after a refresh     {:.1} MB, and {READS} reads", megabytes(busy));

    println!("\nSize of the binaries");
    for name in template::functions().into_iter().chain(["noop_lambda".to_owned()]) {
        let size = fs::metadata(binaries().join(&name)).expect("a built binary").len();
        println!("  {name:<32} {:.1} MB", megabytes(size));
    }
}

impl Seen {
    async fn start(&mut self, binary: &str, variables: Variables, event: &Value) -> Value {
        let lambda = Lambda::start(&binaries().join(binary), variables).await;
        let answer = lambda.invoke(event).await.expect("an answer");
        self.first_polls.push(lambda.time_to_first_poll().expect("it polled"));
        self.first_answers.push(lambda.time_to_first_answer().expect("it answered"));
        self.peak_bytes = self.peak_bytes.max(lambda.peak_memory_bytes().expect("it runs"));
        answer
    }
}

/// Checks that the function accepted its configuration: one that refuses it starts fast, and must not be measured.
fn serves(answer: &Value) {
    assert_eq!(answer["statusCode"], 200, "{answer}");
}

/// The peak memory of a function after a refresh and many reads.
async fn busy_peak(deployment: &Deployment, event: &Value) -> u64 {
    let lambda = Lambda::start(&binaries().join("token"), deployment.environment("token")).await;
    deployment.expire().await;
    for _ in 0..READS {
        serves(&lambda.invoke(event).await.expect("an answer"));
    }
    lambda.peak_memory_bytes().expect("it runs")
}

#[expect(clippy::cast_precision_loss, reason = "one digit is printed")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
