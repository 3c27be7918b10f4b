//! One schedule: starts what the seed says, lets time pass in between, and checks the result.

mod judge;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use counterfoil_core::model::connection::{Connection, ConnectionId};
use counterfoil_core::port::parking::Parked;
use counterfoil_core::port::store::connections::ConnectionStore as _;
use counterfoil_core::service::vault::commit_parked::{Unparked, commit_parked};
use counterfoil_core::service::vault::refresh::step::Reason;
use counterfoil_core::service::vault::refresh::{Permit, RefreshRequest, refresh};
use counterfoil_core::{App, Error};
use counterfoil_testkit::clock::MovableClock;
use counterfoil_testkit::fixture::{Fixture, START, try_consent};
use counterfoil_testkit::platform::RotationPolicy;
use jiff::SignedDuration;

use super::chance::Chance;
use super::link::{Link, Storage};
use super::remote::{Caller, Remote};
use super::tally::Tally;
use super::timeline::{ProcessClock, Timeline};
use super::{COMPANY, Mood, POLICIES};

/// The longest time that a caller may wait: its own wait, three leases, and the last commit.
const ANSWERED_WITHIN: Duration = Duration::from_secs(80);
/// The longest real time until all tasks sleep again: the client's own pauses on a busy machine.
const SETTLES_WITHIN: Duration = Duration::from_secs(120);
const STEPS_MOST: usize = 20_000;
/// The time of a run of the refresher.
const RUN: Duration = Duration::from_secs(57);

/// The request of a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PageRequest {
    Read,
    Force,
    /// A refresh as after a stale read of the index, whether or not it is due.
    Due,
    Consent,
    Disconnect,
    Unpark,
}

struct Process {
    app: Arc<App>,
    /// The number of kills.
    killed: AtomicUsize,
}

#[derive(Default)]
struct Record {
    broken: Vec<String>,
    tally: Tally,
    parked: Vec<Parked>,
    unparking: usize,
}

struct World {
    id: ConnectionId,
    mood: Mood,
    chance: Arc<Chance>,
    timeline: Arc<Timeline>,
    storage: Arc<Storage>,
    remote: Arc<Remote>,
    processes: Vec<Process>,
    record: Mutex<Record>,
}

/// Runs the schedule of a seed.
pub(super) async fn schedule(seed: u64) -> Result<Tally, String> {
    let policy = POLICIES[usize::try_from(seed % 5).expect("below five")];
    let mood =
        if (seed / 5).is_multiple_of(3) { Mood::Mild } else { Mood::Wild { ends_families: policy == RotationPolicy::Family } };
    let world = Arc::new(World::new(seed, policy, mood).await);
    let what = |broken: String| format!("{policy:?}, {mood:?}: {broken}");
    world.play().await.map_err(what)?;
    world.judge().await.map_err(what)
}

impl World {
    async fn new(seed: u64, policy: RotationPolicy, mood: Mood) -> Self {
        let installation = Fixture::new(policy).await;
        let first = installation.process_at(&Arc::new(MovableClock::new(START)));
        let id = installation.connect_expired(&first, COMPANY).await;
        installation.wire.reset();
        let chance = Arc::new(Chance::of(seed));
        let timeline = Arc::new(Timeline::default());
        // A day later the platform with daily tokens changes them.
        timeline.pass(if chance.happens(0.5) { Duration::from_secs(86_400) } else { Duration::ZERO });
        let remote = Arc::new(Remote::new(Arc::clone(&installation.platform), Arc::clone(&chance), mood));
        let storage = Arc::new(Storage::new(installation, Arc::clone(&chance), mood, timeline.elapsed()));
        storage.watch().await;
        let process = |number| {
            let ahead = SignedDuration::from_secs(*chance.one_of(&[-5, 0, 0, 5]));
            let clock = ProcessClock { timeline: Arc::clone(&timeline), process: number, ahead };
            let link = Arc::new(Link { storage: Arc::clone(&storage), clock: clock.clone() });
            let app = App {
                connections: link.clone(),
                grants: link.clone(),
                parking: link,
                platforms: Arc::new(Caller { remote: Arc::clone(&remote), clock: clock.clone() }),
                ..storage.installation.app(Arc::new(clock.clone()))
            };
            Process { app: Arc::new(app), killed: AtomicUsize::new(0) }
        };
        let processes = (0..*chance.one_of(&[2, 3])).map(process).collect();
        Self { id, mood, chance, timeline, storage, remote, processes, record: Mutex::default() }
    }

    async fn play(self: &Arc<Self>) -> Result<(), String> {
        let mut to_begin = *self.chance.one_of(&[6, 9, 12, 15]);
        for _ in 0..STEPS_MOST {
            let asleep = self.settle().await?;
            self.collect_parked();
            if to_begin > 0 && (asleep == 0 || self.chance.happens(0.05)) {
                to_begin -= 1;
                if asleep == 0 {
                    let pauses = [0, 1, 15, 50, 3_600].map(Duration::from_secs);
                    self.timeline.pass(*self.chance.one_of(&pauses));
                }
                self.something_happens();
            } else if asleep == 0 {
                return Ok(());
            } else {
                self.timeline.wake_next();
            }
        }
        Err("it does not end".to_owned())
    }

