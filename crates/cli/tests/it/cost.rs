//! `counterfoil cost`, and the page with its output.

use std::fs;
use std::path::Path;

use crate::harness::Machine;

fn of_the_project(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name);
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[tokio::test]
async fn the_cost_page_ends_with_the_output_of_the_command() {
    let printed = Machine::new().printed(&["cost"]).await;
    assert!(of_the_project("docs/cost.md").ends_with(&printed), "docs/cost.md is to end with:\n{printed}");
    let template = of_the_project("template.yaml");
    let count = |text: &str| template.matches(text).count();
    // An alarm on an expression is charged by the metrics in the expression.
    let alarm_metrics = count("Type: AWS::CloudWatch::Alarm\n") - count("ReturnData: true") + count("MetricStat:");
    let (dashboards, secrets) = (count("Type: AWS::CloudWatch::Dashboard\n"), count("Type: AWS::SecretsManager::Secret\n"));
    for (line, count) in [("Alarms", alarm_metrics), ("Dashboards", dashboards), ("Secrets", secrets)] {
        assert!(printed.contains(&format!("| {line} | {count}.000 |")), "{count} {line} in template.yaml");
    }
}

/// The memory that the page recommends is the one in the bill, and the page computes the price of provisioned capacity for a steady
/// load.
#[tokio::test]
async fn the_cost_of_a_million_connections_names_the_memory_and_capacity_that_they_need() {
    let machine = Machine::new();
    let million = machine.printed(&["cost", "--connections", "1000000"]).await;
    assert!(million.contains("REFRESHER_MEMORY=1024 REFRESHER_SCHEDULES=16"), "{million}");
    assert!(
        million.contains("The table's 1,708 read and 2,706 write units provisioned cost $1446 in place of $3503."),
        "{million}"
    );
    let thousand = machine.printed(&["cost", "--connections", "1000"]).await;
    assert!(!thousand.contains("REFRESHER_MEMORY"), "{thousand}");
}

#[tokio::test]
async fn other_numbers_give_another_bill() {
    let machine = Machine::new();
    let total = async |options: &[&str]| {
        let printed = machine.printed(&[&["cost", "--connections", "20000"], options].concat()).await;
        let line = printed.lines().find(|line| line.starts_with("| **Total**")).expect("a total").to_owned();
        line.split("**").nth(3).expect("a number").parse::<f64>().expect("dollars")
    };
    let always = total(&[]).await;
    assert!(total(&["--freshness", "adaptive"]).await < always);
    assert!(total(&["--reads-a-day", "1000"]).await > always);
    let webhooks = total(&["--events-a-month", "1000000"]).await;
    assert!(webhooks > always && total(&["--events-a-month", "1000000", "--endpoints", "3"]).await > webhooks);
    let polled = total(&["--web-connectors", "1000"]).await;
    assert!(polled > always && total(&["--web-connectors", "1000", "--held-hours", "10"]).await > polled);
    let too_many = machine.run(&["cost", "--in-use-percent", "101"]).await;
    assert_eq!(too_many.status.code(), Some(2), "clap's own");
}
