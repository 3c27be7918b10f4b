//! Recognizes the number of a check in a free text, for platforms without a field for it.

/// The digits, if the whole text is a number of 1 to 12 digits: alone, after `#`, or after a word for check. A word for number and one of
/// `.`, `:`, `#`, `-` may follow that word.
pub(crate) fn check_number(text: &str) -> Option<&str> {
    let text = text.trim();
    let digits = match text.strip_prefix('#') {
        Some(rest) => rest.trim_start(),
        None => behind_word(text).unwrap_or(text),
    };
    ((1..=12).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())).then_some(digits)
}

fn behind_word(text: &str) -> Option<&str> {
    let rest = strip_word(text, &["cheque", "check", "chq", "chk", "ck"])?;
    let rest = strip_word(rest, &["number", "num", "no"]).unwrap_or(rest);
    Some(rest.strip_prefix(['.', ':', '#', '-']).unwrap_or(rest).trim_start())
}

/// The text after one of the words, in any case, and after blanks.
fn strip_word<'a>(text: &'a str, words: &[&str]) -> Option<&'a str> {
    let begins = |word: &&&str| text.get(..word.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(word));
    let word = words.iter().find(begins)?;
    Some(text[word.len()..].trim_start())
}

#[cfg(test)]
mod tests {
    use super::check_number;

    #[test]
    fn a_number_stands_alone_or_behind_a_word_for_check() {
        for (text, digits) in [
            ("004217", "004217"),
            (" 7 ", "7"),
            ("#3307", "3307"),
            ("# 3307", "3307"),
            ("CHQ 004218", "004218"),
            ("chq004218", "004218"),
            ("Cheque No. 12", "12"),
            ("check number: 12", "12"),
            ("ck#12", "12"),
            ("CHK - 12", "12"),
            ("check num 123456789012", "123456789012"),
        ] {
            assert_eq!(check_number(text), Some(digits), "{text}");
        }
        for text in [
            "",
            "#",
            "cheque",
            "INV-12",
            "12a",
            "12 13",
            "1234567890123",
            "check no",
            "##12",
            "check ## 12",
            "checks 12",
            "12#",
            "-12",
            "1.5",
            "٣",
            "chéque 12",
        ] {
            assert_eq!(check_number(text), None, "{text}");
        }
    }
}
