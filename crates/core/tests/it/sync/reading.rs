//! Reads of records in the order of their changes, while a run writes.

use std::collections::BTreeMap;

use counterfoil_core::model::record::RecordKind;
use counterfoil_core::model::stored_record::RecordId;
use counterfoil_core::service::records::changed::{Place, changed};
use counterfoil_core::service::records::{Filter, by_date};
use counterfoil_testkit::platform::books::check;
use jiff::Timestamp;

use super::harness::{Books, HOUR, full, sync};

const CHECKS: Filter = Filter { kind: RecordKind::Check, platform: None, status: None, from: None, to: None };

/// A consumer that remembers the last `updated_at` and reads again from there.
#[derive(Default)]
struct Consumer {
    known: BTreeMap<RecordId, Timestamp>,
    from: Option<Timestamp>,
}

impl Consumer {
    async fn read(&mut self, books: &Books, limit: usize, pages: usize) {
        let mut place = Place { at: self.from.unwrap_or(Timestamp::UNIX_EPOCH), offset: 0 };
        for _ in 0..pages {
            let page = changed(&books.stage.app, &books.id, &CHECKS, place, limit).await.expect("a table");
            for record in page.records {
                assert!(self.from.is_none_or(|last| record.updated_at >= last), "the order of changes");
                self.from = Some(record.updated_at);
                self.known.insert(record.id, record.updated_at);
            }
            match page.next {
                Some(next) => place = next,
                None => return,
            }
        }
    }
}

#[tokio::test]
async fn a_consumer_that_reads_from_the_last_change_misses_nothing() {
    let books = Books::of(230).await;
    let mut consumer = Consumer::default();
    books.run(sync()).await;
    consumer.read(&books, 30, 3).await;
    for round in 0..4 {
        books.stage.clock.advance(HOUR);
        for number in 0..20 {
            books.put(check(&(number * 7 + round).to_string(), 50_000 + number));
        }
        let (run, ()) = tokio::join!(books.run(full()), consumer.read(&books, 7, 4));
        assert_eq!(run.counts.checks.updated + run.counts.checks.imported, 20);
    }
    consumer.read(&books, 100, 100).await;
    let stored: BTreeMap<_, _> =
        books.stored(RecordKind::Check).await.into_iter().map(|record| (record.id, record.updated_at)).collect();
    assert_eq!(consumer.known, stored);
}

#[tokio::test]
async fn a_process_whose_clock_is_behind_gives_its_changes_later_times() {
    let books = Books::of(3).await;
    books.run(sync()).await;
    let before = books.stored(RecordKind::Check).await;
    let last = before.iter().map(|record| record.updated_at).max().expect("records");
    books.stage.clock.set_wall(books.now() - HOUR * 2);
    books.put(check("2", 50_000));
    assert_eq!(books.run(full()).await.counts.checks.updated, 1);
    let page = changed(&books.stage.app, &books.id, &CHECKS, Place { at: last, offset: 0 }, 10).await.expect("a table");
    let later: Vec<_> = page.records.iter().filter(|record| record.updated_at > last).collect();
    assert_eq!(later.iter().map(|record| record.record.key.external_id.as_str()).collect::<Vec<_>>(), ["2"]);
}

#[tokio::test]
async fn a_list_by_date_has_every_record_once() {
    let books = Books::of(130).await;
    books.run(sync()).await;
    let (mut ids, mut after) = (Vec::new(), None);
    loop {
        let page = by_date::of_partner(&books.stage.app, &books.id.partner, &CHECKS, after, 40).await.expect("a table");
        ids.extend(page.records.into_iter().map(|record| record.id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(ids.len(), 130);
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 130);
}
