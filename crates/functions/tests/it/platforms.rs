//! Every platform through the routes: consent, token, refresh, and forged callbacks.

use counterfoil_stand_ins::xero::ORGANISATIONS;

use crate::harness::{Browser, Installation, OTHER_KEYS, with_parameter};

/// The choice at the platform, the choice on our page, and the result.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) chosen: &'static [(&'static str, &'static str)],
    pub(crate) choice: Option<&'static str>,
    pub(crate) company_id: &'static str,
    pub(crate) company_name: &'static str,
    pub(crate) api: &'static str,
    pub(crate) pkce: bool,
    pub(crate) can_revoke: bool,
}

/// Every platform. If there are several companies, the last one is chosen.
pub(crate) fn rows() -> impl Iterator<Item = Row> {
    counterfoil_stand_ins::samples().map(|(name, sample)| {
        let (company_id, company_name) = sample.companies[sample.companies.len() - 1];
        let choice = (sample.companies.len() > 1).then_some(company_id);
        Row {
            name,
            chosen: sample.chosen,
            choice,
            company_id,
            company_name,
            api: sample.api,
            pkce: sample.pkce,
            can_revoke: sample.can_revoke,
        }
    })
}

pub(crate) fn row(name: &str) -> Row {
    rows().find(|row| row.name == name).expect("a platform")
}

/// Runs a consent from the start to the callback's address, in a browser.
pub(crate) async fn callback(place: &Installation, browser: &mut Browser<'_>, start: &str, chosen: &[(&str, &str)]) -> String {
    let page = browser.start(start).await;
    let form: Vec<_> = chosen.iter().copied().chain([("decision", "connect")]).collect();
    place.stand_ins.decide(&page, &form).await
}

#[tokio::test]
async fn o2_each_platform_has_its_own_callback_path_and_api_base_url() {
    let place = Installation::start_with(&OTHER_KEYS).await;
    for Row { name, chosen, choice, company_id, company_name, api, .. } in rows() {
        let mut curl = Browser::curl(&place.server);
        let start = format!("/oauth/start/shop-{name}?platform={name}");
        let callback = callback(&place, &mut curl, &start, chosen).await;
        let path = if name == "quickbooks" { "/oauth/callback?".to_owned() } else { format!("/oauth/callback/{name}?") };
        assert!(callback.starts_with(&path), "{callback}");
        let mut connected = curl.get(&callback).await;
        if let Some(choice) = choice {
            assert_eq!(connected.problem(), (409, "company_choice_required".to_owned()), "{name}");
            connected =
                curl.submit(format!("{}/choose", crate::choosing::result_of(&callback)), &format!("company_id={choice}")).await;
        }
        assert_eq!(connected.status, 200, "{name}: {}", connected.body);
        assert_eq!(connected.text("company_name"), company_name);

        let token = place.token(&format!("shop-{name}")).await;
        assert_eq!([token.text("platform"), token.text("company_id")], [name, company_id]);
        assert!(token.text("api_base_url").ends_with(api), "{name}: {}", token.text("api_base_url"));
    }
}

#[tokio::test]
async fn every_platform_can_be_refreshed_repeatedly() {
    let place = Installation::start_with(&OTHER_KEYS).await;
    for Row { name, chosen, choice, company_id, api, .. } in rows() {
        let mut curl = Browser::curl(&place.server);
        let callback = callback(&place, &mut curl, &format!("/oauth/start/{name}?platform={name}"), chosen).await;
        curl.get(&callback).await;
        if let Some(choice) = choice {
            curl.submit(format!("{}/choose", crate::choosing::result_of(&callback)), &format!("company_id={choice}")).await;
        }
        let mut seen = vec![place.token(name).await.text("access_token")];
        for _time in 1..=3 {
            place.pass(11).await;
            let refreshed = place.refresh(name).await;
            assert_eq!(refreshed.status, 200, "{name}: {}", refreshed.body);
            assert_eq!(refreshed.text("company_id"), company_id);
            assert!(refreshed.text("api_base_url").ends_with(api), "{name}");
            let token = refreshed.text("access_token");
            assert!(!seen.contains(&token), "{name}: a new one each time");
            seen.push(token);
        }
    }
}

#[tokio::test]
async fn o8_a_refusal_at_any_platform_ends_the_flow_and_is_counted() {
    let place = Installation::start_with(&OTHER_KEYS).await;
    for Row { name, .. } in rows() {
        let mut curl = Browser::curl(&place.server);
        let page = curl.start(format!("/oauth/start/{name}?platform={name}")).await;
        let answer = curl.get(place.stand_ins.cancel(&page).await).await;
        assert_eq!(answer.problem(), (400, "access_denied".to_owned()), "{name}");
        assert_eq!(place.stand_ins.token_requests_at(name).await, 0, "{name}");
    }
    assert_eq!(place.rows.refusals("default").await, [format!("consent_failed: access_denied x{}", rows().count())]);
}

