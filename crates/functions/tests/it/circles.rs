//! No two subjects depend on each other, by the `use` lines and the paths in the code of every crate. A folder is one subject: its files may
//! depend on each other. A file belongs to the folder of its name. A folder within a folder is a subject of its own, so no circle of files
//! may lead out of it and back.
//!
//! The root of a crate is no subject: what it re-exports belongs to all.

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
    for entry in fs::read_dir(crates).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if !entry.join("src").is_dir() {
            continue;
        }
        let found = Imports::of(&modules(&entry.join("src"), &[]), |file| fs::read_to_string(file).expect("a source"));
        let of_files = found.crossing().map(Vec::from);
        circles.extend(
            circle(&found.of_folders).into_iter().chain(of_files).map(|modules| format!("{}: {modules:?}", entry.display())),
        );
    }
    assert_eq!(circles, Vec::<String>::new());
}

#[test]
fn a_circle_between_subjects_is_found_and_one_within_a_subject_is_not() {
    let found = |sources: &[(&str, &str)]| {
        let files = sources.iter().map(|(path, text)| (module(path), PathBuf::from(text))).collect();
        let imports = Imports::of(&files, |text| text.to_string_lossy().into_owned());
        circle(&imports.of_folders).is_some() || imports.crossing().is_some()
    };
    let (a, b) = ("use crate::b::x::Y;", "use crate::a::x::Y;");
    assert!(found(&[("a::x", a), ("b::x", b)]));
    assert!(
        found(&[("a::x", "pub use crate::b::x::Y;"), ("b::x", "fn f() { crate::a::x::g() }")]),
        "a re-export and a path in code"
    );
    assert!(found(&[
        ("a::x", a),
        ("b::x", ""),
        ("b::y", "use crate::c::x::Z;"),
        ("c::x", "use crate::a::{self, y};"),
        ("a", "")
    ]));
    assert!(!found(&[("a::x", a), ("b::x", "#[cfg(test)]\nmod tests { use crate::a::x; }")]), "a test");
    assert!(found(&[("a::x", a), ("b::x", "#[cfg(test)]\nmod tests;\nuse crate::a::x;")]), "after a test in a file of its own");
    assert!(!found(&[("a::x", "use super::y;"), ("a::y", "use super::x;")]), "within a folder");
    // A folder and one within it: `x` needs `inner::y`, which needs another file of the folder, or `x` itself.
    assert!(!found(&[("a::x", "use super::inner::y::Y;"), ("a::inner::y", "use crate::a::z::Z;"), ("a::z", "")]));
    assert!(found(&[("a::x", "use super::inner::y::Y;"), ("a::inner::y", "use crate::a::x::Z;")]));
    assert!(found(&[("a", "fn f() { inner::g() }"), ("a::inner", "use super::F;"), ("a::inner::y", "")]));
}

fn module(path: &str) -> Module {
    path.split("::").map(str::to_owned).collect()
}

#[test]
fn imports_are_read_with_groups_names_and_paths_in_code() {
    assert_eq!(
        imports(
            "use crate::a::{self, b::{C, d}, e as f};\npub use self::x;\nmod y;\npub(in crate::w) fn g() { y::h(crate::z::I) }"
        ),
        ["crate::a::self", "crate::a::b::C", "crate::a::b::d", "crate::a::e as f", "self::x", "y::h", "crate::z::I"]
    );
}

/// The folder of a module. A module in no folder is its own subject.
fn subject(module: &Module) -> Module {
    module[..module.len().saturating_sub(1).max(1).min(module.len())].to_vec()
}

/// The imports of a crate.
struct Imports {
    of_files: Needs,
    of_folders: Needs,
    folders: BTreeMap<Module, Module>,
}

impl Imports {
    fn of(files: &BTreeMap<Module, PathBuf>, read: impl Fn(&Path) -> String) -> Self {
        let folders = files.keys().map(|module| (module.clone(), folder(module, files))).collect();
        let mut found = Self { of_files: Needs::new(), of_folders: Needs::new(), folders };
        for (module, file) in files {
            for import in imports(&read(file)) {
                let Some(mut target) = resolved(&import, module, files) else { continue };
                while !target.is_empty() && !files.contains_key(&target) {
                    target.pop();
                }
                if !target.is_empty() && target != *module {
                    found.of_files.entry(module.clone()).or_default().insert(target.clone());
                    add(&mut found.of_folders, found.folders[module].clone(), found.folders[&target].clone());
                }
            }
        }
        found
    }

    /// Two files of different folders that need each other, if there are any.
    fn crossing(&self) -> Option<[Module; 2]> {
        let needed: BTreeMap<_, _> = self.of_files.keys().map(|module| (module, self.all_needed(module))).collect();
        needed.iter().find_map(|(module, all)| {
            let is_crossed = |other: &&Module| {
                self.folders[*other] != self.folders[*module] && needed.get(other).is_some_and(|back| back.contains(*module))
            };
            all.iter().find(is_crossed).map(|other| [(*module).clone(), other.clone()])
        })
    }

    /// The files that a file needs, and those that these need.
    fn all_needed(&self, module: &Module) -> BTreeSet<Module> {
        let mut found = BTreeSet::new();
        let mut open = vec![module];
        while let Some(next) = open.pop() {
            open.extend(self.of_files.get(next).into_iter().flatten().filter(|needed| found.insert((*needed).clone())));
        }
        found
    }
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

/// The paths of a source, without those of its tests: what it imports or re-exports, and then those in its code.
fn imports(text: &str) -> Vec<String> {
    let (mut trees, mut code, mut tree) = (Vec::new(), String::new(), None::<String>);
    for line in without_scopes(&without_tests(text)).lines().map(str::trim).filter(|line| !line.starts_with("//")) {
        let begun = line.split_once("use ").filter(|(before, _)| is_visibility(before.trim_end())).map(|(_, tree)| tree);
        match (&mut tree, begun) {
            (Some(tree), _) => tree.push_str(line),
            (None, Some(begun)) => tree = Some(begun.to_owned()),
            (None, None) => code.extend([line, "\n"]),
        }
        if let Some(whole) = tree.as_ref().and_then(|tree| tree.strip_suffix(';')) {
            trees.push(whole.to_owned());
            tree = None;
        }
    }
    let is_path = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let paths = code.split(|c| !is_path(c)).filter(|path| path.contains("::") && !path.starts_with(':'));
    trees.iter().flat_map(|tree| leaves(tree)).chain(paths.map(str::to_owned)).collect()
}

/// A source without the scopes of what it makes visible, such as `pub(in crate::a)`: they import nothing.
fn without_scopes(text: &str) -> String {
    let mut parts = text.split("pub(in ");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + "pub" + part.split_once(')').map_or(part, |(_, rest)| rest))
}

fn is_visibility(text: &str) -> bool {
    text.is_empty() || text == "pub" || (text.starts_with("pub(") && text.ends_with(')'))
}

/// A test's module stands at the end of a source, or in a file of its own.
fn without_tests(text: &str) -> String {
    let Some((before, after)) = text.split_once("#[cfg(test)]") else { return text.to_owned() };
    match after.find(['{', ';']) {
        Some(end) if after.as_bytes()[end] == b';' => before.to_owned() + &without_tests(&after[end + 1..]),
        _ => before.to_owned(),
    }
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
