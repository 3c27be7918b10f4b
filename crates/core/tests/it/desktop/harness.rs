//! An end user with a Web Connector, and a clock that the test moves.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::App;
use counterfoil_core::model::api_key::{ApiKey, PresentedKey, Scope, compose};
use counterfoil_core::model::audit::Action;
use counterfoil_core::model::desktop::auth_session::LIFE;
use counterfoil_core::model::desktop::connection::{DesktopConnection, Ticket};
use counterfoil_core::model::desktop::end_user::EndUserName;
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::secret::{Fingerprint, Secret};
use counterfoil_core::port::clock::Clock as _;
use counterfoil_core::service::desktop::auth_flow::{
    NewAuthSession, OpenedSession, create_auth_session, open_auth_session, show_password,
};
use counterfoil_core::service::desktop::end_users::{NewEndUser, create_end_user};
use counterfoil_core::service::desktop::receive::{Progress, Received, receive};
use counterfoil_core::service::desktop::send::{Host, Pause, last_error, next_request};
use counterfoil_core::service::desktop::sign_in::{SignIn, sign_in};
use counterfoil_core::service::job::POLL;
use counterfoil_core::service::job::ask::{Answer, Ask, AskError, ask};
use counterfoil_desktop::protocol::Protocol;
use counterfoil_testkit::clock::MovableClock;
use counterfoil_testkit::fixture::{Fixture, Item, START, TABLE, by_operator, connection_id};
use counterfoil_testkit::platform::RotationPolicy;
use tokio::task::JoinHandle;

use crate::harness::key;

/// The longest time that a caller waits here.
pub(super) const PATIENCE: Duration = Duration::from_secs(90);
/// What a program sends with its first request for work, if QuickBooks says nothing of the company file.
pub(super) const HOST: &str = "<QBXML><QBXMLMsgsRs/></QBXML>";
/// An answer of QuickBooks without any objects.
pub(super) const ANSWER: &str = r#"<QBXML><QBXMLMsgsRs><CheckQueryRs requestID="1" statusCode="1"/></QBXMLMsgsRs></QBXML>"#;

pub(super) struct Desk {
    pub(super) installation: Fixture,
    pub(super) clock: Arc<MovableClock>,
    /// The process of the partner's requests.
    pub(super) app: Arc<App>,
    /// The process of the Web Connector's calls.
    pub(super) web: Arc<App>,
    pub(super) user: User,
}

/// An end user, and the password that the setup page showed.
#[derive(Clone)]
pub(super) struct User {
    pub(super) name: EndUserName,
    pub(super) password: Secret,
}

impl Desk {
    /// An end user whose QuickBooks has answered once. Its session has ended.
    pub(super) async fn new() -> Self {
        let desk = Self::before_setup().await;
        desk.set_up(&desk.user).await;
        desk.installation.wire.reset();
        desk
    }

    /// An end user who was shown a password.
    pub(super) async fn before_setup() -> Self {
        let installation = Fixture::new(RotationPolicy::Stable).await;
        let clock = Arc::new(MovableClock::new(START));
        let (app, web) = (installation.process_at(&clock), installation.process_at(&clock));
        let user = new_user(&app, "first").await;
        Self { installation, clock, app, web, user }
    }

    pub(super) async fn set_up(&self, user: &User) {
        let ticket = work(&self.web, user).await;
        assert!(self.first(&ticket).await.is_some_and(|request| request.contains("HostQueryRq")));
        assert_eq!(self.answered(&ticket, ANSWER).await, Progress::GoOn);
        assert!(matches!(signed_in(&self.web, user).await, SignIn::Idle));
    }

    /// Begins a request of the partner, in a task that waits for the answer.
    pub(super) async fn asking(&self, document: &str) -> Asking {
        self.asking_for(wanted(document)).await
    }

    pub(super) async fn asking_for(&self, wanted: Ask) -> Asking {
        let (app, name) = (Arc::clone(&self.app), self.user.name.clone());
        let jobs = self.jobs().await.len();
        let asking = tokio::spawn(async move { ask(&app, &name, wanted).await });
        crate::harness::eventually("a job in the table", async || self.jobs().await.len() > jobs || asking.is_finished()).await;
        Asking(asking)
    }

    /// The first request for work of a session.
    pub(super) async fn first(&self, ticket: &Secret) -> Option<String> {
        self.next_of(ticket, HOST, 13).await
    }

    /// A later request for work, if one waits. It does not wait for one.
    pub(super) async fn next(&self, ticket: &Secret) -> Option<String> {
        self.next_of(ticket, "", 13).await
    }

    pub(super) async fn next_of(&self, ticket: &Secret, host: &str, major: u16) -> Option<String> {
        let host = Host { answer: host, major };
        let found = next_request(&self.web, ticket, host, self.clock.elapsed(), &Protocol).await;
        found.unwrap_or_else(|error| panic!("{error}")).map(|request| request.expose().to_owned())
    }

    pub(super) async fn answered(&self, ticket: &Secret, document: &str) -> Progress {
        let received = Received { document: Secret::new(document), hresult: String::new(), message: String::new() };
        receive(&self.web, ticket, received, &Protocol).await.unwrap_or_else(|error| panic!("{error}"))
    }

    /// What the Web Connector shows at the end of the session; `None` if it asks for work again.
    pub(super) async fn last_words(&self, ticket: &Secret) -> Option<String> {
        match last_error(&self.web, ticket).await.unwrap_or_else(|error| panic!("{error}")) {
            Pause::HoldSession => None,
            Pause::End(text) => Some(text),
        }
    }

