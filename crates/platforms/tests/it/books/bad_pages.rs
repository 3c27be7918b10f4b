//! Odd pages, on every platform: each is read completely, or refused.

use std::io::Write as _;

use counterfoil_core::model::record::Unreadable;
use counterfoil_core::port::accounting::{Entry, ReadFailure};
use flate2::Compression;
use flate2::write::GzEncoder;

use super::server::{Request, ok, said};
use super::wire::{ALL, FRESHBOOKS, Wire, XERO, told};
use super::{Run, UNAVAILABLE};
use crate::raw::{Bytes, answer};

/// A page of two checks.
fn page(wire: &Wire) -> String {
    wire.answer(&[wire.record(&[("id", "101")]), wire.record(&[("id", "102"), ("text", r#""here""#)])])
}

fn ids(run: &Run) -> Vec<String> {
    run.entries.iter().map(|entry| told(entry, "id")).collect()
}

fn of_type(content_type: &str, body: &[u8]) -> Bytes {
    answer(200, &format!("connection: close\r\n{content_type}"), body)
}

#[tokio::test]
async fn a_page_is_read_whatever_it_is_wrapped_in() {
    let gzip = |body: &[u8]| {
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(body).expect("in memory");
        packed.finish().expect("in memory")
    };
    let mut wrong = Vec::new();
    for wire in ALL {
        let page = page(wire);
        let bytes = page.as_bytes();
        let utf16: Vec<u8> = [0xfeff].into_iter().chain(page.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        let with = |text: &[u8]| {
            let (before, behind) = page.split_once("here").expect("a text");
            [before.as_bytes(), text, behind.as_bytes()].concat()
        };
        let unknown = format!(r#"{{"fieldOfTomorrow":{{"a":[1,"two",null,{{}}]}},"":1e999,{}"#, &page[1..]);
        let deep = format!(r#"{{"deep":{}{},{}"#, "[".repeat(200_000), "]".repeat(200_000), &page[1..]);
        let odd: [(&str, Bytes); 12] = [
            ("as it is", ok(&page)),
            ("a byte order mark", of_type("", &[b"\xef\xbb\xbf", bytes].concat())),
            ("UTF-16", of_type("", &utf16)),
            ("packed", of_type("content-encoding: gzip\r\n", &gzip(bytes))),
            ("packed without a word", of_type("", &gzip(bytes))),
            ("as HTML", of_type("content-type: text/html\r\n", bytes)),
            ("as another encoding", of_type("content-type: application/json;charset=ISO-8859-1\r\n", bytes)),
            ("line breaks", of_type("", &with(b"a\r\nb\tc\x00\x01d"))),
            ("no UTF-8", of_type("", &with(b"a\xff\xc3\x28b"))),
            ("unknown fields", ok(&unknown)),
            ("deep nesting", ok(&deep)),
            ("blanks around", ok(&format!("\n\t {page}\r\n\r\n"))),
        ];
        for (name, answer) in odd {
            let read = wire.run(answer).await.map(|run| ids(&run));
            if read != Ok(vec!["101".to_owned(), "102".to_owned()]) {
                wrong.push(format!("{:?} {name}: {read:?}", wire.platform));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn an_incomplete_page_is_rejected() {
    for wire in ALL {
        let page = page(wire);
        let cut = |part: usize| of_type("", &page.as_bytes()[..page.len() * part / 8]);
        let mut broken = of_type("", page.as_bytes());
        broken.truncate(broken.len() - 9);
        let no_page: Vec<(&str, Bytes)> = [
            ("empty", ok("")),
            ("blank", ok("  \n")),
            ("204", said(204, "", "")),
            ("HTML", of_type("content-type: text/html\r\n", b"<!doctype html><html><body>Sign in</body></html>")),
            ("XML", ok(r#"<?xml version="1.0"?><IntuitResponse time="2026-09-16"/>"#)),
            ("null", ok("null")),
            ("a list", ok(&format!("[{page}]"))),
            ("a text", ok(&format!("{:?}", "text"))),
            ("a number", ok("7")),
            ("an object without the list", ok("{}")),
            ("two objects", ok(&format!("{page}{page}"))),
            ("a comma too many", ok(&format!("{},}}", page.trim_end_matches('}')))),
            ("the connection breaks", broken),
        ]
        .into_iter()
        .chain((1..8).map(|part| ("cut off", cut(part))))
        .collect();
        for (name, answer) in no_page {
            assert_eq!(wire.run(answer).await.err(), Some(UNAVAILABLE), "{:?} {name}", wire.platform);
        }
        for (status, failure) in [
            (408, UNAVAILABLE),
            (500, UNAVAILABLE),
            (502, UNAVAILABLE),
            (599, UNAVAILABLE),
            (401, ReadFailure::Unauthorized),
            (404, ReadFailure::Rejected { code: "404".to_owned() }),
        ] {
            let html = said(status, "content-type: text/html\r\n", "<html>Bad Gateway</html>");
            assert_eq!(wire.run(html).await.err(), Some(failure), "{:?} {status}", wire.platform);
        }
    }
}

#[tokio::test]
async fn the_last_of_two_copies_counts() {
    for wire in ALL {
        let twice = format!("1.50,{}2.50", wire.name("amount"));
        let records = [
            wire.record(&[("id", r#""2417""#), ("amount", "3.50")]),
            wire.record(&[("id", "2417"), ("amount", &twice)]),
            wire.record(&[("id", "2418")]),
        ];
        let run = wire.run(ok(&wire.answer(&records))).await.expect("reads");
        assert_eq!(ids(&run), ["2417", "2417", "2418"], "{:?}: a text and a number are one id", wire.platform);
        assert_eq!(told(&run.entries[1], "amount"), "2.50", "{:?}", wire.platform);
    }
}

#[tokio::test]
async fn an_item_that_is_no_object_affects_no_other() {
    for wire in ALL {
        let items = ["null", "7", r#""text""#, "[]", "[{}]"].map(str::to_owned).into_iter();
        let records: Vec<_> = items.chain([wire.record(&[])]).collect();
        let run = wire.run(ok(&wire.answer(&records))).await.expect("reads");
        let is_none = |entry: &&Entry| matches!(entry, Entry::Unreadable { reason: Unreadable::NotAnObject, .. });
        assert_eq!((run.entries.iter().filter(is_none).count(), run.records().count()), (5, 1), "{:?}", wire.platform);
    }
}

/// The requested page of `count` checks. It names `total` as their number, and has at most `most` of them.
fn numbered(wire: &Wire, request: &Request, count: usize, total: &str, most: usize) -> Bytes {
    let asked = |name: &str| request.query.get(name).and_then(|number| number.parse::<usize>().ok());
    let (page, size) =
        (asked("page").expect("a page"), asked("pageSize").or_else(|| asked("per_page")).expect("a size").min(most));
    let ids = (101..101 + count).skip((page - 1) * size).take(size);
    let records: Vec<_> = ids.map(|id| wire.record(&[("id", &id.to_string())])).collect();
    ok(&wire.page(&records, (&page.to_string(), &size.to_string()), total))
}

#[tokio::test]
async fn a_wrong_total_loses_no_page() {
    let mut wrong = Vec::new();
    for (wire, size) in [(&XERO, 1_000), (&FRESHBOOKS, 100)] {
        for count in [1, size, size + 50] {
            for total in ["0", "1", "100", "1000", "-1", "null", r#""many""#, "18446744073709551615"] {
                let run = wire.serve(move |request| numbered(wire, request, count, total, size)).await;
                let read = run.map(|run| run.ids().len());
                if read != Ok(count) {
                    wrong.push(format!("{:?} {count}, said to be {total}: {read:?}", wire.platform));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn pages_that_are_smaller_than_asked_for_are_read_to_the_end_or_not_at_all() {
    for wire in [&XERO, &FRESHBOOKS] {
        for (count, most) in [(37, 50), (50, 50), (237, 50), (95, 15), (3, 15)] {
            let total = count.to_string();
            let run = wire.serve(move |request| numbered(wire, request, count, &total, most)).await.expect("reads");
            assert_eq!(run.ids().len(), count, "{:?}: {count} by {most}", wire.platform);
        }
        let by_one = wire.serve(move |request| numbered(wire, request, 30, "30", 1)).await;
        assert_eq!(by_one.err(), Some(UNAVAILABLE), "{:?}", wire.platform);
    }
}
