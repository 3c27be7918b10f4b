//! `counterfoil cost`, and the page that is made of it.

use std::fs;
use std::path::Path;

use crate::harness::Machine;

fn of_the_project(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name);
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[tokio::test]
async fn the_page_ends_with_what_the_command_prints() {
    let printed = Machine::new().printed(&["cost"]).await;
    assert!(of_the_project("docs/cost.md").ends_with(&printed), "docs/cost.md is to end with:\n{printed}");
    let template = of_the_project("template.yaml");
    for (line, resource) in [("Alarms", "AWS::CloudWatch::Alarm"), ("Secrets", "AWS::SecretsManager::Secret\n")] {
        let count = template.matches(&format!("Type: {resource}")).count();
        assert!(printed.contains(&format!("| {line} | {count}.000 |")), "{count} {line} in template.yaml");
    }
}

#[tokio::test]
async fn other_numbers_are_another_bill() {
    let machine = Machine::new();
    let total = async |options: &[&str]| {
        let printed = machine.printed(&[&["cost", "--connections", "20000"], options].concat()).await;
        let line = printed.lines().find(|line| line.starts_with("| **Total**")).expect("a total").to_owned();
        line.split("**").nth(3).expect("a number").parse::<f64>().expect("dollars")
    };
    let always = total(&[]).await;
    assert!(total(&["--freshness", "adaptive"]).await < always);
    assert!(total(&["--reads-a-day", "1000"]).await > always);
    let too_many = machine.run(&["cost", "--in-use-percent", "101"]).await;
    assert_eq!(too_many.status.code(), Some(2), "clap's own");
}
