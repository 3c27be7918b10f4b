//! The page that sets up the QuickBooks Web Connector. Its script looks whether the setup is complete; without scripts the page can be loaded
//! again.

use axum::http::StatusCode;
use counterfoil_core::model::secret::Secret;
use counterfoil_core::service::desktop::auth_flow::LinkState;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::page::card;

/// The style of the page. The content security policy of its answer has its hash.
pub(crate) const STYLE: &str = concat!(include_str!("colors.css"), include_str!("card.css"), include_str!("setup.css"));
/// The script of the page. The content security policy of its answer has its hash.
pub(crate) const SCRIPT: &str = include_str!("setup.js");

/// The addresses that the page uses.
pub(crate) struct Addresses {
    /// The page.
    pub(crate) page: String,
    /// The `.qwc` file.
    pub(crate) qwc: String,
    /// Makes another `.qwc` file.
    pub(crate) new_file: String,
    /// Whether the setup is complete.
    pub(crate) status: String,
}

/// The content of the page.
pub(crate) struct Setup<'a> {
    pub(crate) partner: &'a str,
    pub(crate) company: &'a str,
    pub(crate) link: LinkState,
    /// Whether the end user has begun the setup.
    pub(crate) has_connection: bool,
    pub(crate) user_name: &'a str,
    /// The password, if it is shown now.
    pub(crate) password: Option<&'a Secret>,
    pub(crate) redirect_url: Option<&'a str>,
    pub(crate) addresses: &'a Addresses,
}

/// The page. That of a link that can be used has [`STYLE`] and [`SCRIPT`]; another one is a card.
pub(crate) fn page(setup: &Setup<'_>) -> (StatusCode, Markup) {
    match setup.link {
        LinkState::Used => (StatusCode::OK, connected(setup)),
        LinkState::Expired(_) => (StatusCode::GONE, expired(setup)),
        LinkState::Open => (StatusCode::OK, steps(setup)),
    }
}

fn steps(setup: &Setup<'_>) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { "Connect QuickBooks Desktop" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    h1 { "Connect QuickBooks Desktop" }
                    p.lead { strong { (setup.partner) } " asks for access to this company file: " strong { (setup.company) } }
                    p.quiet {
                        "Do this on the Windows computer with QuickBooks Desktop. It takes about five minutes. Continue only if you know "
                        (setup.partner) " and asked for this."
                    }
                    @if let Some(password) = setup.password {
                        (instructions(setup, password))
                    } @else {
                        (begin(setup))
                    }
                    (state(setup))
                    @if setup.has_connection { (trouble(setup)) }
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
}

fn connected(setup: &Setup<'_>) -> Markup {
    card(
        "Connected",
        &html! {
            div.mark.good aria-hidden="true" { "✓" }
            h1 { "Connected" }
            p.lead { strong { (setup.partner) } " has access to this company file of QuickBooks Desktop: " strong { (setup.company) } }
            p { "Leave the Web Connector open, with Auto-Run ticked, so that the connection stays active." }
            @if let Some(url) = setup.redirect_url {
                a.button href=(url) { "Continue" }
            } @else {
                p.quiet { "You can close this window." }
            }
            p.quiet { "This link was used. To set up another computer, ask " (setup.partner) " for a new link." }
        },
    )
}

fn expired(setup: &Setup<'_>) -> Markup {
    card(
        "This link has expired",
        &html! {
            div.mark.bad aria-hidden="true" { "!" }
            h1 { "This link has expired" }
            p.lead { "Ask " strong { (setup.partner) } " for a new link to connect this company file: " strong { (setup.company) } }
            p.quiet { "Nothing was changed." }
        },
    )
}

fn begin(setup: &Setup<'_>) -> Markup {
    html! {
        ol {
            li { h2 { "Open QuickBooks Desktop" } p { "Open the company file, in single-user mode, as the user Admin." } }
            li {
                h2 { "Begin the setup" }
                p { "The next page has a file and a password for the QuickBooks Web Connector, a program that comes with QuickBooks." }
                @if setup.has_connection {
                    p.quiet { "A password was shown before. A new one replaces it: type it into the Web Connector again." }
                }
                form method="post" action=(setup.addresses.page) {
                    button.button type="submit" { @if setup.has_connection { "Show a new password" } @else { "Begin" } }
                }
            }
        }
    }
}

fn instructions(setup: &Setup<'_>, password: &Secret) -> Markup {
    html! {
        ol {
            li {
                h2 { "Download the connection file" }
                p { "Save it on the computer with QuickBooks Desktop, and open it there. The QuickBooks Web Connector starts." }
                a.button href=(setup.addresses.qwc) download="quickbooks-connection.qwc" { "Download" }
                p.quiet { "If Windows knows no program for it: install the Web Connector from Intuit (QuickBooks: File > Update Web Services), and choose "
                    "Add an application there." }
            }
            li {
                h2 { "Permit the access in QuickBooks" }
                p { "Click OK in the Web Connector. QuickBooks asks whether this application may read your company file: choose "
                    strong { "Yes, always; allow access even if QuickBooks is not running" } ", and Continue." }
            }
            li {
                h2 { "Paste the password" }
                p { "The Web Connector lists " strong { (setup.partner) } ". Paste this password into its field Password, press Enter, and save it with Yes." }
                div.password { code id="password" { (password.expose()) } button.plain id="copy" type="button" hidden { "Copy" } }
                p.quiet { "It is shown only once. The user name " code { (setup.user_name) } " is in the file." }
            }
            li {
                h2 { "Switch it on" }
                p { "Tick the box before " strong { (setup.partner) } " and the box " strong { "Auto-Run" } ". Then click " strong { "Update Selected" } "." }
            }
        }
    }
}

fn trouble(setup: &Setup<'_>) -> Markup {
    html! {
        details {
            summary { "The Web Connector refuses the file" }
            p { "If it says QBWC1039, or that a FileID is in use, the company file knows an earlier connection. Remove that one in the Web Connector. "
                "If it is not there, make another file, and begin with step 1 again." }
            form method="post" action=(setup.addresses.new_file) { button.plain type="submit" { "Make another file" } }
        }
    }
}

fn state(setup: &Setup<'_>) -> Markup {
    html! {
        div.state id="state" data-status=(setup.addresses.status) data-page=(setup.addresses.page) role="status" {
            span.dot {}
            span id="words" { "Waiting for the Web Connector. This page changes by itself when QuickBooks is connected." }
        }
        noscript { p.quiet { "Load this page again after the last step to see whether QuickBooks is connected." } }
    }
}
