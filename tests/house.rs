//! The rules of the house: a module imports only from floors below its own, and inside a room no files
//! import each other in a circle. See `docs/architecture.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms of each floor, from the ground up. A new folder of `src` has to find its floor here.
const FLOORS: [&[&str]; 7] = [
    &["score"],
    &["midi", "audio", "analysis", "network", "files", "picture"],
    &["drummer", "patterns", "transcriber", "curator", "composer", "timbre"],
    &["studio"],
    &["parameters"],
    &["editor"],
    &["plugin", "cli"],
];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn floor_of(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

/// A module's path within the crate: `["studio", "recording", "cut"]`.
type Module = Vec<String>;

/// What a file of a room says, without comments, strings and tests.
struct Source {
    /// Under `src`.
    file: PathBuf,
    code: String,
}

/// The files of all rooms by the modules that they are. What is a test may look anywhere, and is left
/// out.
fn sources() -> BTreeMap<Module, Source> {
    let mut found = BTreeMap::new();
    for room in fs::read_dir(source()).unwrap().map(|entry| entry.unwrap().path()) {
        if room.is_dir() {
            let name = room.file_name().unwrap().to_str().unwrap();
            assert!(floor_of(name).is_some(), "src/{name} has no floor in this test");
            gather(&room, &mut found);
        }
    }
    found
}

fn gather(folder: &Path, found: &mut BTreeMap<Module, Source>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "tests") {
                gather(&path, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && path.file_name().is_some_and(|name| name != "tests.rs")
        {
            let file = path.strip_prefix(source()).unwrap().to_owned();
            let mut module: Module = file
                .with_extension("")
                .iter()
                .map(|part| part.to_str().unwrap().to_owned())
                .collect();
            if module.last().is_some_and(|last| last == "mod") {
                module.pop();
            }
            let code = code_of(&fs::read_to_string(&path).unwrap(), false);
            found.insert(module, Source { file, code });
        }
    }
}

/// A file without comments and strings, and without the module of its tests unless that is wanted.
fn code_of(text: &str, with_tests: bool) -> String {
    let mut code = String::new();
    let mut tests = false;
    for line in text.lines() {
        if tests && !with_tests && line.starts_with("mod tests {") {
            break;
        }
        tests = line.starts_with("#[cfg(") && line.contains("test");
        // No string of ours goes on in the next line with what looks like a path.
        let mut quoted = false;
        let mut before = ' ';
        for (at, c) in line.char_indices() {
            if !quoted && line[at..].starts_with("//") {
                break;
            }
            if c == '"' && before != '\\' && before != '\'' {
                quoted = !quoted;
            } else if !quoted {
                code.push(c);
            }
            before = c;
        }
        code.push('\n');
    }
    code
}

/// The paths of a `use` tree, each with the name that it has here: `a::{b, c as d}`.
fn expand(tree: &str, prefix: &[String], found: &mut Vec<(Vec<String>, String)>) {
    let tree = tree.trim();
    if let Some((path, rest)) = tree.split_once('{') {
        let parts = path.split("::").map(str::trim).filter(|part| !part.is_empty());
        let prefix: Vec<String> = prefix.iter().cloned().chain(parts.map(str::to_owned)).collect();
        let inner = rest.trim_end().strip_suffix('}').unwrap_or(rest);
        let (mut depth, mut start) = (0, 0);
        for (at, c) in inner.char_indices() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    expand(&inner[start..at], &prefix, found);
                    start = at + 1;
                }
                _ => {}
            }
        }
        expand(&inner[start..], &prefix, found);
    } else if !tree.is_empty() {
        let (path, name) = tree.split_once(" as ").unwrap_or((tree, ""));
        let path: Vec<String> = prefix
            .iter()
            .cloned()
            .chain(path.split("::").map(|part| part.trim().to_owned()))
            .filter(|part| part != "self" || prefix.is_empty())
            .collect();
        let last = path.last().cloned().unwrap_or_default();
        found.push((path, if name.is_empty() { last } else { name.trim().to_owned() }));
    }
}

