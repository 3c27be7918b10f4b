//! The company file by its documents.

use std::sync::Arc;

use counterfoil_stand_ins::company_file::{COMPANY_NAME, CompanyFile, Contents, Failure, Fault, Outcome, Session};

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?><?qbxml version=\"13.0\"?>";
pub(super) const OWNER: &str = "{1111AAAA-2222-3333-4444-555555555555}";

pub(super) fn company(checks: u64) -> Arc<CompanyFile> {
    CompanyFile::new(Contents::of_checks(checks))
}

pub(super) fn session(company: &Arc<CompanyFile>) -> Session {
    company.open("").expect("opens")
}

pub(super) fn document(requests: &str) -> String {
    format!("{HEAD}<QBXML><QBXMLMsgsRq onError=\"stopOnError\">{requests}</QBXMLMsgsRq></QBXML>")
}

/// The answer to these requests.
pub(super) async fn ask(session: &mut Session, requests: &str) -> String {
    answered(session.process(&document(requests)).await)
}

pub(super) fn answered(outcome: Outcome) -> String {
    match outcome {
        Outcome::Answered(answer) => answer,
        other => panic!("{other:?}"),
    }
}

/// The text of the first element of this name.
pub(super) fn first<'a>(answer: &'a str, name: &str) -> &'a str {
    all(answer, name).next().unwrap_or_else(|| panic!("no {name} in {answer}"))
}

pub(super) fn all<'a>(answer: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let (start, end) = (format!("<{name}>"), format!("</{name}>"));
    answer.split(&start).skip(1).map(|rest| rest.split(&end).next().expect("a part")).collect::<Vec<_>>().into_iter()
}

/// The value of the first attribute of this name.
pub(super) fn attribute<'a>(answer: &'a str, name: &str) -> &'a str {
    let rest = answer.split(&format!(" {name}=\"")).nth(1).unwrap_or_else(|| panic!("no {name} in {answer}"));
    rest.split('"').next().expect("a part")
}

async fn hresult(document: &str) -> String {
    match session(&company(10)).process(document).await {
        Outcome::Failed(failure) => failure.hresult,
        other => panic!("{document}: {other:?}"),
    }
}

#[tokio::test]
async fn the_host_the_company_and_the_preferences_answer() {
    let company = company(10);
    company.stamp(OWNER, "{99999999-2222-3333-4444-555555555555}").expect("the first");
    let mut session = session(&company);
    let requests = format!(
        "<HostQueryRq requestID=\"a&amp;b\"/><CompanyQueryRq><OwnerID>{OWNER}</OwnerID></CompanyQueryRq><PreferencesQueryRq/>"
    );
    let answer = ask(&mut session, &requests).await;
    assert_eq!(attribute(&answer, "requestID"), "a&amp;b");
    assert_eq!(first(&answer, "CompanyName"), COMPANY_NAME);
    assert_eq!(first(&answer, "DataExtValue"), "{99999999-2222-3333-4444-555555555555}");
    assert_eq!(all(&answer, "SupportedQBXMLVersion").last(), Some("16.0"));
    assert_eq!(first(&answer, "IsAutomaticLoginAllowed"), "true");
    let unasked = ask(&mut session, "<CompanyQueryRq/>").await;
    assert!(!unasked.contains("DataExtRet"), "{unasked}");
}

#[tokio::test]
async fn an_application_has_one_file_id_in_a_company_file() {
    let company = company(1);
    company.stamp(OWNER, "{1}").expect("the first");
    company.stamp(&OWNER.to_lowercase(), "{1}").expect("the same");
    assert!(company.stamp(OWNER, "{2}").is_err());
    company.remove_stamp(OWNER);
    company.stamp(OWNER, "{2}").expect("the first one again");
}

