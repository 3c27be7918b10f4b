//! Names whose addresses a test chooses.

use std::net::TcpListener;

use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::secret::Secret;
use counterfoil_core::model::webhook::endpoint::{EndpointId, EndpointName};
use counterfoil_core::model::webhook::notification::{EndpointChange, EndpointEvent, Notification};
use jiff::Timestamp;

use super::*;
use crate::resolver::tests::Scripted;

const PUBLIC: &[&str] = &["8.8.8.8"];

fn sender(answers: &[&[&str]], loopback: bool) -> Sender {
    Sender::with_lookup(Scripted::new(answers), Permitted { loopback })
}

async fn send(sender: &Sender, url: &str) -> Reply {
    let endpoint = EndpointName { partner: PartnerId::default_partner(), id: EndpointId::new("we_1".to_owned()) };
    let at = Timestamp::UNIX_EPOCH;
    let event = EndpointEvent { id: "evt_1".to_owned(), endpoint, url: url.to_owned(), at, change: EndpointChange::Test };
    let notification = Notification::Endpoint(event);
    let secrets = [Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")];
    sender.send(Message { url, secrets: &secrets, notification: &notification, at, time: Duration::from_millis(500) }).await.reply
}

/// A listener on a free port, and the address of an endpoint there by its name.
fn listening(scheme: &str, name: &str) -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.set_nonblocking(true).expect("a setting");
    let url = format!("{scheme}://{name}:{}/hooks", listener.local_addr().expect("bound").port());
    (listener, url)
}

#[tokio::test]
async fn a6_a_name_that_resolves_to_another_address_after_the_check_is_not_connected_to() {
    for second in [&["127.0.0.1"] as &[&str], &["::ffff:127.0.0.1"], &["169.254.169.254", "10.0.0.1"]] {
        let (listener, url) = listening("https", "hooks.example.com");
        let sender = sender(&[PUBLIC, second], false);
        assert_eq!(sender.check(&url).await, Ok(()));
        assert_eq!(send(&sender, &url).await, Reply::None(SendFailure::AddressRefused));
        assert!(listener.accept().is_err(), "nobody connected");
    }
}

#[tokio::test]
async fn a6_a_connection_is_made_to_the_address_that_was_checked_without_a_second_lookup() {
    let (listener, url) = listening("http", "hooks.localhost");
    // A second lookup would find no answer in the script.
    let sender = sender(&[&["10.0.0.1", "127.0.0.1"]], true);
    assert_eq!(send(&sender, &url).await, Reply::None(SendFailure::TimedOut), "the listener does not answer");
    assert!(listener.accept().is_ok(), "it was connected to");
}

#[tokio::test]
async fn a6_names_without_a_public_address_are_refused_with_the_reason() {
    let check = async |answer: &[&str]| match sender(&[answer], false).check("https://hooks.example.com").await {
        Err(Error::Invalid { code: "invalid_url", message }) => message,
        other => panic!("{other:?}"),
    };
    assert_eq!(check(&["10.0.0.1", "fd00:ec2::254"]).await, Refused::NotPublic.to_string());
    assert_eq!(check(&[]).await, "The host of the url has no IP address.");
}

#[tokio::test]
async fn a_name_without_an_address_is_unknown() {
    assert_eq!(send(&sender(&[&[]], false), "https://hooks.example.com").await, Reply::None(SendFailure::NameUnknown));
}
