//! The pages for failures.

use counterfoil_core::Error;
use counterfoil_core::model::flow::failure::FlowFailure;
use counterfoil_core::model::flow::{Authority, Flow, Stage};
use counterfoil_core::model::reference::Reference;
use maud::{Markup, html};
use url::form_urlencoded::byte_serialize;

use crate::page::{RetryOffer, card_going_on, words};
use crate::surface::addresses::{authorize_path, result_path, retry_path, start_path};

/// The page of a failed request. It links to the same address only for a temporary failure.
pub(crate) fn problem(error: &Error) -> Markup {
    let passing = error.is_temporary() || matches!(error, Error::PlatformFailed { retry_after: Some(_), .. });
    let what_now = match error {
        _ if passing => html! { a.button href="" { "Try again" } },
        // The message of a link that cannot be used says whom to ask.
        Error::Misconfigured { .. } | Error::Internal(_) | Error::NotFound(_) => html! {},
        _ => go_back(),
    };
    let title = match error {
        _ if passing => "Not just now",
        Error::NotFound(_) => "Not found",
        _ => "Not connected",
    };
    let (message, detail) = words::of_error(error);
    let what_now = html! {
        (what_now)
        @if let Some(detail) = detail { p.quiet { "For the person who made the link: " (detail) } }
    };
    card_of(&Failure { title, code: error.code(), message: &message, passing }, &what_now, None)
}

/// The content of a failure's page.
struct Failure<'a> {
    title: &'static str,
    code: &'static str,
    message: &'a str,
    /// Whether another try can succeed.
    passing: bool,
}

/// The page of a consent that is not connected. `code` and `message` are its state.
pub(super) fn failed(
    (code, message): (&'static str, &str),
    again: RetryOffer,
    flow: Option<&Flow>,
    restart: Option<String>,
    onward: Option<&str>,
) -> Markup {
    let passing = again != RetryOffer::Start;
    let title = if passing { "Not finished yet" } else { "Not connected" };
    let said = flow.and_then(|flow| flow.reference.as_deref()).filter(|text| Reference::is_for_the_operator(text));
    let what_now = html! {
        (what_now(again, flow, restart, onward))
        @if let Some(said) = said { p.quiet { "For the person who sent you here: " code { (said) } } }
    };
    card_of(&Failure { title, code, message, passing }, &what_now, onward)
}

fn card_of(failure: &Failure<'_>, what_now: &Markup, onward: Option<&str>) -> Markup {
    let Failure { title, code, message, passing } = *failure;
    card_going_on(
        title,
        onward,
        &html! {
            div.mark.(if passing { "wait" } else { "bad" }) aria-hidden="true" { (if passing { "…" } else { "!" }) }
            h1 { (title) }
            p.lead { (message) }
            (what_now)
            p.quiet { "Reference: " code { (code) } }
        },
    )
}

fn what_now(again: RetryOffer, flow: Option<&Flow>, restart: Option<String>, onward: Option<&str>) -> Markup {
    match (again, flow, restart) {
        (RetryOffer::Retry, Some(flow), _) => html! {
            form method="post" action=(retry_path(&flow.id)) { button.button type="submit" { "Try again" } }
        },
        (RetryOffer::Look, Some(flow), _) => {
            html! { a.button href=(result_path(&flow.id)) { "Look again" } }
        }
        (RetryOffer::HandOver, ..) if let Some(onward) = onward => html! { a.button href=(onward) { "Continue" } },
        _ if let Some(onward) = onward => html! { a.button href=(onward) { "Go back" } },
        (_, _, Some(restart)) => html! { a.button href=(restart) { "Start again" } },
        (_, Some(flow), None) if is_link_open(flow) => {
            html! { p { "To try again, open the link that you were sent once more." } }
        }
        _ => go_back(),
    }
}

/// The address that starts this consent again; `None` if a key or a link started it, because nobody else may.
pub(super) fn start_again(flow: &Flow) -> Option<String> {
    let Flow { platform, partner, .. } = flow;
    match flow.company_key {
        Some(_) => flow.restart_params().map(|restart| start_path(&restart) + &named(flow.company_name.as_deref())),
        None if flow.authority == Authority::Anonymous => Some(authorize_path(*platform, partner)),
        None => None,
    }
}

/// Whether a connect link started the flow and may start another: only a completed consent uses it up.
fn is_link_open(flow: &Flow) -> bool {
    let is_over = matches!(flow.stage, Stage::Failed(FlowFailure::LinkUsed | FlowFailure::AuthorityRevoked | FlowFailure::Gone));
    matches!(flow.authority, Authority::Link(_)) && !is_over
}

/// The connection's name as a further parameter.
fn named(company_name: Option<&str>) -> String {
    let encoded = |name: &str| byte_serialize(name.as_bytes()).collect::<String>();
    company_name.map(|name| format!("&company_name={}", encoded(name))).unwrap_or_default()
}

fn go_back() -> Markup {
    html! { p { "Go back to where you came from and start again." } }
}