/// What one file names of its own crate.
#[derive(Default)]
struct Names {
    /// What it imports for itself or writes out in its code.
    used: Vec<Module>,
    /// What others find here under a name.
    passed_on: BTreeMap<String, Module>,
}

fn names_of(module: &Module, sources: &BTreeMap<Module, Source>) -> Names {
    let code = &sources[module].code;
    let mut names = Names::default();
    let mut rest = String::new();
    for statement in code.split_inclusive(';') {
        let Some(at) = statement.rfind("use ").filter(|at| {
            let before = statement[..*at].trim_end();
            before.is_empty() || before.ends_with(['\n', ';', '}', ']', ')', '{', 'b'])
        }) else {
            rest.push_str(statement);
            continue;
        };
        let public = statement[..at].trim_end().rsplit('\n').next().unwrap_or("");
        let public = public.trim().starts_with("pub");
        rest.push_str(&statement[..at]);
        let mut paths = Vec::new();
        expand(statement[at + 4..].trim_end_matches(';'), &[], &mut paths);
        for (path, name) in paths {
            let Some(path) = absolute(module, &path, sources) else { continue };
            let own = path.len() > module.len() && path.starts_with(module);
            names.passed_on.insert(name, path.clone());
            // A door that shows what is in its rooms does not need it.
            if !(public && own) {
                names.used.push(path);
            }
        }
    }
    // Paths that are written out.
    let is_path = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    for path in rest.split(|c| !is_path(c)).filter(|path| path.contains("::")) {
        let path: Vec<String> =
            path.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect();
        names.used.extend(absolute(module, &path, sources));
    }
    names
}

/// A path as seen from the crate's root; `None` for those that lead elsewhere.
fn absolute(
    module: &Module,
    path: &[String],
    sources: &BTreeMap<Module, Source>,
) -> Option<Module> {
    let first = path.first()?;
    match first.as_str() {
        "crate" => Some(path[1..].to_vec()),
        "self" => Some([module, &path[1..]].concat()),
        "super" => {
            let up = path.iter().take_while(|part| *part == "super").count();
            let base = module.len().checked_sub(up)?;
            Some([&module[..base], &path[up..]].concat())
        }
        _ => {
            let child = [&module[..], &path[..1]].concat();
            sources.contains_key(&child).then(|| [&module[..], path].concat())
        }
    }
}

/// The file that a path leads to, through those that pass it on.
fn definition(path: &[String], names: &BTreeMap<Module, Names>, steps: usize) -> Option<Module> {
    let length = (1..=path.len()).rev().find(|&length| names.contains_key(&path[..length]))?;
    let (module, rest) = path.split_at(length);
    let next = rest.first().and_then(|name| names[module].passed_on.get(name));
    match next {
        Some(next) if steps > 0 => definition(&[&next[..], &rest[1..]].concat(), names, steps - 1),
        _ => Some(module.to_vec()),
    }
}

/// What every file imports.
fn imports() -> (BTreeMap<Module, Source>, BTreeMap<Module, BTreeSet<Module>>) {
    let sources = sources();
    let names: BTreeMap<Module, Names> =
        sources.keys().map(|module| (module.clone(), names_of(module, &sources))).collect();
    let imports = names.iter().map(|(module, own)| {
        let found = own.used.iter().filter_map(|path| definition(path, &names, 8));
        (module.clone(), found.filter(|other| other != module).collect())
    });
    let imports = imports.collect();
    (sources, imports)
}

