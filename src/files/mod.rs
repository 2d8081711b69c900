//! Files that are written whole or not at all, for the command line and the plugin.
//!
//! A file's bytes go to a temporary file in the same folder, which takes the file's name when it is
//! complete: whoever looks sees the old file or the new one, and a full disk or a signal leaves the
//! old one. Links are followed; a file that is replaced keeps its permissions, a new one has those
//! that the user's mask leaves it. What is no plain file (a device, a pipe) is written to directly. What
//! takes long to write has no name on the disk before it is finished ([`Draft`]): a program that is ended
//! meanwhile leaves nothing.
//!
//! Knows nothing of ours. Slow: for any thread but the audio thread and the window's.

#![forbid(unsafe_code)]

use std::collections::HashSet;
use std::fs;
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf, is_separator};

/// Why a file was not written.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what each is and what it names")]
pub enum OutputError {
    /// There is no folder to put it into.
    #[error("cannot write {}: there is no folder {}", path.display(), folder.display())]
    NoFolder { path: PathBuf, folder: PathBuf },
    /// A folder is there.
    #[error("cannot write {}: it is a folder, and a file is needed", path.display())]
    IsFolder { path: PathBuf },
    /// Two things are to be written to one place.
    #[error("two outputs would both be {}", path.display())]
    Twice { path: PathBuf },
    /// It would take the place of what is read.
    #[error("{} would be overwritten: it is the input", path.display())]
    IsInput { path: PathBuf },
    /// The system refused.
    #[error("cannot write {}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
}

/// A file to be.
pub struct Output {
    /// Where it is to be.
    pub path: PathBuf,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// As many links as a system follows before it takes them for a circle.
const MOST_LINKS: usize = 40;

/// Where a path leads, links followed; of a file that does not exist yet, where it will be.
fn resolved(path: &Path) -> Result<PathBuf, OutputError> {
    if let Ok(found) = fs::canonicalize(path) {
        return Ok(found);
    }
    // A pipe that a shell calls `/dev/fd/63` or `/dev/stdout` is there, and has no other path.
    if fs::metadata(path).is_ok() {
        return Ok(path.to_owned());
    }
    // A link to a file that is not there yet: the file will be where the link leads.
    let mut target = path.to_owned();
    for _ in 0..MOST_LINKS {
        let Ok(next) = fs::read_link(&target) else { break };
        target = folder_of(&target).join(next);
    }
    let path = target.as_path();
    let folder = folder_of(path);
    let missing = || OutputError::NoFolder { path: path.into(), folder: folder.into() };
    let name = path.file_name().ok_or_else(|| OutputError::IsFolder { path: path.into() })?;
    Ok(fs::canonicalize(folder).map_err(|_| missing())?.join(name))
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

/// Says before the work begins what would keep its results from being written: a missing or
/// read-only folder, a name that is too long, two outputs of one name, an output that is one of the
/// inputs.
pub fn check<'a>(
    outputs: impl IntoIterator<Item = &'a Path>,
    inputs: impl IntoIterator<Item = &'a Path>,
) -> Result<(), OutputError> {
    let inputs: HashSet<PathBuf> =
        inputs.into_iter().filter_map(|input| fs::canonicalize(input).ok()).collect();
    let mut seen = HashSet::new();
    for path in outputs {
        let target = resolved(path)?;
        // A name with a separator at its end asks for a folder, also where there is none yet.
        if target.is_dir() || path.to_string_lossy().ends_with(is_separator) {
            return Err(OutputError::IsFolder { path: path.into() });
        }
        if inputs.contains(&target) {
            return Err(OutputError::IsInput { path: path.into() });
        }
        // What there is not yet is no fault; a name that the system does not take is one.
        if let Err(source) = fs::symlink_metadata(&target)
            && source.kind() != io::ErrorKind::NotFound
        {
            return Err(failed(path, source));
        }
        if is_plain(&target) {
            if seen.contains(&target) {
                return Err(OutputError::Twice { path: path.into() });
            }
            unnamed(path, &target)?;
            seen.insert(target);
        }
    }
    Ok(())
}

/// Writes all files. Every byte is on its disk before the first file takes its name.
pub fn write(outputs: Vec<Output>) -> Result<(), OutputError> {
    let mut prepared = Vec::new();
    for Output { path, bytes } in outputs {
        let target = resolved(&path)?;
        if !is_plain(&target) {
            fs::write(&target, bytes).map_err(|source| OutputError::Io { path, source })?;
            continue;
        }
        let mut file = replacement(&path, &target)?;
        match file.write_all(&bytes).and_then(|()| file.as_file().sync_all()) {
            Ok(()) => prepared.push((file, path, target)),
            Err(source) => return Err(OutputError::Io { path, source }),
        }
    }
    for (file, path, target) in prepared {
        file.persist(target).map_err(|error| OutputError::Io { path, source: error.error })?;
    }
    Ok(())
}

/// A file that is being written, too long to be held in memory. It has no name before it is finished:
/// dropped before, it leaves nothing, nor does a program that is ended by a signal.
pub struct Draft {
    file: fs::File,
    path: PathBuf,
    target: PathBuf,
}

impl Draft {
    /// Begins a file.
    ///
    /// # Errors
    /// [`OutputError`]; also if something that is no plain file is there.
    pub fn new(path: &Path) -> Result<Draft, OutputError> {
        let target = resolved(path)?;
        if !is_plain(&target) {
            let source = io::ErrorKind::Unsupported.into();
            return Err(OutputError::Io { path: path.into(), source });
        }
        Ok(Draft { file: unnamed(path, &target)?, path: path.into(), target })
    }

