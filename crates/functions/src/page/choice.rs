//! The page on which a customer chooses one of several companies. It shows fifty at a time and has a search field. It needs no script.

use counterfoil_core::model::connection::ConfirmedCompany;
use counterfoil_core::model::flow::FlowId;
use maud::{Markup, html};
use url::form_urlencoded::byte_serialize;

use super::card;
use crate::extract::query::Query;
use crate::surface::addresses::{choose_path, result_path};

/// The number of companies on a page.
const PAGE: usize = 50;
/// The number of companies from which the page has a search field.
const SEARCH_FROM: usize = 10;
/// The longest search text, in characters.
const SEARCH_LONGEST: usize = 100;
/// The highest page number that is read.
const PAGE_MOST: u64 = 10_000;

/// The part of the companies to show.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct View<'a> {
    search: &'a str,
    /// The page number, counted from 0.
    page: usize,
}

impl<'a> View<'a> {
    /// Reads `q` and `page`. An invalid value counts as absent, so that the companies are always shown.
    pub(crate) fn read(query: &'a Query) -> Self {
        let search = query.one("q", SEARCH_LONGEST).ok().flatten().unwrap_or_default().trim();
        let page = query.number("page", 1, PAGE_MOST).ok().flatten().unwrap_or(1);
        Self { search, page: usize::try_from(page).unwrap_or(1) - 1 }
    }
}

/// The companies of a flow to choose from.
pub(crate) struct Offered<'a> {
    pub(crate) flow: &'a FlowId,
    pub(crate) platform: &'static str,
    pub(crate) companies: &'a [ConfirmedCompany],
    /// Whether these are all companies of the consent.
    pub(crate) is_complete: bool,
}

/// The page with a form of companies and a button.
pub(crate) fn choice(offered: &Offered<'_>, view: View<'_>) -> Markup {
    let here = result_path(offered.flow);
    let found = matching(offered.companies, view.search);
    let last = found.len().saturating_sub(1) / PAGE;
    let page = view.page.min(last);
    let first = page * PAGE;
    let shown = &found[first..found.len().min(first + PAGE)];
    card(
        "Choose a company",
        &html! {
            div.mark.wait aria-hidden="true" { "?" }
            h1 { "Choose a company" }
            p.lead { "You allowed access at " (offered.platform) ". Which company do you want to connect?" }
            @if offered.companies.len() >= SEARCH_FROM { (search_form(&here, view.search)) }
            @if shown.is_empty() {
                p { "No company matches your search." }
            } @else {
                form method="post" action=(choose_path(offered.flow)) {
                    fieldset {
                        legend.quiet { (counted(offered.companies.len(), found.len(), first, shown.len())) }
                        @for company in shown { (radio(company)) }
                    }
                    (pages(&here, view.search, page, last))
                    button.button type="submit" { "Connect" }
                }
            }
            @if !offered.is_complete {
                p.warn { "This list is not complete: " (offered.platform) " named more companies than can be shown here, or some that cannot be read. If yours is missing, start again and allow access to fewer, or tell the person who sent you here." }
            }
            p.quiet { "Nothing is connected until you choose. You can choose for ten minutes." }
        },
    )
}

/// The companies whose name or id contains the text, in any case, sorted by name.
fn matching<'a>(companies: &'a [ConfirmedCompany], search: &str) -> Vec<&'a ConfirmedCompany> {
    let search = search.to_lowercase();
    let holds = |text: &str| text.to_lowercase().contains(&search);
    let mut found: Vec<_> = companies.iter().filter(|it| holds(&it.name) || holds(&it.company_id)).collect();
    found.sort_by_cached_key(|company| company.name.to_lowercase());
    found
}

fn counted(all: usize, found: usize, first: usize, shown: usize) -> String {
    let which = if shown == found { found.to_string() } else { format!("{} to {} of {found}", first + 1, first + shown) };
    if found == all { format!("Companies: {which}") } else { format!("Companies that match: {which}") }
}

fn radio(company: &ConfirmedCompany) -> Markup {
    html! {
        label.choice {
            input type="radio" name="company_id" value=(company.company_id) required;
            span { (company.name) }
            small.quiet { (company.company_id) }
        }
    }
}

fn search_form(here: &str, search: &str) -> Markup {
    html! {
        form.search method="get" action=(here) role="search" {
            input type="search" name="q" value=(search) maxlength=(SEARCH_LONGEST) aria-label="Name or id of the company" placeholder="Name or id";
            button type="submit" { "Search" }
        }
        @if !search.is_empty() { p.quiet { a href=(here) { "Show all companies" } } }
    }
}

/// The links to the previous and the next page.
fn pages(here: &str, search: &str, page: usize, last: usize) -> Markup {
    let search: String = byte_serialize(search.as_bytes()).collect();
    let search = if search.is_empty() { search } else { format!("q={search}&") };
    let to = |page: usize| format!("{here}?{search}page={}", page + 1);
    html! {
        @if last > 0 {
            nav.pages aria-label="Pages" {
                @if page > 0 { a href=(to(page - 1)) rel="prev" { "Previous" } } @else { span {} }
                span.quiet { "Page " (page + 1) " of " (last + 1) }
                @if page < last { a href=(to(page + 1)) rel="next" { "Next" } } @else { span {} }
            }
        }
    }
}
