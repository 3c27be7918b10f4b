//! Odd values in one field of a record, of every form and on every platform: each is read as intended, or makes the record an error with a reason. No
//! amount is converted to a floating-point number.

use super::server::ok;
use super::wire::{EVERY, told};

/// Reads a page with a record for each value, and compares how each is read.
async fn is_read(field: &str, values: &[(&str, &str)]) {
    let mut wrong = Vec::new();
    for wire in EVERY {
        let numbered = |(at, (json, _)): (usize, &(&str, &str))| {
            let id = format!(r#""{}""#, 101 + at);
            if field == "id" { wire.record(&[(field, json)]) } else { wire.record(&[(field, json), ("id", &id)]) }
        };
        let mut records: Vec<_> = values.iter().enumerate().map(numbered).collect();
        records.push(wire.record(&[("id", r#""last""#)]));
        let run = wire.run(ok(&wire.answer(&records))).await.expect("reads");
        let told: Vec<_> = run.entries.iter().map(|entry| told(entry, field)).collect();
        assert_eq!(told.len(), records.len(), "{}: each once", wire.list());
        let differing = values.iter().zip(&told).filter(|((_, expected), told)| told != expected);
        wrong.extend(differing.map(|((json, _), told)| format!("{}: {json:.80} is {told:.80}", wire.list())));
        assert_eq!(run.records().last().map(|record| record.key.external_id.as_str()), Some("last"));
    }
    assert!(wrong.is_empty(), "{field}: {wrong:#?}");
}

#[tokio::test]
async fn an_amount_keeps_its_digits_or_makes_the_record_an_error() {
    let forty_digits = "1234567890".repeat(4);
    let long_text = format!(r#""{forty_digits}.00""#);
    is_read(
        "amount",
        &[
            ("1284.50", "1284.50"),
            (r#""1284.50""#, "1284.50"),
            ("1284.5", "1284.5"),
            ("1284", "1284"),
            ("0.1", "0.1"),
            ("0.30", "0.30"),
            ("4503599627370497.5", "amount_unreadable"),
            ("999999999999999.999999", "999999999999999.999999"),
            ("100000000000000.01", "100000000000000.01"),
            ("-12.10", "-12.10"),
            (r#"" -12.10 ""#, "-12.10"),
            ("0", "0"),
            ("0.00", "0.00"),
            ("1.28450e3", "1284.50"),
            ("1E+3", "1000"),
            ("128450e-2", "1284.50"),
            ("1e400", "amount_unreadable"),
            ("-1e400", "amount_unreadable"),
            ("1e-400", "amount_unreadable"),
            ("0.00000000000000000000000000123456789e26", "amount_unreadable"),
            (&forty_digits, "amount_unreadable"),
            (&long_text, "amount_unreadable"),
            ("0.1234567", "amount_unreadable"),
            (r#""1,284.50""#, "amount_unreadable"),
            (r#""1_284.50""#, "amount_unreadable"),
            (r#""1284,50""#, "amount_unreadable"),
            (r#""$1284.50""#, "amount_unreadable"),
            (r#""0x10""#, "amount_unreadable"),
            (r#""NaN""#, "amount_unreadable"),
            (r#""Infinity""#, "amount_unreadable"),
            (r#""""#, "amount_unreadable"),
            ("null", "amount_unreadable"),
            ("true", "amount_unreadable"),
            ("[1284.50]", "amount_unreadable"),
            (r#"{"value":1284.50}"#, "amount_unreadable"),
            ("absent", "amount_unreadable"),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_date_is_that_of_the_calendar_or_makes_the_record_an_error() {
    is_read(
        "date",
        &[
            (r#""2026-09-14""#, "2026-09-14"),
            (r#"" 2026-09-14""#, "2026-09-14"),
            (r#""2026-09-14T23:30:00-07:00""#, "2026-09-14"),
            (r#""2026-09-14T00:00:00""#, "2026-09-14"),
            (r#""2026-09-14 12:50:21""#, "2026-09-14"),
            (r#""2026-09-14-07:00""#, "2026-09-14"),
            (r#""2024-02-29""#, "2024-02-29"),
            (r#""2026-02-29""#, "date_unreadable"),
            (r#""2026-02-30""#, "date_unreadable"),
            (r#""2026-13-01""#, "date_unreadable"),
            (r#""0000-01-01""#, "date_unreadable"),
            (r#""0001-01-01""#, "date_unreadable"),
            (r#""1899-12-31""#, "date_unreadable"),
            (r#""1900-01-01""#, "1900-01-01"),
            (r#""2199-12-31""#, "2199-12-31"),
            (r#""9999-12-31""#, "date_unreadable"),
            (r#""-2026-09-14""#, "date_unreadable"),
            (r#""09/14/2026""#, "date_unreadable"),
            (r#""14.09.2026""#, "date_unreadable"),
            (r#""2026-9-14""#, "date_unreadable"),
            (r#""２０２６-０９-１４""#, "date_unreadable"),
            ("20260914", "date_unreadable"),
            ("1789344000000", "date_unreadable"),
            (r#""""#, "date_unreadable"),
            ("null", "date_unreadable"),
            ("[]", "date_unreadable"),
            ("absent", "date_unreadable"),
        ],
    )
    .await;
}

#[tokio::test]
async fn an_id_is_a_text_or_a_number_or_makes_the_record_an_error() {
    let (most, more) = (format!(r#""{}""#, "7".repeat(64)), format!(r#""{}""#, "7".repeat(65)));
    is_read(
        "id",
        &[
            (r#""2417""#, "2417"),
            ("2417", "2417"),
            ("12345678901234567890", "12345678901234567890"),
            (r#""5a1f6f5d-2c0b-4bb1-9a29-7b7a2f8e0c55""#, "5a1f6f5d-2c0b-4bb1-9a29-7b7a2f8e0c55"),
            (&most, most.trim_matches('"')),
            (&more, "id_unreadable"),
            (r#""24 17""#, "id_unreadable"),
            (r#""24\n17""#, "id_unreadable"),
            (r#""24\u000017""#, "id_unreadable"),
            (r#""""#, "id_unreadable"),
            (r#"" ""#, "id_unreadable"),
            ("null", "id_unreadable"),
            ("true", "id_unreadable"),
            ("{}", "id_unreadable"),
            ("[2417]", "id_unreadable"),
            ("absent", "id_unreadable"),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_currency_is_three_letters_or_unknown() {
    is_read(
        "currency",
        &[
            (r#""USD""#, "USD"),
            (r#""usd""#, "USD"),
            (r#"" eur ""#, "EUR"),
            (r#""US$""#, ""),
            (r#""USDT""#, ""),
            (r#""ＵＳＤ""#, ""),
            (r#""""#, ""),
            ("840", ""),
            ("null", ""),
            ("{}", ""),
            ("absent", ""),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_text_is_kept_as_it_is_and_cut_where_it_is_too_long() {
    let long = "ä".repeat(10_000);
    let (long, cut) = (format!(r#""{long}""#), "ä".repeat(4_000));
    is_read(
        "text",
        &[
            (r#""Caf\u00e9 \ud83d\ude00 😀""#, "Café 😀 😀"),
            (r#""cut off \ud83d""#, "cut off \u{fffd}\u{fffd}\u{fffd}"),
            (r#""a\u0000b\u0001\tc""#, "a\0b\u{1}\tc"),
            ("\"two\nlines\tand a\u{0}NUL\"", "two lines and a NUL"),
            (r#""<script>\"'`--""#, "<script>\"'`--"),
            (r#""\u202eright to left""#, "\u{202e}right to left"),
            (&long, &cut),
            ("7", "7"),
            (r#""""#, ""),
            ("null", ""),
            ("false", ""),
            (r#"["a"]"#, ""),
            ("absent", ""),
        ],
    )
    .await;
}
