//! `docs/configuration.md` lists the variables that the code reads, and no others.

use std::collections::BTreeSet;
use std::fs;

use counterfoil_core::model::platform::PlatformName;
use counterfoil_functions::config::VARIABLES;
use counterfoil_platforms::{facts_of, variables};

use crate::layers::crates;

/// The names in the first column of the table. `{P}` is any platform, `{LOCATION}` any data centre.
fn listed() -> BTreeSet<String> {
    let text = fs::read_to_string(crates().join("../docs/configuration.md")).expect("docs/configuration.md is there");
    let cells = text.lines().filter_map(|line| line.strip_prefix("| `")?.split('|').next());
    cells.flat_map(|cell| cell.split(',')).map(|name| name.trim().trim_matches('`').to_owned()).collect()
}

/// The names that the table may use for a platform's variable.
fn patterns(platform: PlatformName, variable: &str) -> Vec<String> {
    let prefix = platform.as_str().to_ascii_uppercase();
    let of_any = variable.replacen(&prefix, "{P}", 1);
    let location = variable.split_once("_CLIENT_SECRET_").map(|_| format!("{prefix}_CLIENT_SECRET_{{LOCATION}}"));
    [Some(variable.to_owned()), Some(of_any), location].into_iter().flatten().collect()
}

#[test]
fn the_configuration_page_lists_every_variable_and_no_other() {
    let listed = listed();
    let mut known: BTreeSet<String> = VARIABLES.iter().map(|&name| name.to_owned()).collect();
    let missing: Vec<_> = known.difference(&listed).cloned().collect();
    assert!(missing.is_empty(), "docs/configuration.md lacks {missing:?}");
    for platform in PlatformName::with_oauth() {
        for variable in variables::all(platform, facts_of(platform).expect("it has OAuth")) {
            let patterns = patterns(platform, &variable);
            assert!(patterns.iter().any(|pattern| listed.contains(pattern)), "docs/configuration.md lacks {variable}");
            known.extend(patterns);
        }
    }
    let unknown: Vec<_> = listed.difference(&known).collect();
    assert!(unknown.is_empty(), "nothing reads {unknown:?}");
}