    /// Where to write.
    pub fn file(&mut self) -> &mut fs::File {
        &mut self.file
    }

    /// Gives the file its name. A file without one cannot get one everywhere, so that it is copied to one
    /// that has: for that moment the disk holds it twice.
    ///
    /// # Errors
    /// [`OutputError`]; an old file is still there then.
    pub fn finish(mut self) -> Result<(), OutputError> {
        let path = self.path.as_path();
        let mut named = replacement(path, &self.target)?;
        let copied = self.file.rewind().and_then(|()| {
            io::copy(&mut self.file, named.as_file_mut())?;
            named.as_file().sync_all()
        });
        copied.map_err(|error| failed(path, error))?;
        named.persist(&self.target).map_err(|error| failed(path, error.error))?;
        Ok(())
    }
}

/// Writes one file.
///
/// # Errors
/// [`OutputError`]; an old file is still there then.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), OutputError> {
    write(vec![Output { path: path.into(), bytes: bytes.into() }])
}

/// Writes a file beside those that are there: where its name is taken it gets a number, as in
/// `song 2.mid`. Answers with the path that it has got.
///
/// # Errors
/// [`OutputError`]; nothing is written then.
pub fn write_beside(folder: &Path, name: &str, bytes: &[u8]) -> Result<PathBuf, OutputError> {
    let first = folder.join(name);
    let mut file = temporary(&first, &resolved(&first)?)?;
    let written = file.write_all(bytes).and_then(|()| file.as_file().sync_all());
    written.map_err(|source| OutputError::Io { path: first.clone(), source })?;
    let stem = first.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let ending =
        first.extension().map_or_else(String::new, |e| format!(".{}", e.to_string_lossy()));
    for number in 1_u32.. {
        let path = match number {
            1 => first.clone(),
            _ => folder.join(format!("{stem} {number}{ending}")),
        };
        // Another program may take the name at the same time: it is asked and taken in one.
        match file.persist_noclobber(&path) {
            Ok(_) => return Ok(path),
            Err(taken) if taken.error.kind() == io::ErrorKind::AlreadyExists => file = taken.file,
            Err(failed) => return Err(OutputError::Io { path, source: failed.error }),
        }
    }
    Err(OutputError::Io { path: first, source: io::ErrorKind::AlreadyExists.into() })
}

/// A file, or nothing yet.
fn is_plain(target: &Path) -> bool {
    fs::metadata(target).map_or(true, |found| found.is_file())
}

