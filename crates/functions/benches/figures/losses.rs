//! Counts lost grants at a platform without grace: the answer is late, or the process is frozen, or table and queue fail.

use std::process::Command;
use std::time::Duration;

use counterfoil_testkit::wire::{Fault, Rule};
use futures_util::future::join_all;
use serde_json::json;

use crate::connected;
use crate::deployment::Deployment;
use crate::event::Sample;
use crate::function::Function;

/// Within a function's time of 25 s, less 6 s for storing.
const SLOW_SECONDS: [u64; 6] = [1, 5, 11, 12, 15, 18];
const FROZEN_SECONDS: [u64; 4] = [3, 11, 15, 18];
const AWAY_SECONDS: [u64; 3] = [6, 12, 18];
/// The platform's time, unless stated otherwise.
const ANSWERS_AFTER: Duration = Duration::from_millis(500);

/// Prints the number of losses of each kind.
pub(crate) async fn print() {
    println!("\nGrants whose platform gives each refresh token once");
    let slow = join_all(SLOW_SECONDS.map(|seconds| lost_if(Duration::from_secs(seconds), async |_, _| {}))).await;
    print_lost("answered after", &SLOW_SECONDS, &slow);
    let frozen = join_all(
        FROZEN_SECONDS
            .map(|seconds| lost_if(ANSWERS_AFTER, async move |deployment, token| frozen(deployment, token, seconds).await)),
    )
    .await;
    print_lost("process frozen for", &FROZEN_SECONDS, &frozen);
    let away =
        join_all(AWAY_SECONDS.map(|seconds| lost_if(ANSWERS_AFTER, async move |_, token| away(token, seconds).await))).await;
    print_lost("table and queue away for", &AWAY_SECONDS, &away);
}

fn print_lost(what: &str, seconds: &[u64], lost: &[bool]) {
    let all: Vec<_> = seconds.iter().map(u64::to_string).collect();
    let lost = lost.iter().filter(|lost| **lost).count();
    println!("  {what:<32} {} s: {lost} of {} lost", all.join(", "), seconds.len());
}

/// Whether an expired token cannot be read, or not stored, if the platform takes this time and `befalls` happens during its refresh.
async fn lost_if(answers_after: Duration, befalls: impl AsyncFn(&Deployment, &Function)) -> bool {
    let deployment = connected().await;
    deployment.expire().await;
    let delay = u64::try_from(answers_after.as_millis()).expect("seconds");
    deployment.intuit.control("settings", json!({ "rotation": "strict", "token_delay_ms": delay })).await;
    let before = deployment.connection().await.epoch;
    let event = Sample::of("token").header("x-api-key", &deployment.key(Duration::ZERO).await).to_json();
    let token = deployment.function("token").await;
    let ((), answer) = tokio::join!(befalls(&deployment, &token), token.answer(&event));
    answer.status != 200 || deployment.connection().await.epoch != before + 1
}

/// Freezes the process from the moment at which the platform has the request.
async fn frozen(deployment: &Deployment, token: &Function, seconds: u64) {
    while deployment.intuit.requests("token.refresh_token").await == 0 {
        tokio::task::yield_now().await;
    }
    signal("-STOP", token.lambda.pid());
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    signal("-CONT", token.lambda.pid());
}

fn signal(name: &str, pid: u32) {
    assert!(Command::new("kill").args([name, &pid.to_string()]).status().is_ok_and(|status| status.success()));
}

/// Nothing listens at the queue's address. The table takes leases and no commits.
async fn away(token: &Function, seconds: u64) {
    token.wire.inject(Rule::on("UpdateItem", Fault::TimeoutBeforeApply).times(usize::MAX));
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    token.wire.reset();
}
