//! A case: a platform's behaviour, a refresh that is killed at some moment, and the state of the connection afterwards.

use counterfoil_core::model::connection::{DeathCause, GrantState};
use counterfoil_core::port::platform::CompaniesRequest;
use counterfoil_testkit::wire::{Fault, Rule};
use serde_json::{Value, json};

use crate::browser::LARKSPUR;
use crate::reader::{Heard, Reader, SLOW_MS};

/// The kinds of platforms, by their treatment of refresh tokens. The stand-in behaves like each of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Behaviour {
    Strict,
    Grace,
    Stable,
    Daily,
    Family,
    Fault,
    Slow,
}

impl Behaviour {
    pub(crate) const ALL: [Self; 7] =
        [Self::Strict, Self::Grace, Self::Stable, Self::Daily, Self::Family, Self::Fault, Self::Slow];

    /// The name in the table.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Grace => "grace",
            Self::Stable => "stable",
            Self::Daily => "daily",
            Self::Family => "family",
            Self::Fault => "fault",
            Self::Slow => "slow",
        }
    }

    /// The stand-in's settings.
    fn settings(self) -> Value {
        match self {
            Self::Fault | Self::Slow => json!({ "rotation": Self::Grace.name() }),
            // On the day on which its tokens change.
            Self::Daily => json!({ "rotation": self.name(), "rotate_after_seconds": 0 }),
            other => json!({ "rotation": other.name() }),
        }
    }

    /// The fault of the first token request.
    fn fault(self) -> Option<Value> {
        match self {
            Self::Fault => Some(json!({ "at": "token", "kind": "status_after_rotating", "times": 1 })),
            Self::Slow => Some(json!({ "at": "token", "kind": "slow", "delay_ms": SLOW_MS, "times": 1 })),
            _ => None,
        }
    }
}

/// The writes of a fresh grant. A client that hears nothing sends its write again, and the kill may come after that.
fn commit(fault: Fault) -> Rule {
    Rule::on("UpdateItem", fault).when(r#""ConditionExpression":"epoch = :replaces AND #status = :live""#).times(usize::MAX)
}

/// The looks at the connection between taking the lease and sending.
fn second_look(fault: Fault) -> Rule {
    Rule::on("GetItem", fault).when("STATE").times(usize::MAX)
}

/// The moment of the kill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Moment {
    LeaseTaken,
    Answered,
    Stored,
    Recovering,
}

impl Moment {
    pub(crate) const ALL: [Self; 4] = [Self::LeaseTaken, Self::Answered, Self::Stored, Self::Recovering];

    /// The name in the table.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::LeaseTaken => "(a)",
            Self::Answered => "(b)",
            Self::Stored => "(c)",
            Self::Recovering => "(d)",
        }
    }
}

/// A cell of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Case {
    pub(crate) behaviour: Behaviour,
    pub(crate) moment: Moment,
}

impl Case {
    /// All of them.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        Behaviour::ALL.into_iter().flat_map(|behaviour| Moment::ALL.into_iter().map(move |moment| Self { behaviour, moment }))
    }

    /// Runs the case. Returns its end, in the words of the table.
    pub(crate) async fn end(self) -> String {
        let reader = Reader::of_an_expired_token().await;
        let intuit = &reader.deployment.intuit;
        intuit.control("settings", self.behaviour.settings()).await;
        if let Some(fault) = self.behaviour.fault() {
            intuit.control("faults", fault).await;
        }
        self.kill(&reader).await;
        let heard = reader.read_to_the_end().await;
        self.what_is_left(&reader, heard).await
    }

    async fn kill(self, reader: &Reader) {
        match self.moment {
            Moment::LeaseTaken => {
                reader.killed_at(second_look(Fault::Hold)).await;
                assert_eq!(reader.token_requests().await, 0, "{self:?}: something was sent");
            }
            Moment::Answered => self.kill_unstored(reader).await,
            Moment::Stored => reader.killed_at(commit(Fault::HoldAnswer)).await,
            Moment::Recovering => {
                self.kill_unstored(reader).await;
                let sent = reader.token_requests().await;
                reader.killed_at(second_look(Fault::Hold)).await;
                assert_eq!(reader.token_requests().await, sent, "{self:?}: the recovery sent something");
            }
        }
    }

    async fn kill_unstored(self, reader: &Reader) {
        let before = reader.deployment.connection().await;
        match self.behaviour {
            Behaviour::Slow => reader.killed_when_sent().await,
            _ => reader.killed_at(commit(Fault::Hold)).await,
        }
        assert_ne!(reader.token_requests().await, 0, "{self:?}: nothing was sent");
        let after = reader.deployment.connection().await;
        assert_eq!((after.epoch, after.last_failure), (before.epoch, None), "{self:?}: something was stored");
    }

    /// The end on which the table, the caller and the platform agree.
    async fn what_is_left(self, reader: &Reader, heard: Heard) -> String {
        let connection = reader.deployment.connection().await;
        let state = reader.deployment.intuit.state().await;
        let most = &state["max_in_flight_per_refresh_token"];
        assert_eq!(most, 1, "{self:?}: a refresh token was presented {most} times at once");
        match (&connection.grant_state, heard) {
            (GrantState::Active(_), Heard::Token(token)) => {
                assert_eq!(state["grants"][0]["live"], true, "{self:?}: {state}");
                let platforms = &reader.deployment.operator.platforms;
                let platform = platforms.get(connection.company.platform, connection.company.environment).await;
                let request = CompaniesRequest { access_token: &token, region: None, claim: Some(LARKSPUR) };
                let found = platform.expect("it is configured").companies(request).await;
                let ids = found.map(|found| found.companies.into_iter().map(|company| company.company_id).collect());
                assert_eq!(ids, Ok(vec![LARKSPUR.to_owned()]), "{self:?}: a dead token");
                "active".to_owned()
            }
            (GrantState::NeedsReauthorization { cause, .. }, Heard::ConsentNeeded) => DeathCause::as_str(*cause).to_owned(),
            (_, heard) => panic!("{self:?}: {}, and the caller heard {}", connection.status().as_str(), heard.in_words()),
        }
    }
}
