//! `counterfoil import`: the connections of another system.

mod old_system;

use std::fs;
use std::process::Output;

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::harness::{Dev, Machine, signal, text};
use old_system::OldSystem;

/// Everything that a command printed.
fn printed(output: &Output) -> String {
    format!("{}{}", text(&output.stdout), text(&output.stderr))
}

async fn connection(dev: &Dev, key: &str) -> Value {
    let request = dev.client.get(dev.url(&format!("/api/connections/{key}"))).header("X-API-Key", dev.told("api_key"));
    request.send().await.expect("answers").json().await.expect("JSON")
}

fn as_file(lines: &[Value]) -> String {
    lines.iter().flat_map(|line| [line.to_string(), "\n".to_owned()]).collect()
}

#[tokio::test]
async fn the_connections_of_every_platform_are_imported_once() {
    let mut machine = Machine::new();
    machine.set("RUST_LOG", "debug");
    let dev = machine.dev(&[]).await;
    let old = OldSystem::beside(&dev);
    let mut lines = Vec::new();
    for platform in counterfoil_stand_ins::names() {
        lines.push(old.line(platform).await);
    }
    fs::write(machine.path("old.jsonl"), as_file(&lines)).expect("written");

    let first = machine.run(&["import", "old.jsonl"]).await;
    assert!(first.status.success(), "{}", text(&first.stderr));
    assert_eq!(text(&first.stdout), "5 connected, 0 imported before, 0 failed\n");
    for line in &lines {
        let (key, platform) = (line["company_key"].as_str().expect("a key"), line["platform"].as_str().expect("a name"));
        let found = connection(&dev, key).await;
        assert_eq!((&found["status"], &found["company_name"]), (&json!("active"), &json!("Acme Ltd")), "{found}");
        assert_eq!((dev.refreshes(platform).await, dev.token(key).await.is_empty()), (1, false), "{platform}");
    }

    let second = machine.run(&["import", "old.jsonl"]).await;
    assert!(second.status.success(), "{}", text(&second.stderr));
    assert_eq!(text(&second.stdout), "0 connected, 5 imported before, 0 failed\n");
    let log = printed(&first) + &printed(&second);
    for line in &lines {
        assert_eq!(dev.refreshes(line["platform"].as_str().expect("a name")).await, 1);
        assert!(!log.contains(line["refresh_token"].as_str().expect("a token")), "{log}");
        assert!(!log.contains(&dev.token(line["company_key"].as_str().expect("a key")).await), "{log}");
    }
}

#[tokio::test]
async fn a_line_that_fails_is_reported_by_its_number_and_the_rest_go_on() {
    let mut machine = Machine::new();
    machine.set("RUST_LOG", "debug");
    let dev = machine.dev(&[]).await;
    let old = OldSystem::beside(&dev);
    let good = old.line("xero").await;
    let with = |name: &str, value: Value| {
        let mut line = good.clone();
        line["refresh_token"] = json!("canary");
        line["company_key"] = json!("bad");
        line[name] = value;
        line.to_string()
    };
    let input = [
        r#"{"refresh_token": "canary"#.to_owned(),
        String::new(),
        with("platform", json!("canary")),
        format!("\"{}\"", "canary".repeat(10_000)),
        with("refresh_token_expires_at", json!(1)),
        with("company_key", json!("xero-canary")),
        with("location", json!("canary")),
        with("refresh_token", json!("canary-unknown")),
        good.to_string(),
    ];
    let output = machine.fed(&["import", "-"], &input.join("\n")).await;
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert_eq!(text(&output.stdout), "1 connected, 0 imported before, 7 failed\n", "{said}");
    for told in [
        "line 1: The line is not valid JSON",
        "line 3: platform must be one of",
        "line 4: The line is longer",
        "line 5 (bad): The refresh token expired at 1970-01-01T00:00:01Z",
        "line 6 (xero-canary): A company key that begins",
        "line 7 (bad): Xero has no data centre",
        "line 8 (bad): The platform refused the refresh token",
        "error: 7 lines failed",
    ] {
        assert!(said.contains(told), "{told}: {said}");
    }
    assert!(!said.replace("xero-canary", "").contains("canary"), "{said}");
    assert_eq!(connection(&dev, "bad").await["status"], json!("needs_reauthorization"), "of line 8");
    assert_eq!(dev.ask_token("bad", dev.told("api_key")).await.0, StatusCode::CONFLICT);
}

#[tokio::test]
async fn an_import_that_was_killed_goes_on_when_it_is_run_again() {
    let mut machine = Machine::new();
    // Intuit ends a grant whose token is presented twice at once: the next run waits until the first request is over.
    for (name, value) in [("PLATFORM_TIMEOUT_MS", "1000"), ("COMMIT_BUDGET_MS", "200"), ("LEASE_MS", "4000"), ("REST_MS", "300")]
    {
        machine.set(name, value);
    }
    let dev = machine.dev(&[]).await;
    let line = OldSystem::beside(&dev).line("quickbooks").await;
    fs::write(machine.path("old.jsonl"), as_file(std::slice::from_ref(&line))).expect("written");
    dev.tell_stand_in("settings", &json!({ "token_delay_ms": 1_500 })).await;
    let mut killed = machine.start(&["import", "old.jsonl"]);
    dev.until_refreshes(1).await;
    signal(&killed, "KILL").await;
    killed.wait().await.expect("can be waited for");
    dev.tell_stand_in("settings", &json!({ "token_delay_ms": 0 })).await;
    assert_eq!(machine.printed(&["import", "old.jsonl"]).await, "1 connected, 0 imported before, 0 failed\n");
    assert!(!dev.token(line["company_key"].as_str().expect("a key")).await.is_empty());
}

#[tokio::test]
async fn an_import_that_is_interrupted_finishes_the_lines_under_way() {
    let machine = Machine::new();
    let dev = machine.dev(&[]).await;
    let line = OldSystem::beside(&dev).line("quickbooks").await;
    dev.tell_stand_in("settings", &json!({ "token_delay_ms": 1_000 })).await;
    let mut child = machine.start(&["import", "-"]);
    let mut stdin = child.stdin.take().expect("piped");
    tokio::io::AsyncWriteExt::write_all(&mut stdin, as_file(&[line]).as_bytes()).await.expect("is read");
    dev.until_refreshes(1).await;
    signal(&child, "INT").await;
    let output = child.wait_with_output().await.expect("can be waited for");
    assert_eq!(text(&output.stdout), "1 connected, 0 imported before, 0 failed\n");
    assert!(text(&output.stderr).contains("error: Interrupted"), "{}", text(&output.stderr));
    assert_eq!(output.status.code(), Some(1));
    drop(stdin);
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let machine = Machine::new();
    machine.dev(&[]).await.stop().await;
    let said = machine.refusal(&["import", "none.jsonl"]).await;
    assert!(said.contains("none.jsonl cannot be opened"), "{said}");
    let said = machine.refusal(&["import", "-", "--partner", "nobody"]).await;
    assert!(said.contains("There is no partner nobody"), "{said}");
    assert_eq!(machine.printed(&["import", "-"]).await, "0 connected, 0 imported before, 0 failed\n");
}
