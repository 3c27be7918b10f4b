//! No two subjects depend on each other, by the `use` lines of every crate. A folder is one subject: its files may depend on each
//! other. A file belongs to the folder of its name, with the folders in that.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A module by its path from the root of its crate.
type Module = Vec<String>;
/// The modules that each module depends on.
type Needs = BTreeMap<Module, BTreeSet<Module>>;

#[test]
fn no_two_subjects_depend_on_each_other() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut circles = Vec::new();
    for entry in fs::read_dir(crates).expect("a folder").map(|entry| entry.expect("an entry").path().join("src")) {
        if entry.is_dir() {
            let found = circle(&needs(&entry)).map(|modules| format!("{}: {modules:?}", entry.display()));
            circles.extend(found);
        }
    }
    assert_eq!(circles, Vec::<String>::new());
}

#[test]
fn a_circle_between_subjects_is_found_and_one_within_a_subject_is_not() {
    let module = |path: &str| path.split("::").map(str::to_owned).collect::<Module>();
    let of = |pairs: &[(&str, &str)]| {
        let mut needs = Needs::new();
        for (from, to) in pairs {
            add(&mut needs, subject(&module(from)), subject(&module(to)));
        }
        circle(&needs)
    };
    assert_eq!(of(&[("a::x", "b"), ("b", "c::y"), ("c::y", "d")]), None);
    assert_eq!(of(&[("a::x", "a::y"), ("a::y", "a::x"), ("a", "a::x")]), None);
    assert_eq!(of(&[("a::x", "b"), ("b", "c::y"), ("c::z", "a")]), Some(vec![module("a"), module("b"), module("c")]));
    assert_eq!(
        imports("use crate::a::{self, b::{C, d}, e as f};\npub use self::x;\nmod y;"),
        ["crate::a::self", "crate::a::b::C", "crate::a::b::d", "crate::a::e as f"]
    );
}

/// The folder of a module. A module in no folder is its own subject.
fn subject(module: &Module) -> Module {
    module[..module.len().saturating_sub(1).max(1).min(module.len())].to_vec()
}

fn needs(source: &Path) -> Needs {
    let files = modules(source, &[]);
    let mut needs = Needs::new();
    for (module, file) in &files {
        let text = fs::read_to_string(file).expect("a source");
        for import in imports(&text) {
            let Some(mut target) = resolved(&import, module, &files) else { continue };
            while !target.is_empty() && !files.contains_key(&target) {
                target.pop();
            }
            add(&mut needs, folder(module, &files), folder(&target, &files));
        }
    }
    needs
}

fn add(needs: &mut Needs, from: Module, to: Module) {
    if !from.starts_with(&to) && !to.starts_with(&from) {
        needs.entry(from).or_default().insert(to);
    }
}

/// The folder of a module. A module with modules below it is the folder of its name.
fn folder(module: &Module, files: &BTreeMap<Module, PathBuf>) -> Module {
    let is_folder = files.keys().any(|other| other.len() > module.len() && other.starts_with(module));
    if is_folder { module.clone() } else { subject(module) }
}

fn modules(folder: &Path, above: &[String]) -> BTreeMap<Module, PathBuf> {
    let mut found = BTreeMap::new();
    for path in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let below = || [above, std::slice::from_ref(&name)].concat();
        if name == "tests" {
            continue;
        }
        if path.is_dir() {
            found.extend(modules(&path, &below()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let own = if ["mod", "lib", "main"].contains(&name.as_str()) { above.to_vec() } else { below() };
            found.insert(own, path);
        }
    }
    found
}

/// The imports of a source, without those of its tests and those that it only re-exports.
fn imports(text: &str) -> Vec<String> {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let statements = lines.split(';').filter_map(|statement| {
        let line = statement.trim_start();
        let line = line.rsplit_once("\nuse ").map_or_else(|| line.strip_prefix("use "), |(_, rest)| Some(rest));
        line.map(|tree| tree.split_whitespace().collect::<Vec<_>>().join(" "))
    });
    statements.flat_map(|tree| leaves(&tree)).collect()
}

fn leaves(tree: &str) -> Vec<String> {
    let Some((before, inside)) = tree.split_once('{') else { return vec![tree.trim().to_owned()] };
    let inside = inside.trim_end().strip_suffix('}').unwrap_or(inside);
    let (mut depth, mut parts) = (0_usize, vec![String::new()]);
    for character in inside.chars() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        parts.last_mut().expect("one at least").push(character);
    }
    parts.iter().filter(|part| !part.trim().is_empty()).flat_map(|part| leaves(&format!("{before}{}", part.trim()))).collect()
}

/// The path of an import from the root of its crate; `None` for another crate's.
fn resolved(import: &str, module: &Module, files: &BTreeMap<Module, PathBuf>) -> Option<Module> {
    let parts: Vec<String> = import.split(" as ").next()?.split("::").map(|part| part.trim().to_owned()).collect();
    let supers = parts.iter().take_while(|part| *part == "super").count();
    match parts.first().map(String::as_str) {
        Some("crate") => Some(parts[1..].to_vec()),
        Some("self") => Some([module.as_slice(), &parts[1..]].concat()),
        Some("super") => Some([&module[..module.len().saturating_sub(supers)], &parts[supers..]].concat()),
        Some(first) => {
            let below = [module.as_slice(), std::slice::from_ref(&first.to_owned())].concat();
            files.contains_key(&below).then(|| [module.as_slice(), &parts].concat())
        }
        None => None,
    }
}

/// The first circle, if there is one.
fn circle(needs: &Needs) -> Option<Vec<Module>> {
    let mut clean = BTreeSet::new();
    needs.keys().find_map(|start| walk(start, needs, &mut Vec::new(), &mut clean))
}

fn walk(at: &Module, needs: &Needs, path: &mut Vec<Module>, clean: &mut BTreeSet<Module>) -> Option<Vec<Module>> {
    if let Some(place) = path.iter().position(|passed| passed == at) {
        return Some(path[place..].to_vec());
    }
    if clean.contains(at) {
        return None;
    }
    path.push(at.clone());
    let found = needs.get(at).and_then(|next| next.iter().find_map(|next| walk(next, needs, path, clean)));
    path.pop();
    clean.insert(at.clone());
    found
}
