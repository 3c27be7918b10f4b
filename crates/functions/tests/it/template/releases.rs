//! A release shifts an alias to new versions, and back if an alarm goes off.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use counterfoil_testkit::template::{BY_DEFAULT, template};
use serde_json::json;

use super::{repository, resources_of_type, text};

#[test]
fn each_function_is_published_with_its_release_and_rolled_back_on_its_own_alarm() {
    let globals = &super::template()["Globals"]["Function"];
    assert_eq!(globals["AutoPublishAlias"], "live");
    assert_eq!(globals["DeploymentPreference"]["Alarms"], json!(["FaultsInternal", "FaultsMisconfigured"]));
    for (id, function) in resources_of_type("AWS::Serverless::Function") {
        let function = &function["Properties"];
        // SAM's own hash covers only the code, and would not change with a parameter's value.
        assert_eq!(function["AutoPublishCodeSha256"], "Release", "{id}");
        let alarm = text(&function["DeploymentPreference"]["Alarms"][0]);
        let watched = &resources_of_type("AWS::CloudWatch::Alarm")[&alarm]["Properties"];
        assert_eq!((&watched["MetricName"], &watched["Dimensions"][0]["Value"]), (&json!("Errors"), &json!(id)));
    }
}

#[test]
fn the_keyring_is_replicated_if_a_region_is_named() {
    let copies = |holding: &[&str]| {
        template(&[BY_DEFAULT, holding].concat())["Resources"]["Keyring"]["Properties"]["ReplicaRegions"].clone()
    };
    let wanted = [json!("AWS::NoValue"), json!([{ "Region": "KeyringReplicaRegion" }])];
    assert_eq!([copies(&[]), copies(&["ReplicatesKeyring"])], wanted);
}

/// `PublicBaseUrl` is `PUBLIC_BASE_URL` there.
fn variable(parameter: &str) -> String {
    let words = parameter.char_indices().flat_map(|(place, letter)| {
        let between = (place > 0 && letter.is_uppercase()).then_some('_');
        between.into_iter().chain([letter.to_ascii_uppercase()])
    });
    words.collect()
}

#[test]
fn make_deploy_takes_every_parameter_and_make_exports_prints_what_the_command_line_reads() {
    let makefile = fs::read_to_string(repository().join("Makefile")).expect("the Makefile is there");
    let pairs = makefile.split_whitespace().filter_map(|word| word.split_once(':'));
    let given: BTreeMap<&str, &str> =
        pairs.filter(|(name, _)| name.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_')).collect();
    let template = super::template();
    let parameters: BTreeSet<String> = template["Parameters"].as_object().expect("parameters").keys().cloned().collect();
    for parameter in parameters.iter().filter(|parameter| *parameter != "Release") {
        assert_eq!(given.get(variable(parameter).as_str()), Some(&parameter.as_str()), "make deploy does not know {parameter}");
    }
    let exported = makefile.split("for key in \"").nth(1).and_then(|rest| rest.split('"').next()).expect("a list of outputs");
    for output in exported.split_whitespace() {
        assert!(template["Outputs"][output].is_object() || output == "PublicBaseUrl", "there is no output {output}");
        let known = counterfoil_functions::config::VARIABLES.contains(&variable(output).as_str());
        assert!(known || output == "AwsRegion", "nothing reads {}", variable(output));
    }
}
