//! `docs/requirements.md` defines every code in a test's name or a source, and names all tests of each code.

use std::collections::BTreeSet;
use std::fs;

use crate::layers::{crates, sources};

fn document() -> String {
    fs::read_to_string(crates().join("../docs/requirements.md")).expect("docs/requirements.md is there")
}

/// The codes that the document defines, such as `R-15`.
fn defined(document: &str) -> BTreeSet<&str> {
    document.lines().filter_map(|line| line.strip_prefix("### ")).collect()
}

/// The text of every source, including tests, and of the template.
fn texts() -> Vec<String> {
    let files = sources(&crates()).into_iter().chain([crates().join("../template.yaml")]);
    files.map(|file| fs::read_to_string(&file).unwrap_or_else(|problem| panic!("{}: {problem}", file.display()))).collect()
}

/// The names of the tests in a source: the functions after a test attribute.
fn tests(source: &str) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    let mut is_test = false;
    for line in source.lines().map(str::trim) {
        is_test |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
        if let Some((_, function)) = line.split_once("fn ").filter(|_| is_test) {
            names.extend(function.split(['(', '<']).next());
            is_test = false;
        }
    }
    names
}

/// The codes at the beginning of a test's name: `R-1` and `R-4` of `r1_r4_schedules`.
fn codes_of_test(name: &str) -> Vec<String> {
    let code = |word: &str| {
        let (letter, number) = word.split_at_checked(1)?;
        let is_code = letter.chars().all(|c| c.is_ascii_lowercase()) && is_number(number);
        is_code.then(|| format!("{}-{number}", letter.to_uppercase()))
    };
    name.split('_').map_while(code).collect()
}

/// The codes in a text: separate words whose letter the document uses.
fn codes_in<'a>(text: &'a str, letters: &BTreeSet<&str>) -> BTreeSet<&'a str> {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '-');
    words.filter(|word| word.split_once('-').is_some_and(|(letter, rest)| letters.contains(letter) && is_number(rest))).collect()
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_digit())
}

#[test]
fn every_code_in_a_tests_name_or_a_source_is_defined() {
    let document = document();
    let defined = defined(&document);
    let letters = defined.iter().filter_map(|code| code.split('-').next()).collect();
    let texts = texts();
    let of_tests = texts.iter().flat_map(|text| tests(text)).flat_map(codes_of_test);
    let of_sources = texts.iter().flat_map(|text| codes_in(text, &letters)).map(str::to_owned);
    let undefined: BTreeSet<String> = of_tests.chain(of_sources).filter(|code| !defined.contains(code.as_str())).collect();
    assert!(undefined.is_empty(), "docs/requirements.md does not define {undefined:?}");
}

#[test]
fn every_test_that_is_named_exists() {
    let document = document();
    let named: BTreeSet<&str> = document.lines().filter_map(|line| line.strip_prefix("- `")?.strip_suffix('`')).collect();
    assert!(named.len() > 100, "the document names {} tests", named.len());
    let texts = texts();
    let existing: BTreeSet<&str> = texts.iter().flat_map(|text| tests(text)).collect();
    let missing: Vec<_> = named.difference(&existing).collect();
    assert!(missing.is_empty(), "docs/requirements.md names tests that do not exist: {missing:?}");
}

/// The tests that the document lists, with the code of their section.
fn listed(document: &str) -> BTreeSet<(&str, &str)> {
    let mut code = "";
    let mut listed = BTreeSet::new();
    for line in document.lines() {
        code = line.strip_prefix("### ").unwrap_or(code);
        listed.extend(line.strip_prefix("- `").and_then(|line| line.strip_suffix('`')).map(|test| (code, test)));
    }
    listed
}

#[test]
fn each_code_has_a_test_and_lists_every_test_that_is_named_by_it() {
    let document = document();
    let listed = listed(&document);
    let texts = texts();
    let of_tests =
        texts.iter().flat_map(|text| tests(text)).flat_map(|test| codes_of_test(test).into_iter().map(move |code| (code, test)));
    let unlisted: Vec<_> = of_tests.filter(|(code, test)| !listed.contains(&(code.as_str(), *test))).collect();
    assert!(unlisted.is_empty(), "docs/requirements.md does not list {unlisted:?}");
    let shown: BTreeSet<_> = listed.iter().map(|(code, _)| *code).collect();
    let bare: Vec<_> = defined(&document).into_iter().filter(|code| !shown.contains(code)).collect();
    assert!(bare.is_empty(), "docs/requirements.md lists no test of {bare:?}");
}

#[test]
fn a_requirement_code_is_found_in_a_tests_name_and_in_a_text() {
    assert_eq!(codes_of_test("r1_r4_schedules_of_r6"), ["R-1", "R-4"]);
    assert_eq!(codes_of_test("r1_200_readers"), ["R-1"]);
    assert_eq!(codes_of_test("a_code"), Vec::<String>::new());
    assert_eq!(codes_in("SHA-256 (R-15, R-4): R-x", &["R"].into()), ["R-15", "R-4"].into());
}
