//! The pages that a customer sees: one card, without scripts and without content of other servers. A page says what happened and offers the next step.

use std::sync::LazyLock;
use std::time::Duration;

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use choice::{Offered, choice};
use counterfoil_core::Error;
use counterfoil_core::model::connection::Connection;
use counterfoil_core::model::flow::{Destination, Flow, Stage, StartParams};
use counterfoil_core::model::platform::{Environment, PlatformName};
use counterfoil_core::service::consent::outcome::ConsentOutcome;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::page::failure::{failed, start_again};
use crate::surface::addresses::{Hidden, continue_path, start_path};
use crate::surface::consent;
use crate::surface::problem::status_of;

mod choice;
pub(crate) mod docs;
pub(crate) mod failure;
mod markdown;
pub(crate) mod setup;
mod words;
pub(crate) use choice::View;
pub(crate) use failure::problem;

const STYLE: &str = concat!(include_str!("colors.css"), include_str!("card.css"), include_str!("page.css"));
/// The hash of the style for the content security policy of every answer. It is computed once.
static STYLE_HASH: LazyLock<String> = LazyLock::new(|| hash(STYLE));

fn hash(style: &str) -> String {
    STANDARD.encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, style.as_bytes()))
}

/// An extension of an answer that is a page with another style.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OwnStyle(pub(crate) &'static str);

/// An extension of an answer that is a page with a script, which may send requests to our own addresses.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OwnScript(pub(crate) &'static str);

/// An extension of an answer with a form that redirects to other hosts. Browsers check every step of such a redirect against
/// `form-action`, and a platform's sign-in uses hosts that nobody has listed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FormLeaves;

/// The content security policy of every answer: only our own style and script, and no frames (O-9).
pub(crate) fn content_security_policy(leaves: Option<FormLeaves>, style: Option<OwnStyle>, script: Option<OwnScript>) -> String {
    let script = script.map(|OwnScript(script)| format!(" script-src 'sha256-{}'; connect-src 'self';", hash(script)));
    let script = script.unwrap_or_default();
    let style = style.map_or_else(|| STYLE_HASH.clone(), |OwnStyle(style)| hash(style));
    let further = if leaves.is_some() { " https: http://127.0.0.1:* http://localhost:*" } else { "" };
    format!(
        "default-src 'none'; style-src 'sha256-{style}';{script} form-action 'self'{further}; frame-ancestors 'none'; base-uri 'none'"
    )
}

/// The content of the page before the platform's page.
pub(crate) struct Question<'a> {
    /// The partner's name.
    pub(crate) partner: &'a str,
    /// The platform to connect.
    pub(crate) platform: PlatformName,
    /// The partner's name of the customer's company, if it is known.
    pub(crate) company: Option<&'a str>,
}

/// The page that names the partner before a consent starts. Its form is submitted to the page's own address.
pub(crate) fn question(asked: &Question<'_>) -> Markup {
    let Question { partner, platform, company } = asked;
    let title = format!("Connect {}", platform.title());
    card(
        &title,
        &html! {
            div.mark.wait aria-hidden="true" { "?" }
            h1 { (title) }
            p.lead { strong { (partner) } " asks for access to your books at " (platform.title()) "." }
            @if let Some(company) = company {
                dl { dt { "Company" } dd { (company) } }
            }
            form method="post" { button.button type="submit" { "Continue to " (platform.title()) } }
            p.quiet { "Continue only if you know " (partner) " and asked for this." }
        },
    )
}

/// The next step that a page offers for a consent that is not connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RetryOffer {
    /// Start the consent again.
    Start,
    /// Ask the platform again: the code or the grant is kept.
    Retry,
    /// Load the page again, later or to choose a company.
    Look,
    /// Continue to the partner's page, which exchanges our code.
    HandOver,
}

fn again(result: &Result<ConsentOutcome, Error>) -> RetryOffer {
    match result {
        Ok(ConsentOutcome::Unconfirmed | ConsentOutcome::Postponed) => RetryOffer::Retry,
        Ok(ConsentOutcome::ChoiceNeeded | ConsentOutcome::InProgress) => RetryOffer::Look,
        Err(error) if error.is_temporary() => RetryOffer::Look,
        Ok(ConsentOutcome::ExchangeNeeded) => RetryOffer::HandOver,
        Ok(ConsentOutcome::Connected(_) | ConsentOutcome::Pending | ConsentOutcome::Failed(_)) | Err(_) => RetryOffer::Start,
    }
}

