//! `CompanyInfo` on both hosts, and the gateway's errors.

use counterfoil_stand_ins::quickbooks::Environment;
use reqwest::StatusCode;
use serde_json::json;

use super::harness::{HARBOR, LARKSPUR, World, refusal};

const SANDBOX_REALM: &str = "4620816365000000001";

#[tokio::test]
async fn o18_a_token_reads_its_own_company() {
    let world = World::start().await;
    let given = world.connect(HARBOR).await;
    let request = world.company_info(&world.endpoints.api, HARBOR, &given.access);
    let answer = request.query(&[("minorversion", "75")]).send().await.expect("answers");
    assert!(answer.headers().contains_key("intuit_tid"));
    let (status, body) = refusal(answer).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["CompanyInfo"]["CompanyName"], "Harbor & Pine Florists");
    assert_eq!(body["CompanyInfo"]["Id"], "1");
    let time = body["time"].as_str().expect("text");
    assert!(time.ends_with("-07:00") && time.len() == 29, "{time}");
}

#[tokio::test]
async fn without_accept_json_the_answer_is_xml() {
    let world = World::start().await;
    let given = world.connect(HARBOR).await;
    let url = format!("{}/v3/company/{HARBOR}/companyinfo/{HARBOR}", world.endpoints.api);
    let request = world.client.get(url).bearer_auth(&given.access);
    let answer = request.send().await.expect("answers");
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["content-type"], "application/xml");
    let xml = answer.text().await.expect("text");
    assert!(xml.contains("<CompanyName>Harbor &amp; Pine Florists</CompanyName>"), "{xml}");
}

#[tokio::test]
async fn an_invalid_token_is_a_401_of_the_gateway() {
    let world = World::start().await;
    let given = world.connect(LARKSPUR).await;
    for token in ["made-up", &given.refresh] {
        let request = world.company_info(&world.endpoints.api, LARKSPUR, token);
        let (status, body) = refusal(request.send().await.expect("answers")).await;
        assert_eq!(status, 401);
        let error = &body["fault"]["error"][0];
        assert_eq!(error["code"], "3200");
        assert_eq!(error["message"], "message=AuthenticationFailed; errorCode=003200; statusCode=401");
        assert_eq!(body["fault"]["type"], "AUTHENTICATION");
        assert!(body["time"].is_i64());
    }
    world.pass(3600).await;
    assert_eq!(world.probe(LARKSPUR, &given.access).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn o18_another_companys_token_is_a_403() {
    let world = World::start().await;
    let given = world.connect(LARKSPUR).await;
    let request = world.company_info(&world.endpoints.api, HARBOR, &given.access);
    let (status, body) = refusal(request.send().await.expect("answers")).await;
    assert_eq!(status, 403);
    assert_eq!(body["fault"]["error"][0]["code"], "3100");
}

#[tokio::test]
async fn each_host_accepts_only_the_tokens_of_its_own_client() {
    let world = World::start().await;
    let sandbox = world.connect_as(Environment::Sandbox, SANDBOX_REALM).await;
    let production = world.connect(LARKSPUR).await;
    for (base, realm, token, wanted) in [
        (&world.endpoints.sandbox_api, SANDBOX_REALM, &sandbox, StatusCode::OK),
        (&world.endpoints.api, SANDBOX_REALM, &sandbox, StatusCode::FORBIDDEN),
        (&world.endpoints.sandbox_api, LARKSPUR, &production, StatusCode::FORBIDDEN),
    ] {
        let request = world.company_info(base, realm, &token.access);
        assert_eq!(request.send().await.expect("answers").status(), wanted);
    }
}

#[tokio::test]
async fn a_request_that_is_not_exact_is_a_validation_fault() {
    let world = World::start().await;
    let given = world.connect(LARKSPUR).await;
    let request = || world.company_info(&world.endpoints.api, LARKSPUR, &given.access);
    let other_id = format!("{}/v3/company/{LARKSPUR}/companyinfo/1", world.endpoints.api);
    let other_id = world.client.get(other_id).bearer_auth(&given.access);
    for (request, code) in
        [(request().query(&[("minorversion", "65")]), "2010"), (request().query(&[("fields", "all")]), "2010"), (other_id, "610")]
    {
        let (status, body) = refusal(request.send().await.expect("answers")).await;
        assert_eq!(status, 400);
        assert_eq!(body["Fault"]["Error"][0]["code"], code);
        assert_eq!(body["Fault"]["type"], "ValidationFault");
    }
}

#[tokio::test]
async fn company_info_can_be_denied() {
    let world = World::start().await;
    let given = world.connect(LARKSPUR).await;
    world.control("settings", json!({ "company_info_denied": true })).await;
    assert_eq!(world.probe(LARKSPUR, &given.access).await, StatusCode::FORBIDDEN);
}
