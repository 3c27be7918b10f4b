//! A folder for each test, the binary that runs in it, and a customer who consents.

use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::time::Duration;

use counterfoil_stand_ins::quickbooks::Environment;
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode, Url};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::{interval, timeout};

/// The longest time that anything here may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// The company that the customer connects.
pub(crate) fn realm() -> &'static str {
    Environment::Production.companies()[0].realm
}

/// A machine without an installation: an empty folder, an empty environment.
pub(crate) struct Machine {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

impl Machine {
    pub(crate) fn new() -> Self {
        Self { folder: TempDir::new().expect("a folder"), variables: Vec::new() }
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_counterfoil"));
        command.args(arguments).current_dir(self.folder.path()).env_clear().envs(self.variables.iter().cloned());
        command.stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    /// Runs a command until it ends.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Output {
        let output = self.command(arguments).output();
        timeout(PATIENCE, output).await.expect("ends in time").expect("starts")
    }

    /// Starts a command whose input the test writes and whose output it reads.
    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("starts")
    }

    /// Runs a command with that input to its end.
    pub(crate) async fn fed(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = self.start(arguments);
        let mut stdin = child.stdin.take().expect("piped");
        stdin.write_all(input.as_bytes()).await.expect("is read");
        drop(stdin);
        timeout(PATIENCE, child.wait_with_output()).await.expect("ends in time").expect("can be waited for")
    }

    /// The output of a command that must succeed.
    pub(crate) async fn printed(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments).await;
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    /// The JSON output of a command that must succeed.
    pub(crate) async fn printed_json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.printed(arguments).await).expect("JSON")
    }

    /// The message of a command that must fail: one line, with exit code 1.
    pub(crate) async fn refusal(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments).await;
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(said.starts_with("error: "), "{said}");
        said
    }

    /// Starts `counterfoil dev` on a free port and waits until it is ready.
    pub(crate) async fn dev(&self, more: &[&str]) -> Dev {
        let arguments = [&["dev", "--port", "0"], more].concat();
        let mut child = self.command(&arguments).stdout(Stdio::piped()).spawn().expect("starts");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let mut banner = String::new();
        while !banner.contains("Ctrl-C stops it") {
            let line = timeout(PATIENCE, lines.next_line()).await.expect("is ready in time").expect("text");
            banner.push_str(&line.expect("is ready before it ends"));
            banner.push('\n');
        }
        let file = std::fs::read_to_string(self.path(".counterfoil/dev.json")).expect("written before it is ready");
        let file = serde_json::from_str(&file).expect("JSON");
        Dev { child, banner, file, client: client(), _stdout: lines }
    }
}

/// A running `counterfoil dev`. Dropping it kills the process.
pub(crate) struct Dev {
    child: Child,
    pub(crate) banner: String,
    pub(crate) file: Value,
    pub(crate) client: Client,
    /// Held open, because the server must not end when nobody reads its output.
    _stdout: Lines<BufReader<ChildStdout>>,
}

