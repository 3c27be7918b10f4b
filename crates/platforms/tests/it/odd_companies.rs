//! Company lists with unreadable entries: they affect no other, and a company that is missing may still exist.

use counterfoil_core::model::platform::PlatformName;
use counterfoil_core::port::platform::{ConfirmFailure, GrantCompanies};

use crate::raw::{Bytes, answer, companies};

const REALM: &str = "9130357849012345";

fn ok(body: &str) -> Bytes {
    answer(200, "", body.as_bytes())
}

/// Ids and names.
fn named(found: &GrantCompanies) -> Vec<(&str, &str)> {
    found.companies.iter().map(|company| (company.company_id.as_str(), company.name.as_str())).collect()
}

fn claim(platform: PlatformName) -> Option<&'static str> {
    (platform == PlatformName::Quickbooks).then_some(REALM)
}

async fn grant_companies(platform: PlatformName, body: &str) -> GrantCompanies {
    let found = companies(platform, claim(platform), vec![ok(body)]).await;
    found.unwrap_or_else(|failure| panic!("{platform}: {failure:?}: {body}"))
}

#[tokio::test]
async fn an_unreadable_entry_affects_no_other() {
    for (platform, body) in [
        (
            PlatformName::Xero,
            r#"[{"tenantId":"a","tenantType":"ORGANISATION","tenantName":"Acme"},null,7,{"tenantId":{}},
            {"tenantId":"p","tenantType":"PRACTICE"},{"tenantId":"b","tenantType":"ORGANISATION"}]"#,
        ),
        (
            PlatformName::Zoho,
            r#"{"code":0,"organizations":[{"organization_id":"a","name":"Acme"},null,"x",{"name":"no id"},
            {"organization_id":"b","name":null}]}"#,
        ),
        (
            PlatformName::Freshbooks,
            r#"{"response":{"business_memberships":[{"business":{"account_id":"a","name":"Acme"}},null,
            {"business":null},{"business":{"account_id":null,"name":"no books"}},{"business":{"account_id":"b","name":[]}}]}}"#,
        ),
    ] {
        let found = grant_companies(platform, body).await;
        assert_eq!(named(&found), [("a", "Acme"), ("b", "b")], "{platform}");
        assert!(!found.is_complete, "{platform}: another company may be among those that were left out");
    }
}

#[tokio::test]
async fn a_missing_name_shows_the_id_and_a_number_is_an_id_too() {
    for (platform, body) in [
        (PlatformName::Quickbooks, r#"{"CompanyInfo":{"CompanyName":null}}"#),
        (PlatformName::Xero, r#"[{"tenantId":9130357849012345}]"#),
        (PlatformName::Zoho, r#"{"code":"0","organizations":[{"organization_id":9130357849012345,"name":"  "}]}"#),
        (PlatformName::Freshbooks, r#"{"response":{"business_memberships":[{"business":{"account_id":9130357849012345}}]}}"#),
    ] {
        let found = grant_companies(platform, body).await;
        assert_eq!(named(&found), [(REALM, REALM)], "{platform}");
        assert!(found.is_complete, "{platform}");
    }
}

#[tokio::test]
async fn an_answer_without_a_list_does_not_name_the_companies() {
    for (platform, body) in [
        (PlatformName::Quickbooks, "{}"),
        (PlatformName::Xero, "{}"),
        (PlatformName::Zoho, r#"{"code":0,"message":"success"}"#),
        (PlatformName::Zoho, r#"{"code":0,"organizations":null}"#),
        (PlatformName::Zoho, "{}"),
        (PlatformName::Freshbooks, r#"{"response":{}}"#),
        (PlatformName::Freshbooks, r#"{"response":{"business_memberships":null}}"#),
    ] {
        let found = companies(platform, claim(platform), vec![ok(body)]).await;
        assert_eq!(found, Err(ConfirmFailure::Unavailable), "{platform}: {body}");
    }
    let denied = companies(PlatformName::Zoho, None, vec![ok(r#"{"code":57,"message":"not authorized"}"#)]).await;
    assert_eq!(denied, Err(ConfirmFailure::Denied));
}

#[tokio::test]
async fn companies_are_read_to_the_end_of_the_list() {
    let connections: Vec<_> = (0..1_500)
        .map(|at| format!(r#"{{"id":"c{at}","tenantId":"t{at}","tenantType":"ORGANISATION","tenantName":"T"}}"#))
        .collect();
    let all = grant_companies(PlatformName::Xero, &format!("[{}]", connections.join(","))).await;
    assert_eq!((all.companies.len(), all.is_complete), (1_500, true));

    let page = |id: &str, more: bool| {
        ok(&format!(r#"{{"code":0,"organizations":[{{"organization_id":"{id}"}}],"page_context":{{"has_more_page":{more}}}}}"#))
    };
    let pages = vec![page("a", true), page("b", true), page("c", false)];
    let all = companies(PlatformName::Zoho, None, pages).await.expect("named");
    assert_eq!((named(&all), all.is_complete), (vec![("a", "a"), ("b", "b"), ("c", "c")], true));

    // A page that fails is not the end of the list.
    let cut = companies(PlatformName::Zoho, None, vec![page("a", true), answer(500, "", b"")]).await;
    assert_eq!(cut, Err(ConfirmFailure::Unavailable));
    let endless = companies(PlatformName::Zoho, None, vec![page("a", true); 20]).await.expect("named");
    assert!(!endless.is_complete, "what is cut decides nothing");
}

#[tokio::test]
async fn a_company_answer_in_an_odd_form_is_an_answer() {
    let body = r#"[{"tenantId":"a","tenantId":"a","tenantName":"Acme"}]"#;
    for odd in [
        answer(203, "", body.as_bytes()),
        ok(&format!("\u{feff}{body} trailing")),
        answer(200, "nonsense\r\nx odd: 1\r\n", body.as_bytes()),
    ] {
        let found = companies(PlatformName::Xero, None, vec![odd]).await.expect("named");
        assert_eq!(named(&found), [("a", "Acme")]);
    }
}