#[tokio::test]
async fn o13_a_forged_data_centre_gets_neither_the_code_nor_the_secret() {
    let place = Installation::start_with(&OTHER_KEYS).await;
    let forgeries = [
        ("accounts-server", "https://accounts.zoho.eu.evil.example"),
        ("accounts-server", "http://localhost:1/zoho/eu"),
        ("accounts-server", ""),
        ("api_domain", "https://www.zohoapis.com"),
        ("api_domain", "https://evil.example"),
        ("location", "us"),
        ("location", "nowhere"),
    ];
    for (number, (name, value)) in forgeries.into_iter().enumerate() {
        let key = format!("shop-{number}");
        let mut curl = Browser::curl(&place.server);
        let good = callback(&place, &mut curl, &format!("/oauth/start/{key}?platform=zoho"), &[("account", "eu")]).await;
        let answer = curl.get(with_parameter(&good, name, Some(value))).await;
        assert_eq!(answer.problem(), (400, "unknown_region".to_owned()), "{name}={value}");
        assert_eq!(curl.get(&good).await.problem(), (400, "unknown_region".to_owned()), "spent");
    }
    assert_eq!(place.stand_ins.token_requests_at("zoho").await, 0);
    assert_eq!(place.rows.refusals("default").await, ["consent_failed: unknown_region x7"]);
}

#[tokio::test]
async fn o2_a_state_of_one_platform_is_refused_at_anothers_callback() {
    let place = Installation::start_with(&OTHER_KEYS).await;
    for (begun, ended) in [("xero", "zoho"), ("zoho", "freshbooks"), ("freshbooks", "xero"), ("xero", "quickbooks")] {
        let key = format!("{begun}-{ended}");
        let mut curl = Browser::curl(&place.server);
        let chosen = row(begun).chosen;
        let good = callback(&place, &mut curl, &format!("/oauth/start/{key}?platform={begun}"), chosen).await;
        let swapped = good.replace(&format!("/oauth/callback/{begun}?"), &format!("/oauth/callback/{ended}?"));
        assert_eq!(curl.get(&swapped).await.problem(), (400, "wrong_platform".to_owned()), "{key}");
        assert_eq!(curl.get(&good).await.problem(), (400, "wrong_platform".to_owned()), "spent: {key}");
        assert!(place.rows.connection(&key).await.is_none());
    }
    assert_eq!(place.rows.refusals("default").await, ["consent_failed: wrong_platform x4"]);
    for Row { name, .. } in rows() {
        assert_eq!(place.stand_ins.token_requests_at(name).await, 0, "{name}");
    }
}

#[tokio::test]
async fn o7_the_verifier_is_sealed_and_in_no_address() {
    let place = Installation::start_with(&OTHER_KEYS).await;
    for Row { name, pkce: bound, .. } in rows() {
        let page = Browser::curl(&place.server).start(format!("/oauth/start/{name}?platform={name}")).await;
        let flows = place.rows.under("FLOW#", "").await;
        let flow = flows.iter().find(|row| row["company_key"].as_s().is_ok_and(|key| key == name)).expect("the flow");
        assert_eq!(flow.get("verifier").is_some_and(|verifier| verifier.as_b().is_ok()), bound, "{name}");
        assert_eq!(page.contains("code_challenge=") && page.contains("code_challenge_method=S256"), bound, "{name}");
        assert!(!page.contains("verifier"), "{page}");
    }
}

#[tokio::test]
async fn o7_pkce_can_be_switched_off_and_on() {
    for (variable, name, bound) in [("XERO_PKCE", "xero", "false"), ("QUICKBOOKS_PKCE", "quickbooks", "true")] {
        let place = Installation::start_with(&[&OTHER_KEYS[..], &[(variable, bound)]].concat()).await;
        let page = Browser::curl(&place.server).start(format!("/oauth/start/shop?platform={name}")).await;
        assert_eq!(page.contains("code_challenge"), bound == "true", "{page}");
        assert_eq!(place.rows.under("FLOW#", "").await[0].contains_key("verifier"), bound == "true");
    }
}

#[tokio::test]
async fn o16_an_anonymous_renewal_that_does_not_reach_the_company_is_refused() {
    let place = Installation::start_with(&OTHER_KEYS).await;
    let [first, second] = [0, 1].map(|index: usize| ORGANISATIONS[index].tenant_id);
    let mut curl = Browser::curl(&place.server);
    let start = "/oauth/start/shop?platform=xero";
    let callback_of = async |curl: &mut Browser<'_>, tenant: &str| callback(&place, curl, start, &[("tenant_id", tenant)]).await;
    let connected = callback_of(&mut curl, first).await;
    assert_eq!(curl.get(connected).await.text("company_id"), first);
    let other = callback_of(&mut curl, second).await;
    assert_eq!(curl.get(other).await.problem(), (409, "other_company".to_owned()));
    let same = callback_of(&mut curl, first).await;
    assert_eq!(curl.get(same).await.text("company_id"), first);
    assert_eq!(place.token("shop").await.text("company_id"), first);
}
