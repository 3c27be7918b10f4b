//! An endpoint of a partner: a server on a free port that answers every request in the same way.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::model::event::Payload;
use counterfoil_core::model::secret::Secret;
use counterfoil_core::port::webhooks::{Message, Sent, Webhooks as _};
use counterfoil_webhooks::Sender;
use jiff::Timestamp;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::samples::connection;

/// The time-out of a request to a server that answers.
pub(crate) const TIME: Duration = Duration::from_secs(15);
/// The time of every attempt.
pub(crate) const AT: Timestamp = Timestamp::constant(1_795_861_860, 500_000_000);

/// How a server answers.
#[derive(Clone)]
pub(crate) enum Answer {
    /// With these bytes, each time.
    Bytes(Vec<u8>),
    /// With these bytes, and then zeros without an end.
    Endless(Vec<u8>),
    /// Not at all, with the connection open.
    Never,
    /// It reads the request and ends the connection.
    Close,
}

/// A status, headers that each end with a line break, and a body.
pub(crate) fn answer(status: u16, headers: &str, body: &[u8]) -> Answer {
    let head = format!("HTTP/1.1 {status} Some\r\n{headers}content-length: {}\r\n\r\n", body.len());
    Answer::Bytes([head.as_bytes(), body].concat())
}

/// A request that arrived.
pub(crate) struct Request {
    head: String,
    pub(crate) body: String,
    /// Which connection it came on.
    pub(crate) connection: usize,
}

impl Request {
    pub(crate) fn line(&self) -> &str {
        self.head.lines().next().unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let fields = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        fields.into_iter().find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// A server and what it saw.
pub(crate) struct Server {
    port: u16,
    requests: mpsc::UnboundedReceiver<Request>,
    ended: mpsc::UnboundedReceiver<()>,
}

impl Server {
    pub(crate) async fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let (seen, requests) = mpsc::unbounded_channel();
        let (over, ended) = mpsc::unbounded_channel();
        let answer = Arc::new(answer);
        tokio::spawn(async move {
            for connection in 0.. {
                let (stream, _) = listener.accept().await.expect("a connection");
                let (answer, seen, over) = (Arc::clone(&answer), seen.clone(), over.clone());
                tokio::spawn(async move {
                    serve(stream, &answer, connection, &seen).await;
                    let _ = over.send(());
                });
            }
        });
        Self { port, requests, ended }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hooks", self.port)
    }

    pub(crate) fn https_url(&self) -> String {
        format!("https://127.0.0.1:{}/hooks", self.port)
    }

    /// The next request, which has arrived or arrives soon.
    pub(crate) async fn request(&mut self) -> Request {
        timeout(TIME, self.requests.recv()).await.expect("a request").expect("the server runs")
    }

    /// Whether it got no other request.
    pub(crate) fn is_idle(&mut self) -> bool {
        self.requests.try_recv().is_err()
    }

    /// Waits until a connection has ended.
    pub(crate) async fn until_a_connection_ends(&mut self) {
        timeout(TIME, self.ended.recv()).await.expect("an end").expect("the server runs");
    }
}

async fn serve(mut stream: TcpStream, answer: &Answer, connection: usize, seen: &mpsc::UnboundedSender<Request>) {
    while let Some((head, body)) = read(&mut stream).await {
        let _ = seen.send(Request { head, body, connection });
        match answer {
            Answer::Bytes(bytes) => drop(stream.write_all(bytes).await),
            Answer::Endless(head) => {
                let _ = stream.write_all(head).await;
                while stream.write_all(&[0; 4_096]).await.is_ok() {}
                return;
            }
            Answer::Never => {}
            Answer::Close => return,
        }
    }
}

/// A request; `None` if the connection has ended.
async fn read(stream: &mut TcpStream) -> Option<(String, String)> {
    let mut bytes = Vec::new();
    loop {
        if let Some((head, body)) = std::str::from_utf8(&bytes).ok().and_then(|text| text.split_once("\r\n\r\n")) {
            let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return Some((head.to_owned(), body.to_owned()));
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

/// The secret of every endpoint.
pub(crate) fn secret() -> Secret {
    Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
}

/// Sends an event.
pub(crate) async fn send(sender: &Sender, url: &str) -> Sent {
    send_within(sender, url, TIME).await
}

/// Sends an event with this time-out.
pub(crate) async fn send_within(sender: &Sender, url: &str, time: Duration) -> Sent {
    let (notification, secrets) = (connection(Payload::Connected), [secret()]);
    let sent = sender.send(Message { url, secrets: &secrets, notification: &notification, at: AT, time });
    timeout(TIME * 2, sent).await.expect("every attempt ends")
}
