//! The words of qbXML, such as `HasBeenBilled`, and those of JSON, such as `has_been_billed`.

/// A word in snake case. An abbreviation is one part, and digits belong to the part before them if it is an abbreviation:
/// `ARRefundCreditCard` is `ar_refund_credit_card`, `Form1120S` is `form_1120s`, `FormT1` is `form_t1`.
pub(super) fn snake_case(word: &str) -> String {
    let letters: Vec<char> = word.chars().collect();
    let mut snake = String::with_capacity(word.len() + 4);
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| letters.get(at));
        let after = letters.get(at + 1);
        if before.is_some_and(|before| begins_part(*before, *letter, after.copied())) {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

fn begins_part(before: char, letter: char, after: Option<char>) -> bool {
    let ends_abbreviation = before.is_ascii_uppercase() && after.is_some_and(|after| after.is_ascii_lowercase());
    letter.is_ascii_uppercase() && (before.is_ascii_lowercase() || ends_abbreviation)
        || letter.is_ascii_digit() && before.is_ascii_lowercase()
}

/// A word of snake case, each part with a capital: `accounts_payable` is `AccountsPayable`.
pub(super) fn pascal_case(word: &str) -> String {
    word.split('_')
        .flat_map(|part| part.chars().enumerate().map(|(at, letter)| if at == 0 { letter.to_ascii_uppercase() } else { letter }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::snake_case;

    #[test]
    fn words_of_every_form() {
        let pairs = [
            ("Bank", "bank"),
            ("HasBeenBilled", "has_been_billed"),
            ("ARRefundCreditCard", "ar_refund_credit_card"),
            ("YTDAdjustment", "ytd_adjustment"),
            ("Form1040", "form_1040"),
            ("Form1120S", "form_1120s"),
            ("Form990PF", "form_990pf"),
            ("FormT1", "form_t1"),
            ("UK", "uk"),
            ("", ""),
        ];
        for (word, snake) in pairs {
            assert_eq!(snake_case(word), snake);
        }
    }
}