    /// Lets time pass until a task has ended.
    pub(super) async fn end<T: Send + 'static>(&self, task: JoinHandle<T>) -> T {
        let passing = async || {
            self.clock.advance(POLL);
            task.is_finished()
        };
        crate::harness::eventually("the end of a task", passing).await;
        task.await.expect("no panic")
    }

    pub(super) async fn connection(&self) -> DesktopConnection {
        let found = self.app.end_users.end_user(&self.user.name).await.expect("a table to read");
        found.expect("an end user").1.expect("a connection")
    }

    /// The jobs of the end user that are not finished.
    pub(super) async fn jobs(&self) -> Vec<(String, Item)> {
        let items = self.installation.items_under(&partition(&self.user)).await;
        items.into_iter().filter(|(key, _)| key.starts_with("JOB#")).collect()
    }

    /// Every item of the table.
    pub(super) async fn everything(&self) -> Vec<Item> {
        let mut pages = self.installation.client().scan().table_name(TABLE).into_paginator().items().send();
        let mut items = Vec::new();
        while let Some(item) = pages.try_next().await.expect("a table to read") {
            items.push(item);
        }
        items
    }
}

/// A request of a partner that waits.
pub(super) struct Asking(pub(super) JoinHandle<Result<Answer, AskError>>);

impl Asking {
    /// The answer, or why there is none. Time passes until then.
    pub(super) async fn end(self, desk: &Desk) -> Result<String, AskError> {
        desk.end(self.0).await.map(|answer| answer.document.expose().to_owned())
    }
}

pub(super) fn wanted(document: &str) -> Ask {
    Ask { document: Secret::new(document), is_write: false, session: None, wait: PATIENCE }
}

/// A query for at most this number of checks, with an iterator.
pub(super) fn checks(most: u32) -> String {
    document(&format!(r#"<CheckQueryRq requestID="1" iterator="Start"><MaxReturned>{most}</MaxReturned></CheckQueryRq>"#))
}

/// A write.
pub(super) fn new_check(memo: &str) -> Ask {
    let check = format!(r#"<CheckAddRq requestID="1"><CheckAdd><Memo>{memo}</Memo></CheckAdd></CheckAddRq>"#);
    Ask { is_write: true, ..wanted(&document(&check)) }
}

fn document(request: &str) -> String {
    let messages = format!(r#"<QBXMLMsgsRq onError="stopOnError">{request}</QBXMLMsgsRq>"#);
    format!(r#"<?xml version="1.0" encoding="utf-8"?><?qbxml version="13.0"?><QBXML>{messages}</QBXML>"#)
}

pub(super) fn partition(user: &User) -> String {
    format!("DESKTOP#{}#{}", user.name.partner, user.name.id)
}

pub(super) fn hash(ticket: &Secret) -> Fingerprint {
    Ticket::parse(ticket).expect("a ticket").hash
}

pub(super) async fn signed_in(web: &App, user: &User) -> SignIn {
    let signed_in = sign_in(web, &user.name.user_name(), &user.password, &Protocol).await;
    signed_in.unwrap_or_else(|error| panic!("{error}"))
}

/// Signs in while a job waits.
pub(super) async fn work(web: &App, user: &User) -> Secret {
    match signed_in(web, user).await {
        SignIn::Work(ticket) => ticket,
        SignIn::Idle => panic!("no job waits"),
        SignIn::Refused => panic!("refused"),
    }
}

pub(super) fn partners_key() -> ApiKey {
    key(&connection_id("x"))
}

/// An end user who was shown a password.
pub(super) async fn new_user(app: &Arc<App>, source_id: &str) -> User {
    let (company_name, email) = ("Larkspur".to_owned(), "x@example.com".to_owned());
    let new = NewEndUser { company_name, source_id: source_id.to_owned(), email };
    let end_user = create_end_user(app, &partners_key(), new).await.expect("an end user");
    let password = shown_password(app, &end_user.name).await;
    User { name: end_user.name, password }
}

/// The link of a session of the auth flow.
pub(super) struct Link {
    client_secret: Secret,
    publishable_key: Secret,
}

impl Link {
    pub(super) async fn new(app: &Arc<App>, end_user: &EndUserName) -> Self {
        let publishable_key = publishable_key(app).await;
        let new = NewAuthSession {
            end_user: end_user.clone(),
            publishable_key: publishable_key.clone(),
            life: LIFE,
            redirect_url: None,
        };
        let created = create_auth_session(app, &partners_key(), new).await.expect("a session");
        Self { client_secret: created.client_secret, publishable_key }
    }

    pub(super) async fn opened(&self, app: &App) -> OpenedSession {
        open_auth_session(app, &self.client_secret, self.publishable_key.expose()).await.expect("a session")
    }

    pub(super) async fn shown_password(&self, app: &App) -> Secret {
        show_password(app, &self.opened(app).await, &Protocol).await.expect("a password").password
    }
}

/// The password that a new session of the auth flow shows.
pub(super) async fn shown_password(app: &Arc<App>, end_user: &EndUserName) -> Secret {
    Link::new(app, end_user).await.shown_password(app).await
}

async fn publishable_key(app: &Arc<App>) -> Secret {
    let mut random = [0; 64];
    app.entropy.fill(&mut random);
    let secret = compose(&PartnerId::default_partner(), true, &random);
    let PresentedKey { id, hash, .. } = PresentedKey::parse(&secret).expect("well formed");
    let key = ApiKey { id, hash, scopes: vec![Scope::ConsentStart], ..partners_key() };
    app.partners.create_key(&key, &by_operator(&key.partner, Action::KeyCreated)).await.expect("a table to write to");
    secret
}