#[test]
fn modules_import_only_from_floors_below() {
    let (sources, imports) = imports();
    let mut wrong = Vec::new();
    for (module, others) in &imports {
        for other in others.iter().filter(|other| other[0] != module[0]) {
            if floor_of(&other[0]) >= floor_of(&module[0]) {
                let file = sources[module].file.display();
                wrong.push(format!("src/{file} imports crate::{}", other.join("::")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// All Rust files below a folder.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<PathBuf>, Vec<PathBuf>) = entries.partition(|path| path.is_dir());
    let rust = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "rs");
    files
        .into_iter()
        .filter(rust)
        .chain(folders.iter().flat_map(|folder| files_below(folder)))
        .collect()
}

/// Tests within the rooms may look at all of their own floor and what is below, but not upwards.
#[test]
fn tests_import_nothing_from_floors_above() {
    let mut wrong = Vec::new();
    for (floor, rooms) in FLOORS.iter().enumerate() {
        for room in *rooms {
            for file in files_below(&source().join(room)) {
                let code = code_of(&fs::read_to_string(&file).unwrap(), true);
                for path in code.split("crate::").skip(1) {
                    let end = path.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                    let other = &path[..end.unwrap_or(path.len())];
                    if floor_of(other).is_some_and(|other| other > floor) {
                        wrong.push(format!("{} names crate::{other}", file.display()));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_of_a_room_do_not_import_each_other_in_a_circle() {
    let (sources, mut imports) = imports();
    for (module, others) in &mut imports {
        others.retain(|other| other[0] == module[0]);
    }
    // Who imports nothing that is left, or is imported by nothing that is left, is in no circle.
    loop {
        let needed: BTreeSet<Module> = imports.values().flatten().cloned().collect();
        let before = imports.len();
        imports.retain(|module, others| !others.is_empty() && needed.contains(module));
        let left: BTreeSet<Module> = imports.keys().cloned().collect();
        imports.values_mut().for_each(|others| others.retain(|other| left.contains(other)));
        if imports.len() == before {
            break;
        }
    }
    let circles: Vec<String> = imports
        .iter()
        .map(|(module, others)| {
            let others: Vec<String> = others.iter().map(|other| other.join("::")).collect();
            format!("src/{} imports {}", sources[module].file.display(), others.join(", "))
        })
        .collect();
    assert!(circles.is_empty(), "{}", circles.join("\n"));
}

/// The checks see what they are to see.
#[test]
fn imports_are_understood() {
    let (_, imports) = imports();
    let module = |path: &str| -> Module { path.split("::").map(str::to_owned).collect() };
    let sees = |from: &str, to: &str| imports[&module(from)].contains(&module(to));
    // By name, through the door of the room, out of a list, and written out in the code.
    assert!(sees("studio::worker", "studio::shared_state"));
    assert!(sees("studio::link", "studio::audio_link"));
    assert!(sees("editor::grid::mouse", "editor::shared"));
    assert!(sees("studio::handle", "studio::worker"));
    assert!(sees("drummer::generate", "network::registry"));
}

/// What the page of the architecture names is there: files and folders, and what is called by its type,
/// such as `Recording::cut`.
#[test]
fn the_page_names_what_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/architecture.md")).unwrap();
    let code: String = files_below(&source())
        .iter()
        .map(|file| code_of(&fs::read_to_string(file).unwrap(), false))
        .collect();
    let words: BTreeSet<&str> = code.split(|c: char| !(c.is_alphanumeric() || c == '_')).collect();
    // Every second piece stands between backticks; blocks of them have none within.
    let prose: String = page.split("```").step_by(2).collect();
    let (mut paths, mut names, mut missing) = (0, 0, Vec::new());
    for name in prose.split('`').skip(1).step_by(2) {
        if name.contains("::") {
            names += 1;
            if !name.split("::").all(|part| words.contains(part)) {
                missing.push(name);
            }
        } else if name.contains('/') && !name.contains([' ', '{']) {
            paths += 1;
            let name_of = |place: PathBuf| place.exists() || place.with_extension("rs").exists();
            let beside = name.starts_with("..");
            if !beside && !name_of(root.join(name)) && !name_of(source().join(name)) {
                missing.push(name);
            }
        }
    }
    assert!(paths > 40 && names > 20, "{paths} paths and {names} names");
    assert!(missing.is_empty(), "docs/architecture.md names {}", missing.join(", "));
}
