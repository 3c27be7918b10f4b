//! The addresses of endpoints: checked at their creation, and again at each attempt.

use counterfoil_core::Error;
use counterfoil_core::model::webhook::delivery::{Reply, SendFailure};
use counterfoil_core::port::webhooks::Webhooks as _;
use counterfoil_webhooks::Sender;

use crate::server::{Server, answer, send};

async fn refusal(sender: &Sender, url: &str) -> String {
    match sender.check(url).await {
        Err(Error::Invalid { code: "invalid_url", message }) => message,
        other => panic!("{url}: {other:?}"),
    }
}

#[tokio::test]
async fn a6_each_refusal_says_why() {
    let deployed = Sender::new(false);
    let not_public = "The host of the url is not a public address: it is private, loopback, link-local or reserved.";
    for (url, why) in [
        ("hooks", "The url cannot be read: it must be https:// with a host."),
        ("http://hooks.example.com", "The url must begin with https://."),
        ("https://me:secret@hooks.example.com", "The url must not contain a user name or a password."),
        ("https://hooks.example.com/#part", "The url must not contain a fragment (#)."),
        ("https://hooks.example.com:25/", "The port of the url must be 443, or from 1024 to 65535."),
        ("https://169.254.169.254/latest/meta-data", not_public),
        ("https://0x7f.1/", not_public),
        ("https://[::ffff:169.254.169.254]/", not_public),
        ("https://localhost/", not_public),
    ] {
        assert_eq!(refusal(&deployed, url).await, why, "{url}");
    }
    assert_eq!(refusal(&deployed, &format!("https://{}.com", "x".repeat(2_048))).await, "The url is longer than 2,048 bytes.");
}

#[tokio::test]
async fn a6_public_addresses_are_permitted_and_a_laptop_permits_loopback_too() {
    assert_eq!(Sender::new(false).check("https://8.8.8.8/hooks").await, Ok(()));
    for url in ["http://127.0.0.1:4000/hooks", "http://localhost:4000/hooks", "http://[::1]:4000"] {
        assert_eq!(Sender::new(true).check(url).await, Ok(()), "{url}");
    }
}

#[tokio::test]
async fn a6_an_attempt_to_an_address_that_is_not_permitted_makes_no_connection() {
    let mut server = Server::start(answer(200, "", b"")).await;
    let sender = Sender::new(false);
    let localhost = server.https_url().replace("127.0.0.1", "localhost");
    let decimal = server.https_url().replace("127.0.0.1", "2130706433");
    for url in [server.url(), server.https_url(), localhost, decimal, "https://10.0.0.1:8443".to_owned(), "?".to_owned()] {
        let reply = Reply::None(SendFailure::AddressRefused);
        assert_eq!(send(&sender, &url).await.reply, reply, "{url}");
    }
    assert!(server.is_idle());
}
