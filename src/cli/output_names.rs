//! What the files of several inputs are called in one folder: after their input, and where inputs in
//! different places have one name, also after what of their places differs.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use super::song;

/// A name for each input, without an ending, in their order; and a line for people about each name
/// that several inputs share. An input that is given twice has its name twice, of which the check of what
/// is to be written has the word.
pub fn output_names(inputs: &[PathBuf]) -> (Vec<String>, Vec<String>) {
    let mut names: Vec<String> = inputs.iter().map(|input| song::title(input)).collect();
    let mut alike: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, name) in names.iter().enumerate() {
        // Some file systems do not tell capitals from small letters.
        alike.entry(name.to_lowercase()).or_default().push(index);
    }
    let mut remarks = Vec::new();
    for group in alike.into_values().filter(|group| group.len() > 1) {
        let places: Vec<Place> = group.iter().map(|&index| Place::of(&inputs[index])).collect();
        let titles: Vec<&str> = group.iter().map(|&index| names[index].as_str()).collect();
        let found = told_apart(&titles, &places);
        if found.iter().collect::<BTreeSet<_>>().len() == found.len() {
            remarks.push(format!(
                "{} inputs are called {}; in the folder they are {}",
                found.len(),
                titles[0],
                found.join(", ")
            ));
        }
        for (index, name) in group.into_iter().zip(found) {
            names[index] = name;
        }
    }
    (names, remarks)
}

/// Where an input is.
struct Place {
    /// The folders around it, from the outermost.
    folders: Vec<String>,
    /// Its ending.
    ending: String,
}

impl Place {
    fn of(input: &Path) -> Place {
        let folder = match input.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        let folder = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
        let plain = |component: Component<'_>| match component {
            Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
            _ => None,
        };
        let ending = input.extension().unwrap_or_default().to_string_lossy().into_owned();
        Place { folders: folder.components().filter_map(plain).collect(), ending }
    }
}

/// How many names of all lists are the same, from their beginning.
fn shared<'a>(lists: impl Iterator<Item = impl Iterator<Item = &'a String>>) -> usize {
    let mut lists: Vec<_> = lists.collect();
    let mut count = 0;
    loop {
        let mut next = lists.iter_mut().map(Iterator::next);
        let first = next.next().flatten();
        if first.is_none() || next.any(|other| other != first) {
            return count;
        }
        count += 1;
    }
}

/// The titles behind what is not the same of all places.
fn told_apart(titles: &[&str], places: &[Place]) -> Vec<String> {
    let shortest = places.iter().map(|place| place.folders.len()).min().unwrap_or_default();
    let outer = shared(places.iter().map(|place| place.folders.iter()));
    let inner = shared(places.iter().map(|place| place.folders.iter().rev())).min(shortest - outer);
    let endings_differ = places.iter().any(|place| place.ending != places[0].ending);
    let names = titles.iter().zip(places).map(|(title, place)| {
        let own = &place.folders[outer..place.folders.len() - inner];
        let mut parts: Vec<&str> = own.iter().map(String::as_str).collect();
        parts.push(title);
        if endings_differ && !place.ending.is_empty() {
            parts.push(&place.ending);
        }
        parts.join("-")
    });
    names.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(inputs: &[&str]) -> Vec<String> {
        output_names(&inputs.iter().map(PathBuf::from).collect::<Vec<_>>()).0
    }

    #[test]
    fn names_that_differ_stay() {
        let inputs = ["a/one.mid", "b/two.mid", "three.mid"].map(PathBuf::from);
        assert_eq!(
            output_names(&inputs),
            (vec!["one".into(), "two".into(), "three".into()], vec![])
        );
    }

    #[test]
    fn one_name_in_several_places_is_told_apart_by_what_differs() {
        assert_eq!(names(&["/m/a/song.mid", "/m/b/song.mid"]), ["a-song", "b-song"]);
        let deep = ["/m/a/new/song.mid", "/m/b/new/song.mid", "/m/other.mid"];
        assert_eq!(names(&deep), ["a-song", "b-song", "other"]);
        let three = ["/m/x/a/song.mid", "/m/x/b/song.mid", "/m/y/b/song.mid"];
        assert_eq!(names(&three), ["x-a-song", "x-b-song", "y-b-song"]);
        assert_eq!(names(&["/m/song.mid", "/m/live/song.mid"]), ["song", "live-song"]);
        assert_eq!(names(&["/m/song.mid", "/m/song.kar"]), ["song-mid", "song-kar"]);
        assert_eq!(names(&["/m/a/Song.mid", "/m/b/song.mid"]), ["a-Song", "b-song"]);
        // One within the other, with a folder's name twice.
        let nested = ["/m/a/song.mid", "/m/a/a/song.mid"];
        assert_eq!(names(&nested), ["song", "a-song"]);
    }

    #[test]
    fn one_input_twice_has_one_name() {
        assert_eq!(names(&["song.mid", "./song.mid"]), ["song", "song"]);
        let (_, remarks) = output_names(&["song.mid".into(), "song.mid".into()]);
        assert!(remarks.is_empty(), "they are not told apart: {remarks:?}");
    }

    #[test]
    fn people_are_told() {
        let inputs = ["/m/a/song.mid", "/m/b/song.mid"].map(PathBuf::from);
        let (_, remarks) = output_names(&inputs);
        assert_eq!(remarks, ["2 inputs are called song; in the folder they are a-song, b-song"]);
    }
}
