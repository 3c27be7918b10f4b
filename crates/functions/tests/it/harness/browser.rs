//! A browser, or a command line that stores cookies, without a key.

use axum::Router;

use super::BASE_URL;
use super::http::{Answer, Ask, get, post};

/// Stores the only cookie that Counterfoil sets.
pub(crate) struct Browser<'a> {
    server: &'a Router,
    accept: &'static str,
    pub(crate) cookie: Option<String>,
}

impl<'a> Browser<'a> {
    /// A browser that accepts pages.
    pub(crate) fn at(server: &'a Router) -> Self {
        Self { server, accept: "text/html,application/xhtml+xml", cookie: None }
    }

    /// A client that accepts anything, like `curl` with a cookie jar.
    pub(crate) fn curl(server: &'a Router) -> Self {
        Self { server, accept: "*/*", cookie: None }
    }

    pub(crate) async fn get(&mut self, path: impl AsRef<str>) -> Answer {
        self.send(get(path)).await
    }

    /// From this address.
    pub(crate) async fn get_from(&mut self, path: impl AsRef<str>, source_ip: &str) -> Answer {
        self.send(get(path).from(source_ip)).await
    }

    pub(crate) async fn post(&mut self, path: impl AsRef<str>) -> Answer {
        self.send(post(path)).await
    }

    /// Sends a form.
    pub(crate) async fn submit(&mut self, path: impl AsRef<str>, form: &str) -> Answer {
        let ask = post(path).header("content-type", "application/x-www-form-urlencoded");
        self.send(ask.body(form.to_owned())).await
    }

    /// Opens a start or a connect link. Returns the address of the platform's page.
    pub(crate) async fn start(&mut self, path: impl AsRef<str>) -> String {
        self.open(path.as_ref()).await
    }

    /// Opens the address of a server's start, or a connect link. Returns the address of the platform's page.
    pub(crate) async fn open(&mut self, address: &str) -> String {
        let path = address.strip_prefix(BASE_URL).unwrap_or(address);
        let mut answer = self.get(path).await;
        if answer.status == 200 {
            assert!(answer.body.contains(r#"<form method="post">"#), "{}", answer.body);
            answer = self.post(path).await;
            assert_eq!(answer.status, 303, "{}", answer.body);
        }
        answer.location().to_owned()
    }

    async fn send(&mut self, mut ask: Ask) -> Answer {
        ask = ask.header("accept", self.accept);
        if let Some(cookie) = &self.cookie {
            ask = ask.header("cookie", cookie);
        }
        let answer = ask.to(self.server).await;
        if let Some(set) = answer.header("set-cookie") {
            self.cookie = set.split(';').next().map(str::to_owned);
        }
        answer
    }
}
