//! An HTTP server whose answers a function makes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use url::Url;

use crate::raw::{Bytes, answer};

/// What is asked.
#[derive(Clone)]
pub(super) struct Request {
    pub(super) path: String,
    pub(super) query: BTreeMap<String, String>,
    /// The query, with every value of a repeated name.
    pub(super) queries: Vec<(String, String)>,
    /// By name in lower case.
    pub(super) headers: BTreeMap<String, String>,
}

/// The server, which ends with the test.
pub(super) struct Server {
    pub(super) base: String,
    requests: Arc<Mutex<Vec<Request>>>,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// `respond` gets the number of earlier requests.
    pub(super) async fn start(mut respond: impl FnMut(&Request, usize) -> Bytes + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("bound"));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let task = tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.expect("a connection");
                let Some(request) = read(&mut stream).await else { continue };
                let before = seen.lock().expect("not poisoned").len();
                let bytes = respond(&request, before);
                seen.lock().expect("not poisoned").push(request);
                // The caller may close the connection before the end, because an answer may be longer than it reads.
                let _ = stream.write_all(&bytes).await;
                let _ = stream.shutdown().await;
            }
        });
        Self { base, requests, task }
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        self.requests.lock().expect("not poisoned").clone()
    }
}

async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).ok()?;
    let mut lines = head.lines();
    let target = lines.next()?.split(' ').nth(1)?;
    let url = Url::parse("http://server").ok()?.join(target).ok()?;
    let headers = lines.filter_map(|line| line.split_once(": "));
    Some(Request {
        path: url.path().to_owned(),
        query: url.query_pairs().into_owned().collect(),
        queries: url.query_pairs().into_owned().collect(),
        headers: headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect(),
    })
}

/// A successful answer that closes its connection.
pub(super) fn ok(body: &str) -> Bytes {
    said(200, "", body)
}

/// An answer that closes its connection.
pub(super) fn said(status: u16, headers: &str, body: &str) -> Bytes {
    answer(status, &format!("connection: close\r\n{headers}"), body.as_bytes())
}
