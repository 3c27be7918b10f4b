//! Endpoints that do not answer.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::model::webhook::delivery::{Reply, SendFailure};
use counterfoil_core::port::webhooks::Sent;
use counterfoil_webhooks::Sender;
use rustls::pki_types::PrivateKeyDer;

use crate::server::{Answer, Server, send, send_within};

fn failed(failure: SendFailure) -> Sent {
    Sent { reply: Reply::None(failure), retry_after: None }
}

#[tokio::test]
async fn w3_an_endpoint_that_does_not_answer_in_time_has_timed_out() {
    for silent in [Answer::Never, Answer::Bytes(b"HTTP/1.1 200".to_vec())] {
        let server = Server::start(silent).await;
        let sent = send_within(&Sender::new(true), &server.url(), Duration::from_millis(200)).await;
        assert_eq!(sent, failed(SendFailure::TimedOut));
    }
}

#[tokio::test]
async fn a_connection_that_ends_before_the_answer_is_lost() {
    let headers = b"HTTP/1.1 200 OK\r\nx-long: ".to_vec();
    for odd in [Answer::Close, Answer::Bytes(b"not HTTP\r\n\r\n".to_vec()), Answer::Endless(headers)] {
        let server = Server::start(odd).await;
        assert_eq!(send(&Sender::new(true), &server.url()).await, failed(SendFailure::ConnectionLost));
    }
}

#[tokio::test]
async fn a_port_without_a_server_is_a_failed_connection() {
    let port = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("bound").port();
    let sent = send(&Sender::new(true), &format!("http://127.0.0.1:{port}")).await;
    assert_eq!(sent, failed(SendFailure::ConnectionFailed));
}

#[tokio::test]
async fn tls_to_a_server_without_tls_fails() {
    assert_eq!(send(&Sender::new(true), &speaking(b"HTTP/1.1 400 Bad Request\r\n\r\n")).await, failed(SendFailure::TlsFailed));
    assert_eq!(send(&Sender::new(true), &speaking(b"")).await, failed(SendFailure::TlsFailed), "it ends the connection");
}

/// The address of a server that sends these bytes to a TLS client and ends the connection.
fn speaking(bytes: &'static [u8]) -> String {
    serving(move |mut stream| {
        let mut hello = [0; 4_096];
        let _ = stream.read(&mut hello);
        let _ = stream.write_all(bytes);
        let _ = stream.shutdown(Shutdown::Write);
        // Otherwise what is unread resets the connection.
        while stream.read(&mut hello).is_ok_and(|read| read > 0) {}
    })
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_refused() {
    let own = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::try_from(own.signing_key.serialize_der()).expect("a key");
    let config = rustls::ServerConfig::builder_with_provider(rustls::crypto::aws_lc_rs::default_provider().into())
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![own.cert.der().clone()], key)
        .expect("a key of the certificate");
    let config = Arc::new(config);
    let url = serving(move |stream| {
        let connection = rustls::ServerConnection::new(Arc::clone(&config)).expect("a connection");
        let _ = rustls::StreamOwned::new(connection, stream).write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    });
    assert_eq!(send(&Sender::new(true), &url).await, failed(SendFailure::TlsFailed));
}

/// The address of a server that treats its first connection like this.
fn serving(treat: impl FnOnce(TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("bound").port();
    std::thread::spawn(move || treat(listener.accept().expect("a connection").0));
    format!("https://127.0.0.1:{port}")
}