/// The page of a flow. If the consent has ended and the partner has a page, the browser continues there by itself, unless `is_last` says
/// that it has been there already.
pub(crate) fn of(
    flow: &Flow,
    result: &Result<ConsentOutcome, Error>,
    open_start: bool,
    is_last: bool,
    view: View<'_>,
) -> (StatusCode, Markup) {
    let is_over = result.as_ref().is_ok_and(ConsentOutcome::is_over);
    let leaves = !is_last && is_over && flow.destination != Destination::ResultPage;
    let onward = leaves.then(|| continue_path(&flow.id));
    match (consent::connection(result), &flow.stage) {
        (Ok(connection), _) => (StatusCode::OK, connected(connection, onward.as_deref())),
        (Err(_), Stage::Choosing { companies, is_complete, .. }) => {
            let offered = Offered { flow: &flow.id, platform: flow.platform.title(), companies, is_complete: *is_complete };
            (StatusCode::OK, choice(&offered, view))
        }
        (Err(error), _) => {
            let restart = start_again(flow).filter(|_| open_start);
            let again = again(result);
            let status = if again == RetryOffer::HandOver { StatusCode::OK } else { status_of(&error) };
            let message = match result {
                Ok(outcome) => words::of_outcome(outcome, flow.platform.title()),
                Err(error) => words::of_error(error).0,
            };
            (status, failed((error.code(), &message), again, Some(flow), restart, onward.as_deref()))
        }
    }
}

/// The page for a browser whose flow could not be read.
pub(crate) fn hidden(error: &Error) -> (StatusCode, Markup) {
    without_flow(error, None)
}

/// The page for a browser that may not see a flow.
pub(crate) fn hidden_as(why: Hidden, restart: Option<&StartParams>) -> (StatusCode, Markup) {
    let error = match why {
        Hidden::WrongBrowser => Error::invalid(
            "wrong_browser",
            "You started in another browser, or this browser does not store cookies. Start again in this browser.",
        ),
        Hidden::StorageUnavailable => Error::TryLater {
            code: "storage_unavailable",
            message: "Our storage does not answer at the moment. Nothing was changed. Try again.".to_owned(),
            retry_after: Duration::from_secs(2),
        },
        Hidden::InvalidState => {
            Error::invalid("invalid_state", "You started more than ten minutes ago, or in another place. Start again.")
        }
        Hidden::InvalidCallback => Error::invalid("invalid_state", "The connection could not be completed. Start again."),
    };
    without_flow(&error, restart)
}

fn without_flow(error: &Error, restart: Option<&StartParams>) -> (StatusCode, Markup) {
    let again = if error.is_temporary() { RetryOffer::Look } else { RetryOffer::Start };
    let message = match error {
        Error::Internal(_) | Error::Misconfigured { .. } => words::of_error(error).0,
        error => error.to_string(),
    };
    (status_of(error), failed((error.code(), &message), again, None, restart.map(start_path), None))
}

fn connected(connection: &Connection, onward: Option<&str>) -> Markup {
    let missing = connection.grant().map(|grant| grant.missing_scopes.as_slice()).unwrap_or_default();
    card_going_on(
        "Connected",
        onward,
        &html! {
            div.mark.good aria-hidden="true" { "✓" }
            h1 { "Connected" }
            p.lead { strong { (connection.company_name) } " is now connected through " (connection.company.platform.title()) "." }
            dl {
                dt { "Connection" } dd { (connection.id.company_key) }
                dt { "Company id" } dd { (connection.company.company_id) }
                @if connection.company.environment == Environment::Sandbox {
                    dt { "Books" } dd { "sandbox" }
                }
            }
            @if !missing.is_empty() {
                p.warn { "You did not allow everything that was asked for, so some features may not work. Missing: " (missing.join(", ")) "." }
            }
            @if let Some(url) = onward {
                a.button href=(url) { "Continue" }
            } @else {
                p.quiet { "You can close this window." }
            }
        },
    )
}

/// The page for a customer who comes from a platform where they disconnected the app.
pub(crate) fn disconnected_there() -> Markup {
    card(
        "Thank you",
        &html! {
            div.mark.good aria-hidden="true" { "✓" }
            h1 { "Thank you" }
            p.lead { "If you disconnected this app, it has no more access to your books." }
            p { "To connect it again, open the app and start again." }
            p.quiet { "You can close this window." }
        },
    )
}

fn card(title: &str, content: &Markup) -> Markup {
    card_going_on(title, None, content)
}

/// A card that navigates by itself to `onward`, an address of ours.
fn card_going_on(title: &str, onward: Option<&str>, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                @if let Some(onward) = onward {
                    meta http-equiv="refresh" content={ "0;url=" (onward) };
                }
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { main { (content) } }
        }
    }
}
