//! The pages of what did not work.

use counterfoil_core::Error;
use counterfoil_core::model::flow::{Authority, Flow};
use counterfoil_core::model::reference::Reference;
use maud::{Markup, html};
use url::form_urlencoded::byte_serialize;

use crate::page::{Again, card_going_on};
use crate::surface::addresses::start_path;

/// The page of a request that failed. It offers the same address again only for a temporary failure.
pub(crate) fn problem(error: &Error) -> Markup {
    let passing = matches!(error, Error::TryLater { .. } | Error::PlatformFailed { retry_after: Some(_), .. });
    let what_now = match error {
        _ if passing => html! { a.button href="" { "Try again" } },
        Error::Misconfigured { .. } | Error::Internal(_) => html! {},
        _ => go_back(),
    };
    let title = match error {
        _ if passing => "Not just now",
        Error::NotFound(_) => "Not found",
        _ => "Not connected",
    };
    failure(title, error, passing, &what_now, None)
}

pub(super) fn failed(error: &Error, again: Again, flow: Option<&Flow>, anew: Option<String>, onward: Option<&str>) -> Markup {
    let passing = again != Again::Start;
    let title = if passing { "Almost there" } else { "Not connected" };
    let said = flow.and_then(|flow| flow.reference.as_deref()).filter(|text| Reference::is_for_the_operator(text));
    let what_now = html! {
        (what_now(again, flow, anew, onward))
        @if let Some(said) = said { p.quiet { "For whoever runs this: " code { (said) } } }
    };
    failure(title, error, passing, &what_now, onward)
}

fn failure(title: &str, error: &Error, passing: bool, what_now: &Markup, onward: Option<&str>) -> Markup {
    let message = match error {
        Error::Internal(_) | Error::Misconfigured { .. } => {
            "Something is wrong on our side. Please tell the person who sent you here.".to_owned()
        }
        error => error.to_string(),
    };
    card_going_on(
        title,
        onward,
        &html! {
            div.mark.(if passing { "wait" } else { "bad" }) aria-hidden="true" { (if passing { "…" } else { "!" }) }
            h1 { (title) }
            p.lead { (message) }
            (what_now)
            p.quiet { "Reference: " code { (error.code()) } }
        },
    )
}

fn what_now(again: Again, flow: Option<&Flow>, anew: Option<String>, onward: Option<&str>) -> Markup {
    match (again, flow, anew) {
        (Again::Retry, Some(flow), _) => html! {
            form method="post" action={ "/oauth/result/" (flow.id.as_str()) "/retry" } { button.button type="submit" { "Try again" } }
        },
        (Again::Look, Some(flow), _) => {
            html! { a.button href={ "/oauth/result/" (flow.id.as_str()) } { "Look again" } }
        }
        (Again::HandOver, ..) if let Some(onward) = onward => html! { a.button href=(onward) { "Continue" } },
        _ if let Some(onward) = onward => html! { a.button href=(onward) { "Go back" } },
        (_, _, Some(anew)) => html! { a.button href=(anew) { "Start again" } },
        _ => go_back(),
    }
}

/// A start as the one before, where a browser without a key may begin that.
pub(super) fn start_again(flow: &Flow) -> Option<String> {
    let Flow { platform, partner, .. } = flow;
    match flow.company_key {
        Some(_) => flow.anew().map(|anew| start_path(&anew) + &named(flow.company_name.as_deref())),
        None if flow.authority == Authority::Anonymous => {
            Some(format!("/v1/oauth/authorize?platform={platform}&partnerId={partner}"))
        }
        None => None,
    }
}

/// The name that a connection is to have, as a further parameter.
fn named(company_name: Option<&str>) -> String {
    let encoded = |name: &str| byte_serialize(name.as_bytes()).collect::<String>();
    company_name.map(|name| format!("&company_name={}", encoded(name))).unwrap_or_default()
}

fn go_back() -> Markup {
    html! { p { "Go back to where you came from and start again from there." } }
}
