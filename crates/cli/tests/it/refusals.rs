//! The reasons why a start fails: one sentence each, with what to do.

use std::fs;
use std::net::TcpListener;

use crate::harness::Machine;

#[tokio::test]
async fn a_second_server_on_the_folder_is_refused_until_the_first_ends() {
    let machine = Machine::new();
    let first = machine.dev(&[]).await;
    let said = machine.refusal(&["dev", "--port", "0"]).await;
    assert!(said.contains(first.told("base_url")) && said.contains("--data-dir"), "{said}");
    let health = first.client.get(first.url("/health")).send().await.expect("the first is undisturbed");
    assert!(health.status().is_success());
    first.kill().await;
    machine.dev(&[]).await.stop().await;
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let machine = Machine::new();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("bound").port().to_string();
    let said = machine.refusal(&["dev", "--port", &port]).await;
    assert!(said.contains(&format!("Port {port} is in use")) && said.contains("--port"), "{said}");
    assert!(!machine.path(".counterfoil/dev.json").exists());
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_to_is_named() {
    let machine = Machine::new();
    fs::write(machine.path("a-file"), "").expect("written");
    let said = machine.refusal(&["dev", "--port", "0", "--data-dir", "a-file/below"]).await;
    assert!(said.contains("a-file/below") && said.contains("--data-dir"), "{said}");
}

#[tokio::test]
async fn unreadable_variables_are_named_and_not_quoted() {
    let mut machine = Machine::new();
    fs::write(machine.path(".env"), "OPEN_START=true\nQUICKBOOKS_CLIENT_SECRET \"canary\n").expect("written");
    let said = machine.refusal(&["dev", "--port", "0"]).await;
    assert!(said.contains("after OPEN_START") && !said.contains("canary"), "{said}");
    fs::write(machine.path(".env"), "LEASE_MS=soon\n").expect("written");
    assert!(machine.refusal(&["dev", "--port", "0"]).await.contains("LEASE_MS"));
    fs::remove_file(machine.path(".env")).expect("removed");
    machine.set("RUST_LOG", "=,=");
    assert!(machine.refusal(&["dev", "--port", "0"]).await.contains("RUST_LOG"));
}

#[tokio::test]
async fn damaged_files_are_named() {
    let machine = Machine::new();
    machine.dev(&[]).await.stop().await;
    fs::write(machine.path(".counterfoil/dev.json"), "{").expect("written");
    assert!(machine.refusal(&["dev", "--port", "0"]).await.contains("dev.json"));
    fs::remove_file(machine.path(".counterfoil/dev.json")).expect("removed");
    fs::write(machine.path(".counterfoil/stand-in.json"), "{").expect("written");
    assert!(machine.refusal(&["dev", "--port", "0"]).await.contains("stand-in.json is damaged. Delete it"));
    fs::remove_file(machine.path(".counterfoil/stand-in.json")).expect("removed");
    fs::write(machine.path(".counterfoil/dynamodb.sqlite"), "no database, whatever the name says".repeat(99)).expect("written");
    assert!(machine.refusal(&["dev", "--port", "0"]).await.contains("dynamodb.sqlite"));
}

#[tokio::test]
async fn without_a_table_a_command_says_how_to_get_one() {
    let machine = Machine::new();
    let said = machine.refusal(&["key", "list"]).await;
    assert!(said.contains("counterfoil dev") && said.contains("TABLE_NAME"), "{said}");
    assert!(!machine.path(".counterfoil").exists());
}