    fn something_happens(self: &Arc<Self>) {
        let is_wild = self.mood != Mood::Mild;
        if is_wild && self.chance.happens(0.12) {
            let number = self.number_of_a_process();
            self.processes[number].killed.fetch_add(1, Ordering::Relaxed);
            self.record().tally.killed += 1;
            self.timeline.kill(number);
        } else if is_wild && self.chance.happens(0.02) {
            self.begin(PageRequest::Disconnect);
        } else if is_wild && self.chance.happens(0.03) {
            self.remote.revoke(self.timeline.elapsed());
        } else {
            let asks = [
                PageRequest::Read,
                PageRequest::Read,
                PageRequest::Read,
                PageRequest::Force,
                PageRequest::Force,
                PageRequest::Due,
                PageRequest::Due,
                PageRequest::Unpark,
                PageRequest::Consent,
            ];
            // Callers arrive in groups.
            for _ in 0..*self.chance.one_of(&[1, 2, 3]) {
                self.begin(*self.chance.one_of(&asks));
            }
        }
    }

    fn number_of_a_process(&self) -> usize {
        *self.chance.one_of(&(0..self.processes.len()).collect::<Vec<_>>())
    }

    fn begin(self: &Arc<Self>, ask: PageRequest) {
        let entered = self.timeline.enter();
        let (world, number) = (Arc::clone(self), self.number_of_a_process());
        tokio::spawn(async move {
            let process = &world.processes[number];
            let (killed, began) = (process.killed.load(Ordering::Relaxed), world.timeline.elapsed());
            let answer = world.ask(process, ask).await;
            let took = world.timeline.elapsed().saturating_sub(began);
            if process.killed.load(Ordering::Relaxed) == killed {
                world.check(ask, answer, took);
            }
            drop(entered);
        });
    }

    async fn ask(&self, process: &Process, ask: PageRequest) -> Result<(), Error> {
        let app = &process.app;
        match ask {
            PageRequest::Read => crate::harness::read(app, &self.id).await.map(drop),
            PageRequest::Force => {
                let found = app.connections.read(&self.id).await?.ok_or(Error::NO_CONNECTION)?;
                counterfoil_core::service::vault::read::force_refresh(app, found, crate::harness::in_time(app)).await.map(drop)
            }
            PageRequest::Due => {
                let ends_at = app.clock.elapsed() + RUN;
                refresh(app, &self.id, RefreshRequest { reason: Reason::Due, ends_at, permit: Permit::NotNeeded }).await.map(drop)
            }
            PageRequest::Consent => try_consent(&self.storage.installation, app, COMPANY, COMPANY).await.map(drop),
            PageRequest::Disconnect => crate::harness::disconnect(app, &self.id).await.map(drop),
            PageRequest::Unpark => self.unpark(app).await,
        }
    }

    /// The queue's worker. A message that it could not commit stays.
    async fn unpark(&self, app: &App) -> Result<(), Error> {
        let parked = self.record().parked.clone();
        for one in parked {
            app.clock.sleep(Duration::from_millis(500)).await;
            let unparked = commit_parked(app, &one).await?;
            let mut record = self.record();
            record.parked.retain(|other| other.commit.commit_id != one.commit.commit_id);
            match unparked {
                Unparked::Committed => {}
                Unparked::Revived => record.tally.revived += 1,
                Unparked::Late => record.tally.late += 1,
            }
        }
        Ok(())
    }

    /// Checks that every caller gets an answer, or an error that says what to do, in time.
    fn check(&self, ask: PageRequest, answer: Result<(), Error>, took: Duration) {
        let mut record = self.record();
        if ask == PageRequest::Unpark {
            record.unparking = 0;
        }
        if took > ANSWERED_WITHIN {
            record.broken.push(format!("{ask:?} took {took:?}"));
        }
        match answer {
            Ok(()) => record.tally.tokens += 1,
            Err(Error::TryLater { .. } | Error::PlatformFailed { .. } | Error::Conflict { .. } | Error::ConsentNeeded { .. }) => {
                record.tally.errors += 1;
            }
            // A browser may not restore a disconnected connection.
            Err(Error::Forbidden { .. }) if ask == PageRequest::Consent => record.tally.errors += 1,
            Err(error) => record.broken.push(format!("{ask:?} was answered with {error:?}")),
        }
    }

    /// Delivers parked grants from the queue. Without faults a worker gets them immediately.
    fn collect_parked(self: &Arc<Self>) {
        let parked = self.storage.installation.parking.take();
        let mut record = self.record();
        record.tally.parked += parked.len();
        record.parked.extend(parked);
        let must_unpark = self.mood == Mood::Mild && !record.parked.is_empty() && record.unparking == 0;
        if must_unpark {
            record.unparking = 1;
            drop(record);
            self.begin(PageRequest::Unpark);
        }
    }

    /// Waits until all tasks sleep or have ended.
    async fn settle(&self) -> Result<usize, String> {
        let settled = tokio::time::timeout(SETTLES_WITHIN, self.timeline.settle()).await;
        settled.map_err(|_| "somebody neither sleeps nor ends".to_owned())
    }

    /// Runs one more request to its end, without faults.
    async fn finish(self: &Arc<Self>, ask: PageRequest) -> Result<(), String> {
        self.begin(ask);
        for _ in 0..STEPS_MOST {
            if self.settle().await? == 0 {
                return Ok(());
            }
            self.timeline.wake_next();
        }
        Err("it does not end".to_owned())
    }

    async fn row(&self) -> Connection {
        let found = self.storage.installation.table().read(&self.id).await;
        found.expect("a healthy table").expect("a connection")
    }

    fn record(&self) -> std::sync::MutexGuard<'_, Record> {
        self.record.lock().expect("nothing panics while it holds this")
    }
}
