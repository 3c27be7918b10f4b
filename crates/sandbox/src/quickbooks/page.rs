//! The two pages a user can see: consent and refusal. Names and ids in them are what browser tests hold on to.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::authorize::{ACCOUNTING_SCOPE, Ask};
use super::environment::Environment;

const STYLE: &str = include_str!("page.css");

/// Asks which company to connect. The form goes to the page's own path.
pub(super) fn consent(ask: &Ask) -> Markup {
    let app = ask.redirect_uri.host_str().unwrap_or("the app");
    let keys = match ask.environment {
        Environment::Production => "production keys",
        Environment::Sandbox => "sandbox keys",
    };
    frame(
        "Connect to QuickBooks",
        &html! {
            h1 { "Connect your books" }
            p.lead { "The app at " strong { (app) } " asks to work with one of your companies." }
            form method="post" action="oauth2" {
                (carried("response_type", "code"))
                (carried("client_id", ask.environment.client_id()))
                (carried("redirect_uri", &ask.redirect_uri_text))
                (carried("scope", &ask.scope))
                (carried("state", &ask.state))
                fieldset {
                    legend { "Which company?" }
                    @for (position, company) in ask.environment.companies().iter().enumerate() {
                        label.company for={ "realm-" (company.realm) } {
                            input type="radio" name="realm" id={ "realm-" (company.realm) } value=(company.realm)
                                checked[position == 0];
                            span {
                                span.name { (company.name) }
                                span.detail { (company.city) ", " (company.state) " · ID " (company.realm) }
                            }
                        }
                    }
                }
                (permissions(&ask.scope))
                div.buttons {
                    button.primary id="connect" type="submit" name="decision" value="connect" { "Connect" }
                    button id="cancel" type="submit" name="decision" value="cancel" { "Cancel" }
                }
            }
            p.fine { "Asked for with the " (keys) ". You return to " code { (ask.redirect_uri_text) } "." }
        },
    )
}

/// Says why there is nothing to agree to. Intuit, too, keeps the browser here.
pub(super) fn refusal(reason: &str) -> Markup {
    frame(
        "Cannot connect",
        &html! {
            h1 { "This request cannot go on" }
            p.reason id="error" { (reason) }
            p.lead { "The app that sent you here needs to correct this. Nothing was connected, and you will not be sent back." }
        },
    )
}

fn permissions(scope: &str) -> Markup {
    html! {
        section.permissions {
            h2 { "The app will be able to" }
            ul {
                @for scope in scope.split(' ') {
                    li {
                        @match scope {
                            ACCOUNTING_SCOPE => "Read and change the accounting data",
                            "com.intuit.quickbooks.payment" => "Take payments",
                            "openid" => "Know who you are",
                            other => { "See your " (other) }
                        }
                    }
                }
            }
        }
    }
}

fn carried(name: &str, value: &str) -> Markup {
    html! { input type="hidden" name=(name) value=(value); }
}

fn frame(title: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · stand-in" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                p.notice { "QuickBooks sandbox stand-in, no real data" }
                main { (content) }
            }
        }
    }
}
