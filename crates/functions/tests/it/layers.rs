//! The invariants of ARCHITECTURE.md about the dependencies of crates and modules.

use std::fs;
use std::path::{Path, PathBuf};

use counterfoil_core::model::platform::PlatformName;

pub(crate) fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The crates of the workspace that a crate depends on, without those of its tests.
fn needs(name: &str) -> Vec<String> {
    let manifest = fs::read_to_string(crates().join(name).join("Cargo.toml")).expect("a manifest");
    let dependencies = manifest.split("\n[dependencies]").nth(1).unwrap_or_default();
    let dependencies = dependencies.split("\n[").next().unwrap_or_default();
    let own = dependencies.lines().filter_map(|line| line.strip_prefix("counterfoil-")).filter_map(|line| line.split('.').next());
    own.map(str::to_owned).collect()
}

/// Every source file under a folder.
pub(crate) fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let below = folders.iter().flat_map(|folder| sources(folder));
    files.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs")).chain(below).collect()
}

/// The files under `crates/{folder}` that contain one of the words. `aws_lc_rs` is cryptography, not an AWS client.
fn files_with(folder: &str, words: &[&str]) -> Vec<PathBuf> {
    let files = sources(&crates().join(folder));
    assert!(!files.is_empty(), "{folder} holds no sources");
    let text = |file: &Path| fs::read_to_string(file).expect("a source").replace("aws_lc_rs", "");
    files.into_iter().filter(|file| words.iter().any(|word| text(file).contains(word))).collect()
}

#[test]
fn invariant_1_crates_depend_only_on_the_layers_below() {
    assert_eq!(needs("core"), Vec::<String>::new());
    assert_eq!(needs("store"), ["core"]);
    assert_eq!(needs("platforms"), ["core"]);
    assert_eq!(needs("webhooks"), ["core"]);
    assert_eq!(needs("desktop"), ["core"]);
    assert_eq!(needs("functions"), ["core", "desktop", "platforms", "store", "webhooks"]);
    assert_eq!(needs("stand-ins"), Vec::<String>::new());
    for name in ["core", "store", "platforms", "webhooks", "desktop", "functions", "stand-ins", "testkit"] {
        assert!(!needs(name).contains(&"cli".to_owned()), "{name} needs cli");
    }
}

/// The deployed code of a source: without comments, and without everything from its tests on.
pub(crate) fn deployed_code(file: &Path) -> String {
    let text = fs::read_to_string(file).expect("a source");
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// A rule of `docs/adding-a-platform.md`.
#[test]
fn a_platform_is_named_in_its_own_module_and_in_two_files_more() {
    // QuickBooks is also the default platform of a start.
    for platform in PlatformName::with_oauth().filter(|platform| *platform != PlatformName::Quickbooks) {
        let (name, module) = (format!("{platform:?}"), platform.as_str());
        let files =
            ["core/src", "platforms/src", "store/src", "functions/src"].into_iter().flat_map(|it| sources(&crates().join(it)));
        let product = files.filter(|file| file.file_stem().is_some_and(|name| name != "tests"));
        let naming = product.filter(|file| [name.as_str(), module].iter().any(|word| deployed_code(file).contains(word)));
        let mut naming: Vec<_> =
            naming.map(|file| file.strip_prefix(crates()).expect("below it").display().to_string()).collect();
        naming.sort();
        naming.retain(|file| !file.starts_with(&format!("platforms/src/{module}/")));
        assert_eq!(naming, ["core/src/model/platform.rs", "platforms/src/lib.rs"], "{name}");
    }
}

#[test]
fn invariant_1_inside_core_model_knows_no_port_and_port_no_service() {
    assert_eq!(files_with("core/src/model", &["crate::port", "crate::service", "crate::App"]), Vec::<PathBuf>::new());
    assert_eq!(files_with("core/src/port", &["crate::service", "crate::App"]), Vec::<PathBuf>::new());
}

/// The texts in the code of a source: every second piece between quotation marks.
fn texts(file: &Path) -> Vec<String> {
    deployed_code(file).split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Whether a text names a route of ours, a field of the partner API, or a variable. `{NAME}` is a constant of the code.
fn names_what_surfaces_name(text: &str) -> bool {
    let is_variable = |word: &str| {
        word.contains('_') && word.trim_matches('_') == word && word.chars().all(|c| c.is_ascii_uppercase() || c == '_')
    };
    let is_field =
        |word: &str| word.starts_with(|c: char| c.is_ascii_lowercase()) && word.contains(|c: char| c.is_ascii_uppercase());
    let is_route = ["/v1/", "/api/", "/oauth/", "/connect/", "/webhooks/"].iter().any(|route| text.starts_with(route));
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && !"_{".contains(c));
    is_route || words.into_iter().any(|word| is_variable(word) || is_field(word))
}

#[test]
fn invariant_2_core_names_no_route_no_field_and_no_variable() {
    for bad in ["/v1/checks", "Name one in companyKey.", "PUBLIC_BASE_URL is not set."] {
        assert!(names_what_surfaces_name(bad), "{bad}");
    }
    let files =
        sources(&crates().join("core/src")).into_iter().filter(|file| !file.components().any(|part| part.as_os_str() == "tests"));
    let naming = files.filter(|file| texts(file).iter().any(|text| names_what_surfaces_name(text)));
    assert_eq!(naming.collect::<Vec<_>>(), [crates().join("core/src").join("model/platform.rs")]);
}

#[test]
fn invariant_2_dynamodb_vendors_and_lambda_stay_in_their_crates() {
    assert_eq!(files_with("core/src", &["aws_", "reqwest", "axum", "Lambda"]), Vec::<PathBuf>::new());
    assert_eq!(files_with("platforms/src", &["aws_sdk", "axum", "Lambda"]), Vec::<PathBuf>::new());
    assert_eq!(files_with("webhooks/src", &["aws_sdk", "axum", "Lambda"]), Vec::<PathBuf>::new());
    assert_eq!(files_with("desktop/src", &["aws_sdk", "axum", "Lambda", "reqwest"]), Vec::<PathBuf>::new());
    assert_eq!(files_with("store/src", &["reqwest", "axum", "intuit", "Lambda"]), Vec::<PathBuf>::new());
    let vendors = ["intuit.com", "intuit_tid", "realmId", "xero.com", "authEventId", "zoho.", "freshbooks.com"];
    assert_eq!(files_with("core/src", &vendors), Vec::<PathBuf>::new());
    assert_eq!(files_with("functions/src", &vendors), Vec::<PathBuf>::new());
    for crate_above in ["functions/src", "cli/src"] {
        assert_eq!(files_with(crate_above, &["aws_sdk_dynamodb", "aws_sdk_secretsmanager", "reqwest"]), Vec::<PathBuf>::new());
    }
    assert_eq!(files_with("cli/src", &vendors), Vec::<PathBuf>::new());
}
