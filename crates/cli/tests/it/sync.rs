//! `counterfoil sync`, from the books of the stand-in: what it prints, and how it ends.

use serde_json::{Value, json};

use crate::harness::{Dev, Machine, realm, text};

/// What a sync printed and how it ended.
struct Synced {
    code: Option<i32>,
    printed: String,
    said: String,
}

impl Synced {
    /// How the run went: the line behind its id.
    fn outcome(&self) -> &str {
        let line = self.printed.lines().next().expect("a line");
        let (id, outcome) = line.split_once(' ').expect("an id and the rest");
        assert!(id.starts_with("sync_"), "{line}");
        outcome
    }

    /// The cells of every line that begins so, but for its first.
    fn lines(&self, first: &str) -> Vec<Vec<&str>> {
        let lines = self.printed.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        lines.filter(|cells| cells.first() == Some(&first)).map(|cells| cells[1..].to_vec()).collect()
    }

    /// Imported, updated, voided, deleted and unchanged records of a kind.
    fn counts(&self, kind: &str) -> Vec<u64> {
        self.lines(kind)[0].iter().map(|cell| cell.parse().expect("a number")).collect()
    }

    /// Both sides of the reconciliation of a kind, as `count = sum`, and the verdict.
    fn sides(&self, kind: &str) -> [String; 3] {
        let lines = self.lines(kind);
        let cells = lines.get(1).expect("a line of the reconciliation");
        assert_eq!(cells[0], "USD");
        [cells[1..4].join(" "), cells[4..7].join(" "), cells[7..].join(" ")]
    }
}

async fn sync(machine: &Machine, options: &[&str]) -> Synced {
    let output = machine.run(&[&["sync", "acme"], options].concat()).await;
    Synced { code: output.status.code(), printed: text(&output.stdout), said: text(&output.stderr) }
}

async fn connected() -> (Machine, Dev) {
    let machine = Machine::new();
    let dev = machine.dev(&[]).await;
    dev.connect("acme").await;
    (machine, dev)
}

/// The count and the sum of what an import counts, by the stand-in's own books.
async fn books(dev: &Dev, entities: &[&str]) -> String {
    let books = dev.ask_stand_in("quickbooks", &format!("books/{}", realm())).await;
    let counted = |entity: &&str| books["entities"][entity]["counted"].clone();
    let cents = |counted: &Value| counted["sums"]["USD"].as_str().expect("a sum").replace('.', "").parse::<i64>().expect("cents");
    let all: Vec<Value> = entities.iter().map(counted).collect();
    let count: u64 = all.iter().map(|counted| counted["count"].as_u64().expect("a count")).sum();
    let sum: i64 = all.iter().map(cents).sum();
    format!("{count} = {}.{:02}", sum / 100, sum % 100)
}

#[tokio::test]
async fn a_sync_prints_its_counts_and_both_sides_of_the_reconciliation() {
    let (machine, dev) = connected().await;
    let first = sync(&machine, &[]).await;
    assert_eq!(first.code, Some(0), "{}", first.said);
    assert!(first.outcome().starts_with("completed (full, "), "{}", first.printed);
    let [imported, others @ ..] = &first.counts("checks")[..] else { panic!("{}", first.printed) };
    assert!(*imported > 100 && others == [0; 4], "{}", first.printed);
    assert_eq!(first.counts("invoices"), [0; 5]);
    let both = books(&dev, &["purchases", "payments"]).await;
    assert_eq!(first.sides("checks"), [both.clone(), both.clone(), "the same".to_owned()]);

    let changes = sync(&machine, &[]).await;
    assert!(changes.outcome().starts_with("completed (incremental, "), "{}", changes.printed);
    assert_eq!((changes.code, changes.counts("checks")), (Some(0), vec![0; 5]));

    let all = sync(&machine, &["--full"]).await;
    assert!(all.outcome().starts_with("completed (full, "), "{}", all.printed);
    assert_eq!((all.code, all.counts("checks")), (Some(0), vec![0, 0, 0, 0, *imported]));
    assert_eq!(all.sides("checks"), [both.clone(), both, "the same".to_owned()]);
}

#[tokio::test]
async fn a_dry_run_counts_what_would_change_and_stores_no_record() {
    let (machine, dev) = connected().await;
    let dry = sync(&machine, &["--dry-run"]).await;
    assert_eq!(dry.code, Some(0), "sides that are not the same yet are no failure: {}", dry.said);
    assert!(dry.outcome().starts_with("completed (full, dry, "), "{}", dry.printed);
    let platform = books(&dev, &["purchases", "payments"]).await;
    assert_eq!(dry.sides("checks"), [platform, "0 = 0".to_owned(), "NOT THE SAME".to_owned()]);
    let real = sync(&machine, &[]).await;
    assert_eq!((real.code, real.counts("checks")), (Some(0), dry.counts("checks")));
}

#[tokio::test]
async fn invoices_are_imported_with_the_payables() {
    let (machine, dev) = connected().await;
    let synced = sync(&machine, &["--invoices"]).await;
    assert_eq!(synced.code, Some(0), "{}", synced.said);
    for (kind, entity) in [("invoices", "invoices"), ("checks", "bills")] {
        let both = books(&dev, &[entity]).await;
        assert_eq!(synced.sides(kind), [both.clone(), both, "the same".to_owned()]);
    }
}

#[tokio::test]
async fn without_a_terminal_progress_is_a_plain_line_and_results_stand_apart() {
    let (machine, _dev) = connected().await;
    let synced = sync(&machine, &[]).await;
    assert_eq!(synced.said.lines().next(), Some("waiting for a worker"));
    let output = [synced.printed, synced.said].concat();
    assert!(!output.contains('\u{1b}') && !output.contains('\r'), "{output:?}");
    assert!(output.lines().all(|line| line == line.trim_end()), "{output:?}");
}

#[tokio::test]
async fn a_connection_that_is_not_there_is_refused() {
    let (machine, _dev) = connected().await;
    assert_eq!(machine.refusal(&["sync", "nobody"]).await, "error: There is no active connection nobody.\n");
    let other = machine.refusal(&["sync", "acme", "--partner", "other"]).await;
    assert_eq!(other, "error: There is no active connection acme.\n");
}

#[tokio::test]
async fn a_run_that_fails_says_why_and_ends_with_1() {
    let (machine, dev) = connected().await;
    dev.tell_stand_in("faults", &json!({ "at": "api", "kind": "status", "status": 403 })).await;
    let failed = sync(&machine, &[]).await;
    assert_eq!(failed.code, Some(1));
    assert!(failed.outcome().starts_with("failed: access_denied (full, 0 pages, "), "{}", failed.printed);
    assert!(failed.said.ends_with("error: The sync did not complete.\n"), "{}", failed.said);
}

#[tokio::test]
async fn a_connection_that_needs_consent_fails_the_run_and_is_refused_from_then_on() {
    let (machine, dev) = connected().await;
    dev.tell_stand_in("revoke", &json!({ "realm": realm() })).await;
    let failed = sync(&machine, &[]).await;
    assert_eq!(failed.code, Some(1));
    assert!(failed.outcome().starts_with("failed: reauthorization_required ("), "{}", failed.printed);
    let refused = machine.refusal(&["sync", "acme"]).await;
    assert_eq!(refused, "error: The customer must consent again before anything can be imported.\n");
}
