//! The two pages for users: consent and refusal. They have the same structure at every platform and another style. Browser tests rely on the
//! names and ids in them.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::authorize::AuthorizeRequest;

const STYLE: &str = include_str!("page.css");

/// The style and the texts of a platform's pages.
pub(crate) struct Look {
    pub(crate) name: &'static str,
    /// The variables of the style: colours, corners, type.
    pub(crate) style: &'static str,
    pub(crate) heading: &'static str,
    /// The text after "The app at …".
    pub(crate) asks: &'static str,
    /// The label of the choice.
    pub(crate) choice: &'static str,
    pub(crate) choosing: Choosing,
    pub(crate) permissions: &'static str,
    pub(crate) connect: &'static str,
    pub(crate) cancel: &'static str,
    /// The last segment of the page's path, which its form is posted to.
    pub(crate) action: &'static str,
}

/// How many choices the user makes, and the name of the form field.
#[derive(Clone, Copy)]
pub(crate) enum Choosing {
    One(&'static str),
    Any(&'static str),
    /// None: the user agrees to everything or nothing.
    Nothing,
}

/// A choice.
pub(crate) struct Choice {
    pub(crate) value: String,
    pub(crate) name: &'static str,
    pub(crate) detail: String,
    /// Whether it is selected at first.
    pub(crate) chosen: bool,
}

/// The consent page. Its form is posted to the page's own path.
pub(crate) fn consent(look: &Look, ask: &AuthorizeRequest, choices: &[Choice], permission: fn(&str) -> String) -> Markup {
    let app = ask.redirect_uri.host_str().unwrap_or("the app");
    frame(
        look,
        &format!("Connect to {}", look.name),
        &html! {
            h1 { (look.heading) }
            p.lead { "The app at " strong { (app) } " " (look.asks) }
            form method="post" action=(look.action) {
                @for (name, value) in ask.params.pairs() {
                    input type="hidden" name=(name) value=(value);
                }
                fieldset {
                    legend { (look.choice) }
                    @for choice in choices {
                        (offered(look, choice))
                    }
                }
                section.permissions {
                    h2 { (look.permissions) }
                    ul {
                        @for scope in ask.scope.split(' ') {
                            li { (permission(scope)) }
                        }
                    }
                }
                div.buttons {
                    button.primary id="connect" type="submit" name="decision" value="connect" { (look.connect) }
                    button id="cancel" type="submit" name="decision" value="cancel" { (look.cancel) }
                }
            }
            p.fine {
                "Asked for by the client " code { (ask.client_id) } ". You return to " code { (ask.redirect_uri_text) } "."
            }
        },
    )
}

fn offered(look: &Look, choice: &Choice) -> Markup {
    let text = html! {
        span {
            span.name { (choice.name) }
            span.detail { (choice.detail) }
        }
    };
    let (kind, field) = match look.choosing {
        Choosing::One(field) => ("radio", field),
        Choosing::Any(field) => ("checkbox", field),
        Choosing::Nothing => return html! { div.company.fixed { (text) } },
    };
    let id = format!("{field}-{}", choice.value);
    html! {
        label.company for=(id) {
            input type=(kind) name=(field) id=(id) value=(choice.value) checked[choice.chosen];
            (text)
        }
    }
}

/// The error page. Like the platforms, it does not redirect the browser.
pub(crate) fn refusal(look: &Look, reason: &str) -> Markup {
    frame(
        look,
        "Cannot connect",
        &html! {
            h1 { "This request cannot go on" }
            p.reason id="error" { (reason) }
            p.lead { "The app that sent you here needs to correct this. Nothing was connected, and you will not be sent back." }
        },
    )
}

fn frame(look: &Look, title: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · stand-in" }
                style { (PreEscaped(look.style)) (PreEscaped(STYLE)) }
            }
            body {
                p.notice { (look.name) " sandbox stand-in, no real data" }
                main {
                    p.brand aria-hidden="true" { (look.name) }
                    (content)
                }
            }
        }
    }
}
