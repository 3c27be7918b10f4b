//! The template's security and durability: least rights, no unsealed secret, no data loss, no unnoticed failure (S-1 to S-4, S-6,
//! T-1).

use std::collections::{BTreeMap, BTreeSet};

use counterfoil_core::service::webhook::deliver::BATCH_TAKES;
use counterfoil_functions::config::VARIABLES;
use counterfoil_store::table::{DUE_INDEX, LIST_INDEX};
use serde_json::{Value, json};

use super::{events, functions, resources_of_type, template, text};

fn statements(function: &Value) -> Vec<Value> {
    let policies = function["Policies"].as_array().expect("a function lists its rights");
    policies.iter().flat_map(|policy| list(&policy["Statement"])).collect()
}

/// A value that a template may give as one value or as a list.
fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_else(|| vec![value.clone()])
}

fn variables(of: &Value) -> BTreeSet<String> {
    of["Environment"]["Variables"].as_object().map(|all| all.keys().cloned().collect()).unwrap_or_default()
}

#[test]
fn s1_each_function_has_only_the_rights_that_it_needs() {
    for (name, function) in functions() {
        assert!(function["Role"].is_null(), "{name} shares a role");
        for statement in statements(&function) {
            assert_eq!(statement["Effect"], "Allow", "{name}");
            for part in [list(&statement["Action"]), list(&statement["Resource"])].concat() {
                assert!(!text(&part).contains('*'), "{name} is allowed {part}");
            }
        }
    }
}

#[test]
fn s1_a_function_gets_the_name_of_a_secret_only_if_it_may_read_it() {
    for (name, function) in functions() {
        let readable: BTreeSet<String> = statements(&function)
            .iter()
            .filter(|statement| list(&statement["Action"]).contains(&json!("secretsmanager:GetSecretValue")))
            .flat_map(|statement| list(&statement["Resource"]))
            .map(|secret| format!("{}_SECRET_ARN", text(&secret).to_uppercase()))
            .collect();
        let told = variables(&function).into_iter().filter(|variable| variable.ends_with("_SECRET_ARN")).collect();
        assert_eq!(readable, told, "{name}");
    }
}

#[test]
fn s1_a_function_is_told_of_a_queue_exactly_if_it_may_send_to_it() {
    for (name, function) in functions() {
        let sends: BTreeSet<String> = statements(&function)
            .iter()
            .filter(|statement| list(&statement["Action"]).contains(&json!("sqs:SendMessage")))
            .flat_map(|statement| list(&statement["Resource"]))
            .map(|queue| text(&queue).replace(".Arn", ""))
            // Lambda itself sends what it gives up of a stream.
            .filter(|queue| queue != "FailedRunQueue")
            .collect();
        let variables = function["Environment"]["Variables"].as_object().cloned().unwrap_or_default();
        let told = variables.iter().filter(|(variable, _)| variable.ends_with("_QUEUE_URL")).map(|(_, queue)| text(queue));
        assert_eq!(sends, told.collect(), "{name}");
    }
}

/// A longer invocation would keep its place for one slow endpoint.
#[test]
fn an_invocation_of_the_courier_takes_one_slow_batch_and_not_two() {
    let (takes, timeout) = (BATCH_TAKES.as_secs(), functions()["courier"]["Timeout"].as_u64().expect("seconds"));
    assert!(timeout > takes + 10 && timeout < 2 * takes, "{timeout} s, a batch may take {takes} s");
}

/// Lambda developer guide, "Creating and configuring an Amazon SQS event source mapping".
#[test]
fn s2_a_message_stays_hidden_for_six_times_as_long_as_its_function_may_take() {
    let template = template();
    for (name, function) in functions() {
        let Some(source) = events(&function, "SQS").next() else { continue };
        let queue = &template["Resources"][text(&source["Queue"]).replace(".Arn", "")]["Properties"];
        let seconds = |of: &Value| of.as_u64().expect("seconds");
        let takes =
            if function["Timeout"].is_null() { &template["Globals"]["Function"]["Timeout"] } else { &function["Timeout"] };
        // What is parked comes again before its refresh token is presented anew: `parked` stores nothing twice.
        if name != "parked" {
            assert!(seconds(&queue["VisibilityTimeout"]) >= 6 * seconds(takes), "{name}");
        }
        assert!(queue["RedrivePolicy"]["maxReceiveCount"].as_u64().is_some_and(|count| count >= 5), "{name}");
    }
}

#[test]
fn a9_its_functions_have_the_keyring() {
    for route in counterfoil_functions::routes::routes().iter().filter(|route| route.is_idempotent) {
        let told = variables(&functions()[route.function]);
        assert!(told.contains("KEYRING_SECRET_ARN"), "{}, for {} {}", route.function, route.method, route.path);
    }
}

