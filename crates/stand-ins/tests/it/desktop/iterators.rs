//! Iterators.

use counterfoil_stand_ins::company_file::Session;

use super::company_file::{all, ask, attribute, company, session};

fn query(iterator: &str, most: u32) -> String {
    format!("<CheckQueryRq {iterator}><MaxReturned>{most}</MaxReturned></CheckQueryRq>")
}

async fn start(session: &mut Session) -> String {
    attribute(&ask(session, &query("iterator=\"Start\"", 20)).await, "iteratorID").to_owned()
}

#[tokio::test]
async fn an_iterator_returns_each_record_once() {
    let company = company(30_000);
    let mut session = session(&company);
    let mut answer = ask(&mut session, &query("iterator=\"Start\"", 12_000)).await;
    let id = attribute(&answer, "iteratorID").to_owned();
    let mut seen = all(&answer, "TxnID").count();
    for remaining in ["18000", "6000", "0"] {
        assert_eq!(attribute(&answer, "iteratorRemainingCount"), remaining);
        if remaining != "0" {
            answer = ask(&mut session, &query(&format!("iterator=\"Continue\" iteratorID=\"{id}\""), 12_000)).await;
            seen += all(&answer, "TxnID").count();
        }
    }
    assert_eq!(seen, 30_000);
    assert_eq!(
        attribute(&ask(&mut session, &query(&format!("iterator=\"Continue\" iteratorID=\"{id}\""), 5)).await, "statusCode"),
        "3391"
    );
}

#[tokio::test]
async fn an_iterator_is_of_one_session_and_one_query() {
    let company = company(50);
    let mut first = session(&company);
    let id = start(&mut first).await;
    let on = format!("iterator=\"Continue\" iteratorID=\"{id}\"");
    let mut second = session(&company);
    assert_eq!(attribute(&ask(&mut second, &query(&on, 20)).await, "statusCode"), "3391");
    let other = query(&on, 20).replace("</MaxReturned>", "</MaxReturned><IncludeLineItems>true</IncludeLineItems>");
    assert_eq!(attribute(&ask(&mut first, &other).await, "statusCode"), "3391");
    let id = start(&mut first).await;
    let stop = query(&format!("iterator=\"Stop\" iteratorID=\"{id}\""), 20);
    assert_eq!(attribute(&ask(&mut first, &stop).await, "statusCode"), "0");
    assert_eq!(attribute(&ask(&mut first, &stop).await, "statusCode"), "3391");
}

#[tokio::test]
async fn lists_have_iterators_too() {
    let mut session = session(&company(1));
    let query = |iterator: &str| format!("<CustomerQueryRq {iterator}><MaxReturned>15</MaxReturned></CustomerQueryRq>");
    let answer = ask(&mut session, &query("iterator=\"Start\"")).await;
    assert_eq!((all(&answer, "FullName").count() >= 15, attribute(&answer, "iteratorRemainingCount")), (true, "4"));
    let id = attribute(&answer, "iteratorID");
    let rest = ask(&mut session, &query(&format!("iterator=\"Continue\" iteratorID=\"{id}\""))).await;
    assert_eq!((rest.matches("<CustomerRet>").count(), attribute(&rest, "iteratorRemainingCount")), (4, "0"));
}
