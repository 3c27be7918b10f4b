//! Two hundred readers of one expired token, over eight processes, with a platform that takes 300 ms.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::json;

use crate::deployment::Deployment;
use crate::event::Sample;

const PROCESSES: usize = 8;
const READERS_EACH: usize = 25;
const PLATFORM_MS: u32 = 300;

/// Prints the number of requests and the longest wait.
pub(crate) async fn print(deployment: &Deployment) {
    deployment.expire().await;
    deployment.intuit.control("settings", json!({ "token_delay_ms": PLATFORM_MS })).await;
    let key = deployment.key(Duration::ZERO).await;
    let event = Sample::of("token").header("x-api-key", &key).to_json();
    let functions = join_all((0..PROCESSES).map(|_| deployment.function("token"))).await;

    let began = Instant::now();
    let queues = functions.iter().map(|function| async {
        let mut answers = Vec::new();
        for _ in 0..READERS_EACH {
            let status = function.answer(&event).await.status;
            // All readers arrive at the start, so the last one in a queue has waited for all others.
            answers.push((status, began.elapsed()));
        }
        answers
    });
    let answers = join_all(queues).await.concat();
    let served = answers.iter().filter(|(status, _)| *status == 200).count();
    let failed = answers.iter().filter(|(status, _)| *status >= 500).count();
    let longest = answers.iter().map(|(_, waited)| *waited).max().unwrap_or_default();
    let requests = deployment.intuit.requests("token.refresh_token").await;
    println!("\n{} readers of one ended token over {PROCESSES} processes, the platform taking {PLATFORM_MS} ms", answers.len());
    println!("  token requests at the platform   {requests}");
    let at_the_table: usize = functions.iter().map(|function| function.wire.requests().len()).sum();
    println!("  requests to the table            {at_the_table}");
    println!("  answered with the token          {served}, {failed} with a 5xx");
    println!(
        "  longest wait                     {:.1} times the platform's",
        longest.as_secs_f64() * 1e3 / f64::from(PLATFORM_MS)
    );
}
