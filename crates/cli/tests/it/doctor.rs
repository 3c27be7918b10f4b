//! `counterfoil doctor` on this machine.

use std::fs;

use counterfoil_stand_ins::quickbooks::Environment;

use crate::harness::{Machine, text};

#[tokio::test]
async fn the_doctor_names_the_missing_variables_of_a_deployment() {
    let mut machine = Machine::new();
    machine.set("KEYRING_SECRET_ARN", "arn:aws:secretsmanager:us-east-1:000000000000:secret:keyring");
    let output = machine.run(&["doctor"]).await;
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stdout);
    for (state, subject) in [
        ("missing", "TABLE_NAME"),
        ("missing", "PUBLIC_BASE_URL"),
        ("ok", "KEYRING_SECRET_ARN"),
        ("missing", "CREDENTIALS_SECRET_ARN"),
    ] {
        assert_eq!(state_of(&said, subject), Some(state), "{said}");
    }
}

/// The first word of the line about a subject.
pub(crate) fn state_of<'a>(said: &'a str, subject: &str) -> Option<&'a str> {
    said.lines()
        .find_map(|line| line.split_once(' ').filter(|(_, rest)| rest.trim_start().starts_with(subject)))
        .map(|(state, _)| state)
}

#[tokio::test]
async fn s5_a_working_laptop_has_no_findings_with_and_without_its_server_and_no_secret_is_shown() {
    let machine = Machine::new();
    let dev = machine.dev(&[]).await;
    let redirect_uri = dev.url("/oauth/callback");
    let keyring = fs::read_to_string(machine.path(".counterfoil/keyring.json")).expect("there");
    let primary = keyring.split('"').nth(3).expect("a key").to_owned();
    let secrets = [dev.told("api_key").to_owned(), primary, Environment::Production.client_secret().to_owned()];
    let running = machine.printed(&["doctor"]).await;
    dev.stop().await;
    let stopped = machine.printed(&["doctor"]).await;
    for said in [running, stopped] {
        let received =
            ["notifications, quickbooks production", "notifications, quickbooks sandbox", "notifications, xero production"];
        let others = ["configuration", "table", "keyring", "credentials, quickbooks production", "partner default", "API key"];
        for subject in others.into_iter().chain(received) {
            assert_eq!(state_of(&said, subject), Some("ok"), "{said}");
        }
        assert!(said.lines().any(|line| line.ends_with(&format!(" {redirect_uri}"))), "{said}");
        assert!(secrets.iter().all(|secret| !said.contains(secret.as_str())), "{said}");
    }
}

#[tokio::test]
async fn s6_a_lost_keyring_is_found() {
    let machine = Machine::new();
    machine.dev(&[]).await.stop().await;
    fs::remove_file(machine.path(".counterfoil/keyring.json")).expect("removed");
    assert!(machine.refusal(&["doctor"]).await.contains("keyring.json"));
}