#[tokio::test]
async fn a_document_out_of_order_fails_as_a_whole() {
    let ranges = "<ModifiedDateRangeFilter><FromModifiedDate>2025-01-01</FromModifiedDate></ModifiedDateRangeFilter>";
    let wrong = [
        format!("<CheckQueryRq>{ranges}<MaxReturned>5</MaxReturned></CheckQueryRq>"),
        "<CheckQueryRq><IncludeLineItems>true</IncludeLineItems><MaxReturned>5</MaxReturned></CheckQueryRq>".to_owned(),
        "<CheckQueryRq><TxnID>1-1</TxnID><MaxReturned>5</MaxReturned></CheckQueryRq>".to_owned(),
        "<CheckQueryRq><MaxReturned>0</MaxReturned></CheckQueryRq>".to_owned(),
        "<CheckQueryRq><EntityFilter/></CheckQueryRq>".to_owned(),
        "<CheckQueryRq iterator=\"Start\"/>".to_owned(),
        "<CheckQueryRq iterator=\"Start\" iteratorID=\"{1}\"><MaxReturned>5</MaxReturned></CheckQueryRq>".to_owned(),
        "<AccountQueryRq iterator=\"Start\"><MaxReturned>5</MaxReturned></AccountQueryRq>".to_owned(),
        "<CheckQueryRq><FromModifiedDate>2025-01-01</FromModifiedDate></CheckQueryRq>".to_owned(),
        "<BillPaymentCheckQueryRq><IncludeLinkedTxns>true</IncludeLinkedTxns></BillPaymentCheckQueryRq>".to_owned(),
        "<VendorQueryRq><FromModifiedDate>2025-01-01T00:00:00Z</FromModifiedDate></VendorQueryRq>".to_owned(),
        "<CheckQueryRq>5</CheckQueryRq>".to_owned(),
        "<ChequeQueryRq/>".to_owned(),
        format!("<HostQueryRq requestID=\"{}\"/>", "1".repeat(51)),
        "<CheckAddRq><CheckAdd><AccountRef/><TxnDate>2025-01-01</TxnDate><RefNumber>1</RefNumber></CheckAdd></CheckAddRq>"
            .to_owned(),
    ];
    for requests in wrong {
        assert_eq!(hresult(&document(&requests)).await, "0x80040400", "{requests}");
    }
}

#[tokio::test]
async fn the_outer_elements_and_the_version_are_checked() {
    let body = |set: &str| format!("<QBXML><QBXMLMsgsRq{set}><HostQueryRq/></QBXMLMsgsRq></QBXML>");
    let good = " onError=\"stopOnError\"";
    for wrong in [
        format!("{HEAD}{}", body("")),
        format!("{HEAD}{}", body(" onError=\"stop\"")),
        body(good),
        format!("<?qbxml version=\"17.0\"?>{}", body(good)),
        format!("<?qbxml version=\"13.0\"?>{}", body(&format!("{good} more=\"1\""))),
        format!("{HEAD}<QBXML>{}", body(good)),
        format!(
            "<?qbxml version=\"3.0\"?><QBXML><QBXMLMsgsRq{good}><CheckQueryRq><RefNumberCaseSensitive>1</RefNumberCaseSensitive></CheckQueryRq></QBXMLMsgsRq></QBXML>"
        ),
    ] {
        assert_eq!(hresult(&wrong).await, "0x80040400", "{wrong}");
    }
}

