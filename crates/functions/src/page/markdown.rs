//! The little Markdown that the texts of the OpenAPI document have: paragraphs, lists, code, and strong words.

use maud::{Markup, html};

/// Paragraphs, and lists of lines that begin with a hyphen.
pub(crate) fn blocks(text: &str) -> Markup {
    let (items, paragraphs): (Vec<_>, Vec<_>) =
        text.lines().filter(|line| !line.is_empty()).partition(|line| line.starts_with("- "));
    html! {
        @for paragraph in paragraphs { p { (inline(paragraph)) } }
        @if !items.is_empty() { ul { @for item in items { li { (inline(&item[2..])) } } } }
    }
}

/// Code between backticks, and strong words between two asterisks.
pub(crate) fn inline(text: &str) -> Markup {
    html! {
        @for (place, part) in text.split('`').enumerate() {
            @if place % 2 == 1 { code { (part) } } @else {
                @for (place, part) in part.split("**").enumerate() {
                    @if place % 2 == 1 { strong { (part) } } @else { (part) }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_and_marked() {
        let shown = blocks("One & `a<b`.\n\n- **Two** words\n").into_string();
        assert_eq!(shown, "<p>One &amp; <code>a&lt;b</code>.</p><ul><li><strong>Two</strong> words</li></ul>");
    }
}
