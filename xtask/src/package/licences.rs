//! The notices that have to go with a binary: of every crate that is compiled into it.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::cargo;

/// Files of a crate that are notices, by how their names begin.
const NOTICES: [&str; 6] = ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE"];

/// One text with what every crate says of its licence: its name, version and licence, then its own files.
/// Texts that several crates have stand there once.
pub fn notices() -> Result<String, Box<dyn Error>> {
    let packages = packages()?;
    // By text, so that each is given once with all that it belongs to.
    let mut texts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut out = String::from(
        "Drumlin is made of the following, each under the licence named. The texts follow.\n\n",
    );
    for package in &packages {
        let Package { name, version, licence, folder } = package;
        writeln!(out, "{name} {version}: {licence}")?;
        let found = texts_in(Path::new(folder))?;
        if found.is_empty() {
            // Its licence is named above; the crate itself has no text.
            continue;
        }
        for text in found {
            texts.entry(text).or_default().insert(format!("{name} {version}"));
        }
    }
    for (text, owners) in texts {
        let owners: Vec<String> = owners.into_iter().collect();
        write!(
            out,
            "\n{}\n{}\n{}\n\n{}\n",
            "-".repeat(80),
            owners.join(", "),
            "-".repeat(80),
            text
        )?;
    }
    Ok(out)
}

struct Package {
    name: String,
    version: String,
    licence: String,
    folder: String,
}

/// What is compiled into the plugins and the program on this system, by name; not what only builds or
/// tests them.
fn packages() -> Result<Vec<Package>, Box<dyn Error>> {
    let host = host()?;
    let mut command = cargo(&["metadata", "--format-version", "1", "--filter-platform", &host]);
    let output = command.stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(format!("cargo metadata failed ({})", output.status).into());
    }
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let packages: BTreeMap<String, Value> = list(&metadata["packages"])
        .into_iter()
        .map(|package| (text(&package["id"]), package))
        .collect();
    let nodes: BTreeMap<String, Value> = list(&metadata["resolve"]["nodes"])
        .into_iter()
        .map(|node| (text(&node["id"]), node))
        .collect();
    let root = packages.iter().find(|(_, package)| package["name"] == "drumlin");
    let mut open = vec![root.ok_or("cargo knows of no drumlin")?.0.clone()];
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        if !seen.insert(id.clone()) {
            continue;
        }
        for dependency in list(&nodes.get(&id).ok_or("a crate is missing")?["deps"]) {
            // Normal dependencies have no kind.
            if list(&dependency["dep_kinds"]).iter().any(|kind| kind["kind"].is_null()) {
                open.push(text(&dependency["pkg"]));
            }
        }
    }
    let mut found: Vec<Package> = seen
        .iter()
        .filter_map(|id| packages.get(id))
        .map(|package| Package {
            name: text(&package["name"]),
            version: text(&package["version"]),
            licence: package["license"].as_str().unwrap_or("see its text").to_owned(),
            folder: Path::new(&text(&package["manifest_path"]))
                .parent()
                .map(|folder| folder.display().to_string())
                .unwrap_or_default(),
        })
        .collect();
    found.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
    Ok(found)
}

/// The triple of this system, as the compiler names it.
fn host() -> Result<String, Box<dyn Error>> {
    let output = std::process::Command::new("rustc").arg("-vV").output()?;
    let text = String::from_utf8(output.stdout)?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.ok_or("rustc does not say where it runs")?.to_owned())
}

/// The texts of the notices in a crate's folder.
fn texts_in(folder: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let mut texts = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_uppercase();
        if path.is_file() && NOTICES.iter().any(|start| name.starts_with(start)) {
            let text = String::from_utf8_lossy(&fs::read(&path)?).replace("\r\n", "\n");
            texts.push(text.trim().to_owned());
        }
    }
    Ok(texts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_compiled_in_is_named_with_its_licence() {
        let packages = packages().unwrap();
        let named = |name: &str| packages.iter().any(|package| package.name == name);
        for name in ["drumlin", "egui", "tract-onnx", "rustysynth", "nice-plug", "serde"] {
            assert!(named(name), "{name}");
        }
        for name in ["xtask", "hosts", "criterion", "proptest"] {
            assert!(!named(name), "{name} is no part of the binary");
        }
        assert!(packages.iter().all(|package| !package.licence.is_empty()));
        let text = notices().unwrap();
        assert!(text.contains("Permission is hereby granted, free of charge"));
        assert!(text.contains("Apache License"));
    }
}