#[test]
fn s3_functions_get_only_variables_that_are_read_and_no_secret() {
    let known: BTreeSet<String> = VARIABLES.iter().map(|&variable| variable.to_owned()).collect();
    let globals = variables(&template()["Globals"]["Function"]);
    let given: BTreeSet<String> = functions().values().flat_map(variables).chain(globals).collect();
    let unknown: Vec<_> = given.difference(&known).collect();
    assert!(unknown.is_empty(), "nothing reads {unknown:?}");

    let in_clear: Vec<_> = given.iter().filter(|variable| variable.contains("SECRET") && !variable.ends_with("_ARN")).collect();
    assert!(in_clear.is_empty(), "{in_clear:?}");
}

#[test]
fn s2_a_run_that_nobody_waits_for_has_a_failure_destination_and_every_function_an_alarm() {
    let alarms: Vec<Value> =
        resources_of_type("AWS::CloudWatch::Alarm").into_values().map(|alarm| alarm["Properties"].clone()).collect();
    let watched = |metric: &str, of: &str| {
        alarms.iter().any(|alarm| alarm["MetricName"] == metric && alarm["Dimensions"][0]["Value"] == of)
    };

    for (id, resource) in resources_of_type("AWS::Serverless::Function") {
        assert!(watched("Errors", &id), "no alarm tells that {id} fails");
        let function = &resource["Properties"];
        if let Some(source) = events(function, "SQS").next() {
            // The queue itself moves a message that fails repeatedly.
            let id = text(&source["Queue"]).replace(".Arn", "");
            let queue = &resources_of_type("AWS::SQS::Queue")[&id]["Properties"];
            let failed = text(&queue["RedrivePolicy"]["deadLetterTargetArn"]).replace(".Arn", ".QueueName");
            assert!(watched("ApproximateNumberOfMessagesVisible", &failed), "no alarm watches {failed}");
        }
        if events(function, "Schedule").next().is_some() {
            let queue = text(&function["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]["Destination"]);
            let queue_name = queue.replace(".Arn", ".QueueName");
            assert!(watched("ApproximateNumberOfMessagesVisible", &queue_name), "no alarm watches {queue}");
        }
    }
    assert!(alarms.iter().all(|alarm| !alarm["AlarmActions"].is_null()), "an alarm tells nobody");
}

#[test]
fn s4_the_table_has_the_keys_the_store_uses_and_cannot_be_lost() {
    let resource = resources_of_type("AWS::DynamoDB::Table").remove("Table").expect("there is a table");
    let table = &resource["Properties"];
    let keys = |of: &Value| -> Vec<String> { list(&of["KeySchema"]).iter().map(|key| text(&key["AttributeName"])).collect() };
    let indexes: BTreeMap<String, Vec<String>> =
        list(&table["GlobalSecondaryIndexes"]).iter().map(|index| (text(&index["IndexName"]), keys(index))).collect();

    assert_eq!(keys(table), ["PK", "SK"]);
    assert_eq!(json!(indexes), json!({ DUE_INDEX: ["due_shard", "due_at"], LIST_INDEX: ["list_pk", "list_sk"] }));
    assert_eq!(table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], true);
    assert_eq!(keeping(&resource), ["RetainExceptOnCreate", "Retain"]);
}

/// The policies for a resource that leaves the stack, and for one that is replaced.
fn keeping(resource: &Value) -> [&Value; 2] {
    [&resource["DeletionPolicy"], &resource["UpdateReplacePolicy"]]
}

/// A failed first deploy is rolled back, which `CloudFormation` cannot do with a protected table.
#[test]
fn s4_the_table_is_protected_as_soon_as_it_has_an_address() {
    let protected = |holding: &[&str]| {
        counterfoil_testkit::template::template(holding)["Resources"]["Table"]["Properties"]["DeletionProtectionEnabled"].clone()
    };
    assert_eq!([protected(&["OwnTable"]), protected(&["OwnTable", "IsPublic"])], [json!(false), json!(true)]);
}

#[test]
fn s4_resources_with_grants_are_retained_unless_their_first_deploy_fails() {
    let queues = resources_of_type("AWS::SQS::Queue");
    for id in ["ParkingQueue", "ParkingDeadLetterQueue"] {
        assert_eq!(keeping(&queues[id]), ["RetainExceptOnCreate", "Retain"], "{id}");
    }
}

/// A restore from backup is a deploy with the name of the restored table (docs/refresh.md).
#[test]
fn s4_an_existing_table_and_keyring_take_the_place_of_the_stacks_own_everywhere() {
    let own = counterfoil_testkit::template::template(&["OwnTable", "OwnKeyring"]);
    let existing = counterfoil_testkit::template::template(&[]);
    let mentions = |template: &Value, name: &str| {
        let parts = ["Globals", "Resources", "Outputs"].map(|section| template[section].to_string());
        parts.iter().map(|part| part.matches(&format!("\"{name}")).count()).sum::<usize>()
    };
    for (resource, parameter) in [("Table", "ExistingTableName"), ("Keyring", "ExistingKeyringArn")] {
        assert!(own["Resources"][resource].is_object(), "{resource} is made");
        let value = format!("{resource}\"");
        assert!(mentions(&own, &value) > 1, "{resource} is referred to");
        assert_eq!(mentions(&existing, &value) + mentions(&existing, &format!("{resource}.Arn")), 0, "{resource} is not made");
        assert!(existing["Resources"].to_string().contains(parameter), "{parameter} is referred to");
    }
    let table = |function: &Value| {
        statements(function).iter().any(|statement| {
            list(&statement["Resource"]).iter().all(|resource| text(resource).contains(":table/${ExistingTableName}"))
        })
    };
    for (id, resource) in existing["Resources"].as_object().expect("resources") {
        if resource["Type"] == "AWS::Serverless::Function" {
            assert!(table(&resource["Properties"]), "{id} may not use the existing table");
        }
    }
}

/// A function that is not stopped would write to the old table after its items were copied.
#[test]
fn s4_a_restore_stops_every_function_that_writes() {
    let guide = std::fs::read_to_string(super::repository().join("docs/refresh.md")).expect("docs/refresh.md is there");
    let stopped = guide.lines().find(|line| line.contains("FUNCTIONS=\"")).expect("the functions to stop");
    let stopped: BTreeSet<_> = stopped.split(['"', ' ']).collect();
    let functions = resources_of_type("AWS::Serverless::Function");
    let writing = functions.keys().filter(|id| *id != "HealthFunction");
    let missing: Vec<_> = writing.filter(|id| !stopped.contains(id.as_str())).collect();
    assert!(missing.is_empty(), "docs/refresh.md does not stop {missing:?}");
}

/// `start-message-move-task` returns only messages that SQS itself moved. What Lambda reports goes to another queue.
#[test]
fn s2_a_dead_letter_queue_holds_only_what_sqs_moved_there() {
    let queues = resources_of_type("AWS::SQS::Queue");
    let moved: BTreeSet<String> = queues
        .values()
        .filter_map(|queue| queue["Properties"]["RedrivePolicy"]["deadLetterTargetArn"].as_str())
        .map(str::to_owned)
        .collect();
    let reported: BTreeSet<String> = functions()
        .values()
        .filter_map(|function| function["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]["Destination"].as_str())
        .map(str::to_owned)
        .collect();
    assert!(!moved.is_empty() && !reported.is_empty() && moved.is_disjoint(&reported), "{moved:?} {reported:?}");
}

#[test]
fn s6_no_deploy_overwrites_the_keyring_or_the_credentials() {
    let secrets = resources_of_type("AWS::SecretsManager::Secret");
    // CloudFormation writes a value again if these properties differ from the last deploy, so they must not change.
    let generated = json!({
        "SecretStringTemplate": "{}", "GenerateStringKey": "primary", "PasswordLength": 64, "ExcludePunctuation": true,
    });
    assert_eq!(secrets["Keyring"]["Properties"]["GenerateSecretString"], generated);
    assert_eq!(secrets["Credentials"]["Properties"]["SecretString"], "{}");
    for (id, secret) in secrets {
        assert_eq!(keeping(&secret), ["RetainExceptOnCreate", "Retain"], "{id}");
    }
}

#[test]
fn t1_the_access_log_names_the_route_and_never_the_path_or_the_query() {
    let api = resources_of_type("AWS::Serverless::HttpApi").remove("Api").expect("there is an HTTP API");
    let format = text(&api["Properties"]["AccessLogSettings"]["Format"]);
    let line: BTreeMap<String, String> = serde_json::from_str(&format).expect("a log line is JSON");
    let logged: BTreeSet<&str> = line.values().map(String::as_str).collect();
    let harmless = BTreeSet::from([
        "$context.error.message",
        "$context.identity.sourceIp",
        "$context.integrationErrorMessage",
        "$context.integrationLatency",
        "$context.requestId",
        "$context.requestTime",
        "$context.responseLatency",
        "$context.responseLength",
        "$context.routeKey",
        "$context.status",
    ]);
    assert_eq!(logged, harmless);
}
