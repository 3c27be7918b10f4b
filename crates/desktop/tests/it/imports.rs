//! The pages of an import.

use counterfoil_core::model::desktop::job::JobFailure;
use counterfoil_core::model::record::{Body, CheckStatus, EntityType, Unreadable};
use counterfoil_core::model::secret::{Fingerprint, Secret};
use counterfoil_core::model::sync::settings::CheckRule;
use counterfoil_core::model::sync::{Cursor, ReadOptions, SyncKind};
use counterfoil_core::port::accounting::{Entry, Page, ReadFailure};
use counterfoil_core::port::company_file::{CompanyFileBooks as _, PageAnswer};
use counterfoil_desktop::books::Books;

fn options(kind: SyncKind, since: Option<&str>) -> ReadOptions {
    let since = since.map(|since| since.parse().expect("a time"));
    ReadOptions { kind, since, check_rule: CheckRule::default(), keeps_source: false }
}

fn full() -> ReadOptions {
    options(SyncKind::Sync, None)
}

fn page(options: &ReadOptions, cursor: &Cursor, answer: &str) -> Result<Page, ReadFailure> {
    let document = Secret::new(format!("<QBXML><QBXMLMsgsRs>{answer}</QBXMLMsgsRs></QBXML>"));
    Books.page(options, cursor, PageAnswer { document: &document, session: &Fingerprint::of("a ticket") })
}

fn request(options: &ReadOptions, cursor: &Cursor) -> String {
    Books.request(options, cursor).expect("a request").document.expose().to_owned()
}

const FIELDS: &str = "<TxnDate>2026-01-04</TxnDate><Amount>12.50</Amount>";

/// An answer with these checks, after which this number of them remains.
fn checks(ids: &[&str], remaining: u32) -> String {
    let checks: Vec<_> = ids.iter().map(|id| format!("<CheckRet><TxnID>{id}</TxnID>{FIELDS}</CheckRet>")).collect();
    let checks = checks.concat();
    format!("<CheckQueryRs statusCode=\"0\" iteratorRemainingCount=\"{remaining}\" iteratorID=\"{{i}}\">{checks}</CheckQueryRs>")
}

fn ids(page: &Page) -> Vec<String> {
    let id = |entry: &Entry| match entry {
        Entry::Record(record) => Some(record.key.external_id.clone()),
        Entry::Absent(_) | Entry::Unreadable { .. } => None,
    };
    page.entries.iter().filter_map(id).collect()
}

#[test]
fn a_list_is_read_by_its_iterator_in_one_session() {
    let first = Books.first(&full());
    let asked = request(&full(), &first);
    assert!(asked.contains("<CheckQueryRq requestID=\"1\" iterator=\"Start\"><MaxReturned>1000</MaxReturned>"), "{asked}");
    assert!(!asked.contains("FromModifiedDate"), "{asked}");
    let read = page(&full(), &first, &checks(&["1", "2"], 1)).expect("a page");
    assert_eq!(ids(&read), ["1", "2"]);
    let second = read.next.expect("a page more");
    let asked = Books.request(&full(), &second).expect("a request");
    assert!(asked.document.expose().contains("iterator=\"Continue\" iteratorID=\"{i}\""), "{}", asked.document.expose());
    assert!(asked.session.is_some_and(|session| session.matches(&Fingerprint::of("a ticket"))));
    let read = page(&full(), &second, &checks(&["3"], 0)).expect("a page");
    let third = read.next.expect("the other list");
    let asked = request(&full(), &third);
    assert!(asked.contains("<BillPaymentCheckQueryRq") && asked.contains("<MaxReturned>500</MaxReturned>"), "{asked}");
    let read = page(&full(), &third, "<BillPaymentCheckQueryRs statusCode=\"1\"/>").expect("an empty page");
    assert_eq!((read.entries, read.next), (Vec::new(), None), "a full run reads no deletions");
}

#[test]
fn a_page_that_was_skipped_or_an_iterator_that_is_gone_begins_the_list_again_in_smaller_pages() {
    let second = page(&full(), &Books.first(&full()), &checks(&["1"], 3)).expect("a page").next.expect("a page more");
    for lost in [checks(&["3"], 1), "<CheckQueryRs statusCode=\"3391\" statusSeverity=\"Error\"/>".to_owned()] {
        let again = page(&full(), &second, &lost).expect("an empty page");
        assert!(again.entries.is_empty());
        let asked = request(&full(), &again.next.expect("the beginning"));
        assert!(asked.contains("iterator=\"Start\"><MaxReturned>500</MaxReturned>"), "{asked}");
    }
    assert_eq!(ids(&page(&full(), &second, &checks(&["2", "3"], 1)).expect("a page")), ["2", "3"]);
    let mut cursor = second;
    for _ in 0..20 {
        cursor = Books.begin_again(&cursor).expect("the beginning").next.expect("a cursor");
    }
    assert!(request(&full(), &cursor).contains("<MaxReturned>50</MaxReturned>"));
    assert_eq!(Books.begin_again(&cursor).expect_err("too often"), ReadFailure::Unavailable { retry_after: None });
}