#[tokio::test]
async fn filters_filter() {
    let mut session = session(&company(400));
    let all_checks = ask(&mut session, "<CheckQueryRq/>").await;
    let count = |answer: &str| all(answer, "TxnID").count();
    assert_eq!(count(&all_checks), 400);
    let ids: Vec<_> = all(&all_checks, "TxnID").collect();
    assert_eq!(ids.iter().collect::<std::collections::BTreeSet<_>>().len(), 400);

    let from = first(all_checks.split("<CheckRet>").nth(301).expect("there"), "TimeModified").to_owned();
    let since = all(&all_checks, "TimeModified").filter(|time| *time >= from.as_str()).count();
    let range = format!("<ModifiedDateRangeFilter><FromModifiedDate>{from}</FromModifiedDate></ModifiedDateRangeFilter>");
    assert_eq!(count(&ask(&mut session, &format!("<CheckQueryRq>{range}</CheckQueryRq>")).await), since);

    let date = all(&all_checks, "TxnDate").nth(200).expect("there");
    let range =
        format!("<TxnDateRangeFilter><FromTxnDate>{date}</FromTxnDate><ToTxnDate>{date}</ToTxnDate></TxnDateRangeFilter>");
    let dated = ask(&mut session, &format!("<CheckQueryRq>{range}</CheckQueryRq>")).await;
    assert!(all(&dated, "TxnDate").all(|found| found == date) && count(&dated) > 0);

    let payee = first(first(&all_checks, "PayeeEntityRef"), "FullName");
    let filter = format!("<EntityFilter><FullName>{payee}</FullName></EntityFilter>");
    let of_payee = ask(&mut session, &format!("<CheckQueryRq>{filter}</CheckQueryRq>")).await;
    assert!(count(&of_payee) > 1 && all(&of_payee, "PayeeEntityRef").all(|found| found.contains(payee)));

    let filter = "<RefNumberFilter><MatchCriterion>EndsWith</MatchCriterion><RefNumber>77</RefNumber></RefNumberFilter>";
    let numbered = ask(&mut session, &format!("<CheckQueryRq>{filter}</CheckQueryRq>")).await;
    let wanted = all(&all_checks, "RefNumber").filter(|number| number.ends_with("77")).count();
    assert_eq!((count(&numbered), all(&numbered, "RefNumber").all(|number| number.ends_with("77"))), (wanted, true));
    assert!(wanted > 0);

    let unknown = "<EntityFilter><FullName>Nobody</FullName></EntityFilter>";
    assert_eq!(attribute(&ask(&mut session, &format!("<CheckQueryRq>{unknown}</CheckQueryRq>")).await, "statusCode"), "3120");
}

#[tokio::test]
async fn paid_and_unpaid_bills_are_apart() {
    let mut session = session(&company(40));
    for (status, is_paid) in [("PaidOnly", "true"), ("NotPaidOnly", "false")] {
        let answer = ask(&mut session, &format!("<BillQueryRq><PaidStatus>{status}</PaidStatus></BillQueryRq>")).await;
        assert!(all(&answer, "IsPaid").all(|paid| paid == is_paid) && all(&answer, "IsPaid").count() == 10, "{answer}");
    }
}

#[tokio::test]
async fn what_is_not_there_has_a_status_and_is_no_error() {
    let mut session = session(&company(10));
    let empty = ask(
        &mut session,
        "<CheckQueryRq><TxnDateRangeFilter><ToTxnDate>1999-01-01</ToTxnDate></TxnDateRangeFilter></CheckQueryRq>",
    )
    .await;
    assert_eq!((attribute(&empty, "statusCode"), attribute(&empty, "statusSeverity")), ("1", "Info"));
    let id = all(&ask(&mut session, "<CheckQueryRq><MaxReturned>1</MaxReturned></CheckQueryRq>").await, "TxnID")
        .next()
        .expect("one")
        .to_owned();
    let some = ask(&mut session, &format!("<CheckQueryRq><TxnID>{id}</TxnID><TxnID>FFFF-1</TxnID></CheckQueryRq>")).await;
    assert_eq!((attribute(&some, "statusCode"), attribute(&some, "statusSeverity")), ("500", "Warn"));
    assert_eq!(all(&some, "TxnID").collect::<Vec<_>>(), [id]);
}

#[tokio::test]
async fn only_the_elements_that_are_asked_for_are_returned() {
    let mut session = session(&company(10));
    let lean = ask(
        &mut session,
        "<CheckQueryRq><MaxReturned>1</MaxReturned><IncludeRetElement>TxnID</IncludeRetElement></CheckQueryRq>",
    )
    .await;
    assert!(lean.contains("<CheckRet>\n<TxnID>") && !lean.contains("Amount"), "{lean}");
    assert!(!lean.contains("ExpenseLineRet"));
    let full =
        ask(&mut session, "<CheckQueryRq><MaxReturned>1</MaxReturned><IncludeLineItems>true</IncludeLineItems></CheckQueryRq>")
            .await;
    assert!(full.contains("<ExpenseLineRet>"), "{full}");
    let counted = ask(&mut session, "<CheckQueryRq metaData=\"MetaDataOnly\"/>").await;
    assert!(attribute(&counted, "retCount") == "10" && !counted.contains("CheckRet>"), "{counted}");
}

