//! The queries of every resource against the stand-in for QuickBooks Desktop, which shares no code with this crate, and is strict.

use counterfoil_desktop::qbxml::{Element, Response, Version, document, json};
use counterfoil_desktop::resource::{ListRequest, Page, Resource, Step};
use counterfoil_desktop::session::{Guid, OpenCompany, Qwc, Stamp};
use counterfoil_stand_ins::company_file::{COMPANY_NAME, CompanyFile, Contents, Outcome, Session};
use counterfoil_stand_ins::web_connector;
use serde_json::Value;
use strum::VariantArray as _;

/// A company with two currencies.
fn session(checks: u64) -> Session {
    CompanyFile::new(Contents { multicurrency: true, ..Contents::of_checks(checks) }).open("").expect("opens")
}

async fn ask(session: &mut Session, request: Element) -> Response {
    let document = document(Version::OWN, vec![("a-job".to_owned(), request)]).expect("writable");
    match session.process(&document).await {
        Outcome::Answered(answer) => {
            let [response] = <[Response; 1]>::try_from(Response::parse(&answer).expect("an answer")).expect("one answer");
            assert_eq!(response.request_id.as_deref(), Some("a-job"));
            response
        }
        other => panic!("{other:?} to {document}"),
    }
}

fn list(resource: Resource, query: &[(&str, &str)]) -> ListRequest {
    let pairs: Vec<_> = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    ListRequest::parse(resource, &pairs).unwrap_or_else(|error| panic!("{resource} {query:?}: {error:?}"))
}

async fn all(session: &mut Session, resource: Resource, query: &[(&str, &str)]) -> Vec<Value> {
    let list = list(resource, query);
    let response = ask(session, list.query(Page::default())).await;
    assert!(!response.is_failed(), "{resource} {query:?}: {response:?}");
    let answer = Element { children: response.returned, ..Element::new(resource.response()) };
    list.read_all(&answer).unwrap_or_else(|error| panic!("{resource} {query:?}: {error:?}"))
}

#[tokio::test]
async fn every_resource_is_listed_and_each_object_retrieved() {
    let mut session = session(40);
    for resource in Resource::VARIANTS {
        let objects = all(&mut session, *resource, &[]).await;
        assert!(objects.len() > 9, "{resource}");
        for object in objects {
            let id = object["id"].as_str().expect("a text");
            let response = ask(&mut session, resource.retrieve(id).expect("an id")).await;
            assert_eq!((response.status_code, response.returned.len()), (0, 1), "{resource} {id}");
            let one = resource.read(&response.returned[0]).expect("readable");
            assert_eq!((&one["id"], &one["revisionNumber"]), (&object["id"], &object["revisionNumber"]));
        }
    }
}

#[tokio::test]
async fn pages_have_each_object_once() {
    let mut session = session(45);
    for resource in Resource::VARIANTS.iter().filter(|resource| resource.is_paged()) {
        let wanted = all(&mut session, *resource, &[]).await;
        let list = list(*resource, &[]);
        let (mut seen, mut iterator) = (Vec::new(), None::<String>);
        loop {
            let step = iterator.as_deref().map_or(Step::Start, Step::Continue);
            let response = ask(&mut session, list.query(Page { most: Some(7), step: Some(step) })).await;
            assert!(response.returned.len() <= 7);
            seen.extend(response.returned.iter().map(|object| list.read(object).expect("readable")));
            if response.iterator_remaining == Some(0) {
                break;
            }
            iterator = response.iterator_id;
        }
        assert_eq!(seen, wanted, "{resource}");
    }
}

