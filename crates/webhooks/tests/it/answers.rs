//! The answers of endpoints: only their status and `Retry-After` matter, and nothing in them costs more than its bound.

use std::time::Duration;

use counterfoil_core::model::webhook::delivery::Reply;
use counterfoil_core::port::clock::{Clock as _, SystemClock};
use counterfoil_core::port::webhooks::Sent;
use counterfoil_webhooks::Sender;

use crate::server::{Answer, Server, TIME, answer, send};

fn ok() -> Sent {
    Sent { reply: Reply::Status(200), retry_after: None }
}

#[tokio::test]
async fn w3_the_status_and_the_pause_of_an_answer_are_returned() {
    for (status, headers, pause) in [
        (200, "", None),
        (410, "", None),
        (429, "retry-after: 120\r\n", Some(120)),
        (503, "date: Wed, 16 Sep 2026 11:13:00 GMT\r\nretry-after: Wed, 16 Sep 2026 11:15:00 GMT\r\n", Some(120)),
        (503, "retry-after: 100000000000000\r\n", Some(86_400)),
        (503, "retry-after: soon\r\n", None),
        (500, "x-odd name: 1\r\nretry-after: \u{fc}\r\n", None),
    ] {
        let server = Server::start(answer(status, headers, b"{}")).await;
        let expected = Sent { reply: Reply::Status(status), retry_after: pause.map(Duration::from_secs) };
        assert_eq!(send(&Sender::new(true), &server.url()).await, expected, "{status} {headers}");
    }
}

#[tokio::test]
async fn a6_a_redirect_is_not_followed() {
    let mut target = Server::start(answer(200, "", b"")).await;
    for status in [301, 302, 303, 307, 308] {
        let redirect = answer(status, &format!("location: {}\r\n", target.url()), b"");
        let server = Server::start(redirect).await;
        assert_eq!(send(&Sender::new(true), &server.url()).await.reply, Reply::Status(status));
    }
    assert!(target.is_idle());
}

#[tokio::test]
async fn an_answer_of_10_mb_is_not_read_to_its_end_and_its_connection_is_closed() {
    let sender = Sender::new(true);
    let mut server = Server::start(answer(200, "", &vec![b'x'; 10 * 1024 * 1024])).await;
    assert_eq!(send(&sender, &server.url()).await, ok());
    server.until_a_connection_ends().await;
}

#[tokio::test]
async fn an_answer_without_an_end_is_not_read_on() {
    let sender = Sender::new(true);
    for head in ["HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n"] {
        let mut server = Server::start(Answer::Endless(head.into())).await;
        assert_eq!(send(&sender, &server.url()).await, ok());
        server.until_a_connection_ends().await;
    }
}

#[tokio::test]
async fn an_answer_whose_body_does_not_arrive_is_not_waited_for() {
    let (sender, clock) = (Sender::new(true), SystemClock::start());
    let mut server = Server::start(Answer::Bytes(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nten".to_vec())).await;
    assert_eq!(send(&sender, &server.url()).await, ok());
    server.until_a_connection_ends().await;
    assert!(clock.elapsed() < TIME / 2, "{:?}", clock.elapsed());
}