#[tokio::test]
async fn other_characters_than_ascii_are_references() {
    let answer = ask(&mut session(&company(1)), "<VendorQueryRq><ActiveStatus>All</ActiveStatus></VendorQueryRq>").await;
    assert!(answer.is_ascii() && answer.contains("M&#252;ller &amp; S&#248;n Import"), "{answer}");
}

#[tokio::test]
async fn a_check_is_added_and_deleted() {
    let company = company(10);
    let mut session = session(&company);
    let line = "<ExpenseLineAdd><AccountRef><FullName>Rent</FullName></AccountRef><Amount>12.50</Amount></ExpenseLineAdd>";
    let add = |number: &str, account: &str| {
        let account = format!("<AccountRef><FullName>{account}</FullName></AccountRef>");
        format!("<CheckAddRq><CheckAdd>{account}<RefNumber>{number}</RefNumber>{line}{line}</CheckAdd></CheckAddRq>")
    };
    let added = ask(&mut session, &add("4711", "Operating Checking")).await;
    assert_eq!((first(&added, "Amount"), first(&added, "RefNumber")), ("25.00", "4711"));
    let id = first(&added, "TxnID");
    let query = format!("<CheckQueryRq><TxnID>{id}</TxnID></CheckQueryRq>");
    assert_eq!(first(&ask(&mut session, &query).await, "TxnID"), id);
    for (number, account, status) in [("123456789012", "Operating Checking", "3070"), ("1", "Nothing", "3140")] {
        assert_eq!(attribute(&ask(&mut session, &add(number, account)).await, "statusCode"), status);
    }
    assert!(company.delete_check(id) && !company.delete_check(id));
    assert_eq!(attribute(&ask(&mut session, &query).await, "statusCode"), "500");
    let deleted = ask(&mut session, "<TxnDeletedQueryRq><TxnDelType>Check</TxnDelType></TxnDeletedQueryRq>").await;
    assert!(all(&deleted, "TxnID").any(|found| found == id) && all(&deleted, "TxnID").count() == 3, "{deleted}");
}

#[tokio::test]
async fn a_document_stops_at_an_error_or_goes_on_or_is_undone() {
    let good = "<CheckAddRq><CheckAdd><AccountRef><FullName>Operating Checking</FullName></AccountRef></CheckAdd></CheckAddRq>";
    let bad = good.replace("Operating Checking", "Nothing");
    for (on_error, last, count) in [("stopOnError", "3231", 1), ("continueOnError", "0", 2), ("rollbackOnError", "3231", 0)] {
        let company = company(5);
        let mut session = session(&company);
        let document = document(&format!("{good}{bad}{good}")).replace("stopOnError", on_error);
        let answer = answered(session.process(&document).await);
        let codes: Vec<_> = answer.split(" statusCode=\"").skip(1).map(|rest| rest.split('"').next().expect("a part")).collect();
        assert_eq!(codes, ["0", "3140", last], "{on_error}");
        assert_eq!(all(&ask(&mut session, "<CheckQueryRq/>").await, "TxnID").count(), 5 + count, "{on_error}");
    }
}

#[tokio::test]
async fn faults_apply_once_and_in_their_order() {
    let company = company(5);
    company.fail_next(Fault::ModalDialog);
    company.fail_next(Fault::OtherCompany);
    assert_eq!(company.open("").err().expect("refused").hresult, "0x80040414");
    let mut other = company.open("").expect("the other file");
    assert!(other.path().contains("Fernwood"));
    assert!(!ask(&mut other, "<CompanyQueryRq/>").await.contains(COMPANY_NAME));
    assert_eq!(company.open(r"C:\Other.qbw").err().expect("refused").hresult, "0x8004040A");

    let mut session = session(&company);
    let failure =
        Failure::new("0x80040402", "Unexpected error. Check the qbsdklog.txt file for possible additional information.");
    company.fail_next(Fault::Request(failure.clone()));
    company.fail_next(Fault::BrokenAnswer);
    company.fail_next(Fault::LostAnswer);
    let document = document("<HostQueryRq/>");
    assert!(matches!(session.process(&document).await, Outcome::Failed(failed) if failed == failure));
    assert!(!answered(session.process(&document).await).contains("</QBXML>"));
    assert!(matches!(session.process(&document).await, Outcome::Lost));
    assert!(answered(session.process(&document).await).contains("</QBXML>"));
}