/// A temporary file that is to take the place of `target`, with the permissions of what is there.
fn replacement(path: &Path, target: &Path) -> Result<tempfile::NamedTempFile, OutputError> {
    let file = temporary(path, target)?;
    if let Ok(old) = fs::metadata(target) {
        // Not every file system has permissions; a new file has usual ones.
        let _ = file.as_file().set_permissions(old.permissions());
    }
    Ok(file)
}

fn temporary(path: &Path, target: &Path) -> Result<tempfile::NamedTempFile, OutputError> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".drumlin-");
    // As any new file: what the user's mask leaves of it. Temporary files are private otherwise.
    #[cfg(unix)]
    let everyone = std::os::unix::fs::PermissionsExt::from_mode(0o666);
    #[cfg(unix)]
    builder.permissions(everyone);
    builder.tempfile_in(folder_of(target)).map_err(|error| failed(path, error))
}

/// A file in the folder of `target` that the system forgets with its handle.
fn unnamed(path: &Path, target: &Path) -> Result<fs::File, OutputError> {
    tempfile::tempfile_in(folder_of(target)).map_err(|error| failed(path, error))
}

/// The system refused. What it says of a temporary file ends in that file's path, of which nobody has
/// heard: it is left out.
fn failed(path: &Path, error: io::Error) -> OutputError {
    let said = error.to_string();
    let source = match said.split_once(" at path ") {
        Some((reason, _)) => io::Error::new(error.kind(), reason),
        None => error,
    };
    OutputError::Io { path: path.into(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(path: PathBuf, bytes: &[u8]) -> Output {
        Output { path, bytes: bytes.to_vec() }
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn files_are_written_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (folder.path().join("a"), folder.path().join("b"));
        fs::write(&a, "old").unwrap();
        check([a.as_path(), b.as_path()], [Path::new("song.mid")]).unwrap();
        assert_eq!(fs::read(&a).unwrap(), b"old");
        write(vec![output(a.clone(), b"new"), output(b.clone(), b"more")]).unwrap();
        assert_eq!((fs::read(&a).unwrap(), fs::read(&b).unwrap()), (b"new".into(), b"more".into()));
        assert_eq!(names(folder.path()), ["a", "b"]);
    }

    #[test]
    fn one_that_cannot_be_written_keeps_all_from_being_written() {
        let folder = tempfile::tempdir().unwrap();
        let a = folder.path().join("a");
        let b = folder.path().join("no such folder/b");
        let written = write(vec![output(a, b"new"), output(b, b"more")]);
        assert!(matches!(written, Err(OutputError::NoFolder { .. })));
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn what_cannot_be_written_is_known_before() {
        let folder = tempfile::tempdir().unwrap();
        let (song, drums) = (folder.path().join("song.mid"), folder.path().join("drums.mid"));
        fs::write(&song, "").unwrap();
        let groove = folder.path().join("groove.mid");
        fs::write(&groove, "").unwrap();
        let inputs = [song.as_path(), groove.as_path()];
        let checked = |paths: &[&Path]| check(paths.iter().copied(), inputs);
        let same = folder.path().join(".").join("drums.mid");
        assert!(matches!(checked(&[&song]), Err(OutputError::IsInput { .. })));
        assert!(matches!(checked(&[&drums, &groove]), Err(OutputError::IsInput { .. })));
        assert!(matches!(checked(&[&drums, &same]), Err(OutputError::Twice { .. })));
        assert!(matches!(checked(&[folder.path()]), Err(OutputError::IsFolder { .. })));
        let named = folder.path().join("new/");
        assert!(matches!(checked(&[&named]), Err(OutputError::IsFolder { .. })));
        assert!(matches!(
            checked(&[&song.join("x")]),
            Err(OutputError::NoFolder { .. } | OutputError::Io { .. })
        ));
    }

    #[cfg(unix)]
    #[test]
    fn a_name_that_is_too_long_is_known_before() {
        let folder = tempfile::tempdir().unwrap();
        let long = folder.path().join("n".repeat(300));
        let checked = check([long.as_path()], [Path::new("song.mid")]);
        assert!(matches!(checked, Err(OutputError::Io { .. })));
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn a_refusal_does_not_name_the_temporary_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "old").unwrap();
        let path = file.join("drums.mid");
        for refused in [temporary(&path, &path).err(), unnamed(&path, &path).err()] {
            let line = refused.unwrap().to_string();
            let begins = format!("cannot write {}: ", path.display());
            assert!(line.starts_with(&begins) && !line.contains(" at path "), "{line}");
            assert!(!line.contains(".drumlin-"), "{line}");
        }
    }

    #[test]
    fn a_draft_takes_its_name_when_it_is_finished() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("piece.wav");
        fs::write(&path, "old").unwrap();
        let begun = || {
            let mut draft = Draft::new(&path).unwrap();
            draft.file().write_all(b"new and longer").unwrap();
            draft
        };
        let draft = begun();
        // What is there if the program is ended now.
        #[cfg(unix)]
        assert_eq!(names(folder.path()), ["piece.wav"]);
        drop(draft);
        assert_eq!(fs::read(&path).unwrap(), b"old");
        begun().finish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new and longer");
        assert_eq!(names(folder.path()), ["piece.wav"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_of_the_shell_is_written_to() {
        use std::io::Read;
        use std::os::fd::AsRawFd;
        let (mut reader, writer) = io::pipe().unwrap();
        let path = PathBuf::from(format!("/dev/fd/{}", writer.as_raw_fd()));
        check([path.as_path()], [Path::new("song.mid")]).unwrap();
        write_whole(&path, b"drums").unwrap();
        drop(writer);
        let mut read = Vec::new();
        reader.read_to_end(&mut read).unwrap();
        assert_eq!(read, b"drums");
    }

    #[cfg(unix)]
    #[test]
    fn devices_are_written_to_and_links_followed() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let null = PathBuf::from("/dev/null");
        check([null.as_path(), null.as_path()], [Path::new("song.mid")]).unwrap();
        write(vec![output(null.clone(), b"gone")]).unwrap();
        assert!(!fs::metadata(&null).unwrap().is_file());

        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "old").unwrap();
        symlink(&file, &link).unwrap();
        write(vec![output(link.clone(), b"new")]).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"new");
        let (later, to_later) = (folder.path().join("later"), folder.path().join("to-later"));
        symlink("later", &to_later).unwrap();
        check([to_later.as_path()], [Path::new("song.mid")]).unwrap();
        write(vec![output(to_later.clone(), b"new")]).unwrap();
        assert!(fs::symlink_metadata(&to_later).unwrap().is_symlink());
        assert_eq!(fs::read(&later).unwrap(), b"new");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        // As any new file here, whatever the mask is.
        let usual = mode(&file);
        write_whole(&folder.path().join("new"), b"new").unwrap();
        write_beside(folder.path(), "beside", b"new").unwrap();
        assert_eq!(
            [mode(&folder.path().join("new")), mode(&folder.path().join("beside"))],
            [usual; 2]
        );
        // Somebody wants this one so.
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        write_whole(&link, b"newer").unwrap();
        assert_eq!((fs::read(&file).unwrap(), mode(&file)), (b"newer".to_vec(), 0o640));
    }

    #[test]
    fn a_taken_name_gets_a_number() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| {
            let path = write_beside(folder.path(), name, bytes).unwrap();
            assert_eq!(fs::read(&path).unwrap(), bytes);
            path.file_name().unwrap().to_str().unwrap().to_owned()
        };
        assert_eq!(write("Song 120 bpm.mid", b"1"), "Song 120 bpm.mid");
        assert_eq!(write("Song 120 bpm.mid", b"2"), "Song 120 bpm 2.mid");
        assert_eq!(write("Song 120 bpm.mid", b"3"), "Song 120 bpm 3.mid");
        assert_eq!(write("bare", b"4"), "bare");
        assert_eq!(write("bare", b"5"), "bare 2");
        assert_eq!(fs::read(folder.path().join("Song 120 bpm.mid")).unwrap(), b"1");
        assert_eq!(names(folder.path()).len(), 5);
        let nowhere = folder.path().join("none");
        assert!(matches!(write_beside(&nowhere, "x", b""), Err(OutputError::NoFolder { .. })));
    }
}