#[tokio::test]
async fn every_parameter_is_one_that_quickbooks_takes() {
    let mut session = session(60);
    for resource in Resource::VARIANTS {
        let objects = all(&mut session, *resource, &[]).await;
        let sample = objects.iter().find(|object| object["refNumber"].is_string()).unwrap_or(&objects[4]);
        let at = |pointer: &str| sample.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (id, date, updated) = (at("/id"), at("/transactionDate"), at("/updatedAt"));
        let (number, bank, payee) =
            (at("/refNumber"), at("/bankAccount/id"), ["/payee/id", "/vendor/id", "/customer/id"].map(at).concat());
        let mut queries = vec![vec![("ids", id.as_str())], vec![("updatedAfter", updated.as_str()), ("updatedBefore", &updated)]];
        if resource.is_transaction() {
            queries.push(vec![("transactionDateFrom", date.as_str()), ("transactionDateTo", &date)]);
            queries.extend(
                ["refNumberContains", "refNumberStartsWith", "refNumberEndsWith"].map(|name| vec![(name, number.as_str())]),
            );
            queries.push(vec![("refNumberFrom", number.as_str()), ("refNumberTo", &number)]);
            queries.push(vec![("currencyIds", "80000302-1551700800"), ("includeLineItems", "false")]);
        }
        let parties = match resource {
            Resource::Check => vec![("payeeIds", payee.as_str()), ("accountIds", &bank)],
            Resource::BillCheckPayment | Resource::Bill => vec![("vendorIds", payee.as_str())],
            Resource::Invoice => vec![("customerIds", payee.as_str()), ("paymentStatus", "not_paid")],
            Resource::Account => vec![("accountType", "expense")],
            Resource::Customer | Resource::Vendor => vec![("status", "all"), ("nameContains", "a")],
        };
        queries.push(parties);
        for query in queries {
            let found = all(&mut session, *resource, &query).await;
            let some = (1..objects.len()).contains(&found.len());
            assert!(some || query[0].0 == "status", "{resource} {query:?}: {} of {}", found.len(), objects.len());
            assert!(found.iter().all(|object| objects.iter().any(|known| known["id"] == object["id"]) || query[0].0 == "status"));
        }
    }
}

#[tokio::test]
async fn what_a_client_passes_through_is_put_in_order() {
    let dates = r#"{"ToTxnDate":"2026-01-01","FromTxnDate":"2025-01-01"}"#;
    let body = format!(r#"{{"CheckQueryRq":{{"IncludeLineItems":true,"MaxReturned":3,"TxnDateRangeFilter":{dates}}}}}"#);
    let [request] = <[Element; 1]>::try_from(json::requests(&body).expect("a request")).expect("one");
    let response = ask(&mut session(50), request).await;
    assert_eq!((response.status_code, response.returned.len()), (0, 3));
    let answer: Value = serde_json::from_str(&json::answer(&[response])).expect("JSON");
    assert_eq!(answer["CheckQueryRs"]["CheckRet"].as_array().map(Vec::len), Some(3));
}

#[tokio::test]
async fn a_web_connector_takes_the_file_and_its_stamp_is_found() {
    let guid = |digit: &str| Guid::parse(&format!("{{{}-0000-1111-2222-0123456789ab}}", digit.repeat(8))).expect("a GUID");
    let (owner, file, other) = (guid("a"), guid("b"), guid("c"));
    let qwc = Qwc {
        app_name: "Counterfoil & Co",
        app_url: "https://books.example.com/qbwc",
        description: "Checks",
        support_url: "https://books.example.com/support",
        user_name: "qbd_1",
        owner: &owner,
        file: &file,
        is_unattended: true,
    };
    let read = web_connector::Qwc::read(&qwc.to_xml().expect("right")).expect("is taken");
    assert_eq!((read.app_name.as_str(), read.user_name.as_str(), read.is_read_only), ("Counterfoil & Co", "qbd_1", false));
    let company = CompanyFile::new(Contents::of_checks(1));
    let query = || Element::new("CompanyQueryRq").with_text("OwnerID", owner.to_string());
    let document = document(Version::OWN, vec![("1".to_owned(), query())]).expect("writable");
    for (stamp, wanted) in [(None, Stamp::Absent), (Some(&read.file_id), Stamp::Ours), (Some(&other.to_string()), Stamp::Other)] {
        company.remove_stamp(&read.owner_id);
        if let Some(stamp) = stamp {
            company.stamp(&read.owner_id, stamp).expect("the only one");
        }
        let Outcome::Answered(answer) = company.open("").expect("opens").process(&document).await else { panic!("no answer") };
        let open = OpenCompany::read(&answer, &owner, &file).expect("an answer");
        assert_eq!((open.name.as_deref(), open.stamp), (Some(COMPANY_NAME), wanted));
    }
}