impl Dev {
    /// A field of `dev.json`.
    pub(crate) fn told(&self, name: &str) -> &str {
        self.file[name].as_str().expect("a string")
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.told("base_url"))
    }

    /// Connects a company in one browser: start, the stand-in's page, callback.
    pub(crate) async fn connect(&self, company_key: &str) -> Value {
        let url = self.url(&format!("/oauth/start/{company_key}?company_name=Acme"));
        let started = self.client.get(url).send().await.expect("answers");
        assert_eq!(started.status(), StatusCode::FOUND);
        let cookie = started.headers()[SET_COOKIE].to_str().expect("text");
        let cookie = cookie.split(';').next().expect("a pair").to_owned();
        let mut page = Url::parse(started.headers()[LOCATION].to_str().expect("text")).expect("an address");
        assert!(page.as_str().starts_with(self.told("stand_ins_url")), "{page}");
        let mut form: Vec<(String, String)> = page.query_pairs().into_owned().collect();
        form.push(("decision".to_owned(), "connect".to_owned()));
        form.push(("realm".to_owned(), realm().to_owned()));
        page.set_query(None);
        let consented = self.client.post(page).form(&form).send().await.expect("answers");
        assert_eq!(consented.status(), StatusCode::SEE_OTHER);
        let back = consented.headers()[LOCATION].to_str().expect("text");
        assert!(back.starts_with(&self.url("/oauth/callback?")), "{back}");
        let ended = self.client.get(back).header(COOKIE, cookie).send().await.expect("answers");
        assert_eq!(ended.status(), StatusCode::OK);
        ended.json().await.expect("JSON")
    }

    /// The answer of the token route for this key.
    pub(crate) async fn ask_token(&self, company_key: &str, api_key: &str) -> (StatusCode, Value) {
        let request = self.client.get(self.url(&format!("/api/token/{company_key}"))).header("X-API-Key", api_key);
        let answer = request.send().await.expect("answers");
        (answer.status(), answer.json().await.expect("JSON"))
    }

    /// The access token, read with the key of `dev.json`.
    pub(crate) async fn token(&self, company_key: &str) -> String {
        let (status, body) = self.ask_token(company_key, self.told("api_key")).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        body["access_token"].as_str().expect("a token").to_owned()
    }

    /// The access token of a refresh that must succeed.
    pub(crate) async fn refreshed(&self, company_key: &str) -> String {
        let request = self.client.post(self.url(&format!("/api/token/{company_key}/refresh")));
        let answer = request.header("X-API-Key", self.told("api_key")).send().await.expect("answers");
        let (status, body) = (answer.status(), answer.json::<Value>().await.expect("JSON"));
        assert_eq!(status, StatusCode::OK, "{body}");
        body["access_token"].as_str().expect("a token").to_owned()
    }

    fn control(&self, platform: &str, route: &str) -> String {
        format!("{}/{platform}/__control/{route}", self.told("stand_ins_url"))
    }

    /// The answer of a control route of a stand-in.
    pub(crate) async fn ask_stand_in(&self, platform: &str, route: &str) -> Value {
        let request = self.client.get(self.control(platform, route)).bearer_auth(self.told("dynamodb_access_key"));
        request.send().await.expect("answers").json().await.expect("JSON")
    }

    /// Sends a control request to the stand-in for QuickBooks.
    pub(crate) async fn tell_stand_in(&self, route: &str, body: &Value) {
        let request = self.client.post(self.control("quickbooks", route)).bearer_auth(self.told("dynamodb_access_key"));
        let answer = request.json(body).send().await.expect("answers");
        assert_eq!(answer.status(), StatusCode::OK);
    }

    /// How many requests with a refresh token a stand-in has got.
    pub(crate) async fn refreshes(&self, platform: &str) -> u64 {
        let state = self.ask_stand_in(platform, "state").await;
        state["requests"]["token.refresh_token"].as_u64().expect("a count")
    }

    /// Waits until the stand-in has had this number of requests with a refresh token.
    pub(crate) async fn until_refreshes(&self, wanted: u64) {
        let watch = async {
            let mut tick = interval(Duration::from_millis(20));
            while self.refreshes("quickbooks").await < wanted {
                tick.tick().await;
            }
        };
        timeout(PATIENCE, watch).await.expect("refreshes come");
    }

    /// Sends a signal by its name.
    pub(crate) async fn signal(&self, name: &str) {
        signal(&self.child, name).await;
    }

    /// Waits for the end of the process. Returns its exit code, unless it was killed.
    pub(crate) async fn end(mut self) -> Option<i32> {
        timeout(PATIENCE, self.child.wait()).await.expect("ends in time").expect("can be waited for").code()
    }

    /// Stops it as Ctrl-C does.
    pub(crate) async fn stop(self) {
        self.signal("INT").await;
        assert_eq!(self.end().await, Some(0));
    }

    /// Kills the process.
    pub(crate) async fn kill(self) {
        self.signal("KILL").await;
        assert_eq!(self.end().await, None);
    }
}

/// Sends a signal, by its name.
pub(crate) async fn signal(child: &Child, name: &str) {
    let pid = child.id().expect("runs").to_string();
    let sent = Command::new("/bin/sh").args(["-c", &format!("kill -{name} {pid}")]).status().await;
    assert!(sent.expect("a shell").success());
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

#[expect(clippy::disallowed_methods, reason = "these tests are a client of their own; nothing of ours is deployed with it")]
fn client() -> Client {
    // Another test in this process may have installed the provider already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    Client::builder().no_proxy().redirect(Policy::none()).timeout(PATIENCE).build().expect("a client")
}
