//! The text that `dev` prints when everything runs: a link, a command, and the addresses.

use counterfoil_core::model::platform::{Environment, PlatformName};

use super::Options;
use super::variables::{has_credentials, uses_stand_in};
use crate::dev_file::DevFile;
use crate::terminal;
use crate::variables::Variables;

/// The text. `given` are the variables that a person has set, without the laptop's own.
pub(super) fn text(file: &DevFile, served_at: &str, options: &Options, given: &Variables, open_start: bool) -> String {
    let base = &file.base_url;
    let (key, name) = example(given);
    let start = format!("{base}/oauth/start/{key}?company_name={name}");
    let connect = if open_start {
        format!("Open in your browser:\n\n   {start}")
    } else {
        let curl = format!("curl -sSi -H \"X-API-Key: {}\" \"{start}\"", file.api_key);
        format!("Open the Location of its answer in your browser:\n\n   {curl}\n\n   {CLOSED}")
    };
    format!(
        "Counterfoil is running at {base}\n\
         \n\
         1. Connect a company. {connect}\n\
         \n   For another platform, replace {key} in the link by another name and add {others}.\n\
         \n\
         2. Ask for its access token:\n\
         \n   curl -sS -H \"X-API-Key: {api_key}\" {base}/api/token/{key}\n\
         \n\
         {facts}\n\
         \n\
         Ctrl-C stops it.",
        others = others(),
        api_key = file.api_key,
        facts = terminal::columns(&facts(file, served_at, options, given)),
    )
}

const CLOSED: &str = "Starting a consent needs an API key. With OPEN_START=true anybody who reaches this address may start one.";

/// The environment and company key of an example connection that the set credentials allow.
fn example(given: &Variables) -> (&'static str, &'static str) {
    let has = |environment| has_credentials(given, PlatformName::Quickbooks, environment);
    let only_sandbox = !has(Environment::Production) && has(Environment::Sandbox);
    if only_sandbox { ("acme-sandbox", "Acme+Sandbox") } else { ("acme", "Acme") }
}

fn others() -> String {
    let others = PlatformName::with_oauth().filter(|platform| *platform != PlatformName::Quickbooks);
    others.map(|platform| format!("&platform={platform}")).collect::<Vec<_>>().join(" or ")
}

fn facts(file: &DevFile, served_at: &str, options: &Options, given: &Variables) -> Vec<Vec<String>> {
    let mut facts = Vec::new();
    if file.base_url != served_at {
        facts.push(("Served at", format!("{served_at}; browsers use {} (PUBLIC_BASE_URL)", file.base_url)));
    }
    for platform in PlatformName::with_oauth() {
        let title = platform.title();
        if uses_stand_in(given, platform) {
            facts.push((title, format!("a stand-in at {}/{platform}", file.stand_ins_url)));
        } else {
            facts.push((title, "the real platform; register this redirect URI there:".to_owned()));
            facts.push(("", format!("{}{}", file.base_url, platform.callback_path())));
        }
    }
    let table = if options.ephemeral {
        "in memory, lost when it stops".to_owned()
    } else {
        format!("in {}", options.dir.database().display())
    };
    facts.push(("Table", format!("{table}; DynamoDB at {}", file.dynamodb_url)));
    facts.push(("Keys", format!("in {}", options.dir.dev_file().display())));
    facts.into_iter().map(|(title, fact)| vec![format!("   {title}"), fact]).collect()
}
