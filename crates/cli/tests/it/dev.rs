//! `counterfoil dev`, from the first start to a token.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use reqwest::StatusCode;
use serde_json::json;

use crate::harness::Machine;

#[tokio::test]
async fn the_printed_commands_give_a_new_user_a_token() {
    let machine = Machine::new();
    let dev = machine.dev(&["--ephemeral"]).await;
    let (base, key) = (dev.told("base_url"), dev.told("api_key"));
    assert!(dev.banner.contains(&format!("{base}/oauth/start/acme?company_name=Acme\n")), "{}", dev.banner);
    let curl = format!("curl -sS -H \"X-API-Key: {key}\" {base}/api/token/acme\n");
    assert!(dev.banner.contains(&curl), "{}", dev.banner);

    let stored = dev.connect("acme").await;
    assert_eq!((&stored["company_key"], &stored["connected"]), (&json!("acme"), &json!(true)));
    assert!(!dev.token("acme").await.is_empty());
    let ready = dev.client.get(dev.url("/ready")).send().await.expect("answers");
    assert_eq!(ready.status(), StatusCode::OK);
}

#[tokio::test]
async fn dev_json_has_seven_fields_and_only_its_owner_can_read_it() {
    let machine = Machine::new();
    let dev = machine.dev(&["--ephemeral"]).await;
    let names: Vec<_> = dev.file.as_object().expect("an object").keys().map(String::as_str).collect();
    let wanted = ["api_key", "base_url", "dynamodb_access_key", "dynamodb_url", "partner_id", "publishable_key", "stand_ins_url"];
    assert_eq!(names, wanted);
    assert_eq!(dev.told("partner_id"), "default");
    assert!(dev.told("api_key").starts_with("cf_live_default_"));
    assert!(dev.told("publishable_key").starts_with("cf_pub_default_"));
    for file in ["dev.json", "keyring.json"] {
        let mode = fs::metadata(machine.path(".counterfoil").join(file)).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

#[tokio::test]
async fn a1_a_publishable_key_reads_no_token() {
    let machine = Machine::new();
    let dev = machine.dev(&["--ephemeral"]).await;
    let (status, body) = dev.ask_token("acme", dev.told("publishable_key")).await;
    assert_eq!((status, &body["code"]), (StatusCode::FORBIDDEN, &json!("insufficient_scope")));
}

#[tokio::test]
async fn localhost_is_served_on_both_of_its_addresses() {
    let machine = Machine::new();
    let dev = machine.dev(&["--ephemeral"]).await;
    let has_v6 = std::net::TcpListener::bind(("::1", 0)).is_ok();
    for host in ["127.0.0.1", "[::1]"].into_iter().take(if has_v6 { 2 } else { 1 }) {
        let url = dev.url("/health").replace("localhost", host);
        assert_eq!(dev.client.get(url).send().await.expect("answers").status(), StatusCode::OK, "{host}");
    }
}

#[tokio::test]
async fn the_refresher_runs_on_the_laptop() {
    let machine = Machine::new();
    let dev = machine.dev(&["--ephemeral"]).await;
    dev.tell_stand_in("settings", &json!({ "access_token_seconds": 3 })).await;
    dev.connect("acme").await;
    dev.until_refreshes(1).await;
}

#[tokio::test]
async fn set_variables_override_the_defaults_and_the_environment_overrides_the_file() {
    let mut machine = Machine::new();
    let file = "PUBLIC_BASE_URL=https://file.example.com\nOPEN_START=false\n";
    fs::write(machine.path(".env"), file).expect("written");
    machine.set("PUBLIC_BASE_URL", "https://tunnel.example.com");
    machine.set("TABLE_NAME", "a-deployed-table");
    let dev = machine.dev(&["--ephemeral"]).await;
    assert_eq!(dev.told("base_url"), "https://tunnel.example.com");
    let served = dev.banner.lines().find_map(|line| line.trim().strip_prefix("Served at")).expect("where it is served");
    let served = served.trim().split(';').next().expect("an address");
    let start = dev.client.get(format!("{served}/oauth/start/acme"));
    let elsewhere = start.try_clone().expect("no body").send().await.expect("answers");
    assert_eq!(elsewhere.headers()["location"], "https://tunnel.example.com/oauth/start/acme?moved=1");
    assert!(dev.banner.contains("With OPEN_START=true anybody"), "{}", dev.banner);
    let through_the_tunnel = start.header("host", "tunnel.example.com").send().await.expect("answers");
    assert_eq!(through_the_tunnel.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn with_credentials_the_browser_goes_to_intuit() {
    let mut machine = Machine::new();
    machine.set("QUICKBOOKS_CLIENT_ID", "an-id");
    machine.set("QUICKBOOKS_CLIENT_SECRET", "canary-secret");
    let dev = machine.dev(&["--ephemeral"]).await;
    assert!(dev.banner.contains(&dev.url("/oauth/callback")), "{}", dev.banner);
    assert!(!dev.banner.contains("canary"), "{}", dev.banner);
    let start = dev.client.get(dev.url("/oauth/start/acme")).send().await.expect("answers");
    let page = start.headers()["location"].to_str().expect("text");
    assert!(page.starts_with("https://appcenter.intuit.com/connect/oauth2?"), "{page}");
}

#[tokio::test]
async fn every_platform_is_listed_and_its_stand_in_knows_our_redirect_uri() {
    let machine = Machine::new();
    let dev = machine.dev(&["--ephemeral"]).await;
    for platform in ["quickbooks", "xero", "zoho", "freshbooks"] {
        let start = dev.client.get(dev.url(&format!("/oauth/start/acme-{platform}?platform={platform}")));
        let started = start.send().await.expect("answers");
        let page = started.headers()["location"].to_str().expect("text").to_owned();
        assert!(page.starts_with(&format!("{}/{platform}/", dev.told("stand_ins_url"))), "{page}");
        assert_eq!(dev.client.get(&page).send().await.expect("a page").status(), StatusCode::OK, "{page}");
        assert!(dev.banner.contains(&format!("{}/{platform}", dev.told("stand_ins_url"))), "{}", dev.banner);
    }
}