#[test]
fn an_incremental_run_reads_from_a_day_before_and_then_the_deletions() {
    let options = options(SyncKind::ImportInvoices, Some("2026-03-02T09:00:00Z"));
    let mut cursor = Books.first(&options);
    for (query, answer) in [("InvoiceQuery", ""), ("BillQuery", " iteratorRemainingCount=\"0\"")] {
        let asked = request(&options, &cursor);
        assert!(asked.contains(&format!("<{query}Rq")), "{asked}");
        assert!(asked.contains("<FromModifiedDate>2026-03-01T09:00:00+00:00</FromModifiedDate>"), "{asked}");
        cursor = page(&options, &cursor, &format!("<{query}Rs statusCode=\"1\"{answer}/>")).expect("a page").next.expect("more");
    }
    let asked = request(&options, &cursor);
    assert!(asked.contains("<TxnDelType>Invoice</TxnDelType><TxnDelType>Bill</TxnDelType>"), "{asked}");
    assert!(asked.contains("<FromDeletedDate>2026-03-01T09:00:00+00:00</FromDeletedDate>"), "{asked}");
    let deleted = |of: &str, id: &str| format!("<TxnDeletedRet><TxnDelType>{of}</TxnDelType><TxnID>{id}</TxnID></TxnDeletedRet>");
    let answer = [deleted("Bill", "7-1"), deleted("Bill", "no id"), deleted("Deposit", "8-1")].concat();
    let answer = format!("<TxnDeletedQueryRs statusCode=\"0\">{answer}</TxnDeletedQueryRs>");
    let read = page(&options, &cursor, &answer).expect("a page");
    let [Entry::Absent(key)] = read.entries.as_slice() else { panic!("{read:?}") };
    assert_eq!((key.entity_type, key.external_id.as_str(), read.next), (EntityType::Bill, "7-1", None));
}

#[test]
fn a_record_that_cannot_be_read_has_its_reason() {
    let read = |object: &str| {
        let answer = format!("<CheckQueryRs statusCode=\"0\">{object}</CheckQueryRs>");
        page(&full(), &Books.first(&full()), &answer).expect("a page").entries.remove(0)
    };
    let unreadable = |external_id: Option<&str>, reason| Entry::Unreadable {
        entity_type: EntityType::Check,
        external_id: external_id.map(str::to_owned),
        reason,
    };
    for (object, id, reason) in [
        ("<TxnID>1</TxnID><TxnDate>2026-01-04</TxnDate>", Some("1"), Unreadable::AmountUnreadable),
        ("<TxnID>1</TxnID><TxnDate>2026-01-04</TxnDate><Amount>1e3</Amount>", Some("1"), Unreadable::AmountUnreadable),
        (
            "<TxnID>1</TxnID><TxnDate>2026-01-04</TxnDate><Amount>1000000000000000.00</Amount>",
            Some("1"),
            Unreadable::AmountUnreadable,
        ),
        ("<TxnID>1</TxnID><TxnDate>2026-01-04</TxnDate><Amount>1.0000001</Amount>", Some("1"), Unreadable::AmountUnreadable),
        ("<TxnID>1</TxnID><Amount>1.00</Amount>", Some("1"), Unreadable::DateUnreadable),
        ("<TxnID>1</TxnID><TxnDate>1899-12-31</TxnDate><Amount>1.00</Amount>", Some("1"), Unreadable::DateUnreadable),
        ("<TxnDate>2026-01-04</TxnDate><Amount>1.00</Amount>", None, Unreadable::IdUnreadable),
        ("<TxnID>1 2</TxnID><TxnDate>2026-01-04</TxnDate><Amount>1.00</Amount>", None, Unreadable::IdUnreadable),
    ] {
        assert_eq!(read(&format!("<CheckRet>{object}</CheckRet>")), unreadable(id, reason), "{object}");
    }
    for (amount, kept) in [("12.50000000", "12.5"), ("12.5000", "12.5000")] {
        let object = format!("<CheckRet><TxnID>1</TxnID><TxnDate>2026-01-04</TxnDate><Amount>{amount}</Amount></CheckRet>");
        let Entry::Record(record) = read(&object) else { panic!("{amount} can be read") };
        assert!(matches!(record.body, Body::Check(check) if check.amount.to_string() == kept), "{amount}");
    }
    let void = "<CheckRet><TxnID>1</TxnID><TxnDate>2026-01-04</TxnDate><Amount>0.00</Amount><Memo>VOID: Rent</Memo></CheckRet>";
    let Entry::Record(record) = read(void) else { panic!("it can be read") };
    assert!(matches!(record.body, Body::Check(check) if check.status == CheckStatus::Void));
}

#[test]
fn a_failed_request_is_tried_again_or_ends_the_run() {
    let failure = |code: u32| {
        let answer = format!("<CheckQueryRs statusCode=\"{code}\" statusSeverity=\"Error\"/>");
        page(&full(), &Books.first(&full()), &answer).expect_err("it failed")
    };
    let again = ReadFailure::Unavailable { retry_after: None };
    assert_eq!((failure(3_261), failure(3_260)), (ReadFailure::AccessDenied, ReadFailure::AccessDenied));
    assert_eq!((failure(3_180), failure(1_030)), (again.clone(), again.clone()));
    assert_eq!(failure(3_010), ReadFailure::Rejected { code: "3010".to_owned() });
    for broken in ["<CheckQueryRs/>", "<CheckQueryRs", "", "<CheckQueryRs statusCode=\"0\" iteratorRemainingCount=\"5\"/>"] {
        assert_eq!(page(&full(), &Books.first(&full()), broken).expect_err("it is broken"), again, "{broken}");
    }
    for hresult in ["0x8004041a", "8004041A", " -2147220454"] {
        let failure = JobFailure::QuickBooks { hresult: hresult.to_owned(), message: String::new() };
        assert_eq!(Books.meaning(&failure), ReadFailure::AccessDenied, "{hresult}");
    }
    let cursor = Cursor("{}".to_owned());
    assert!(matches!(Books.request(&full(), &cursor), Err(ReadFailure::Rejected { .. })));
}
