//! `counterfoil partner`.

use serde_json::json;

use crate::harness::Machine;

#[tokio::test]
async fn a_partner_is_created_shown_and_listed() {
    let machine = Machine::new();
    let _dev = machine.dev(&["--ephemeral"]).await;
    let uri = "https://app.example.com/connected";
    machine.printed(&["partner", "create", "second-app", "--name", "Second App", "--redirect-uri", uri]).await;
    let shown = machine.printed_json(&["partner", "show", "second-app", "--json"]).await;
    assert_eq!((&shown["name"], &shown["redirect_uris"]), (&json!("Second App"), &json!([uri])));
    let text = machine.printed(&["partner", "show", "second-app"]).await;
    assert!(text.contains(uri), "{text}");
    let listed = machine.printed(&["partner", "list"]).await;
    assert!(listed.contains("default") && listed.contains("Second App"), "{listed}");
    assert!(machine.refusal(&["partner", "create", "second-app", "--name", "Other"]).await.contains("already"));
    assert_eq!(machine.printed_json(&["partner", "list", "--json"]).await.as_array().expect("a list").len(), 2);
    machine.printed(&["key", "create", "--partner", "second-app", "--name", "its own", "--scope", "tokens:read"]).await;
    let keys = machine.printed_json(&["key", "list", "--partner", "second-app", "--json"]).await;
    assert_eq!(keys.as_array().expect("a list").len(), 1);
}

#[tokio::test]
async fn o10_redirect_uris_are_added_and_removed_byte_for_byte() {
    let machine = Machine::new();
    let first = "http://localhost:5173/done";
    let dev = machine.dev(&["--redirect-uri", first]).await;
    let second = "https://app.example.com/done/";
    machine.printed(&["partner", "add-redirect-uri", "default", second]).await;
    machine.printed(&["partner", "add-redirect-uri", "default", second]).await;
    let without_slash = second.trim_end_matches('/');
    assert!(machine.refusal(&["partner", "remove-redirect-uri", "default", without_slash]).await.contains("exact"));
    let plain = ["partner", "add-redirect-uri", "default", "http://app.example.com/done"];
    assert!(machine.refusal(&plain).await.contains("https://"));
    let shown = machine.printed_json(&["partner", "show", "default", "--json"]).await;
    assert_eq!(shown["redirect_uris"], json!([first, second]));
    let start = dev.url(&format!("/oauth/start/acme?return_url={first}"));
    assert_eq!(dev.client.get(start).send().await.expect("answers").status(), 302);
    dev.stop().await;

    machine.printed(&["partner", "remove-redirect-uri", "default", first]).await;
    let shown = machine.printed_json(&["partner", "show", "default", "--json"]).await;
    assert_eq!(shown["redirect_uris"], json!([second]));
    assert!(machine.refusal(&["partner", "show", "nobody"]).await.contains("no partner nobody"));
}
