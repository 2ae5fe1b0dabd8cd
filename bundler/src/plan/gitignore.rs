//! What `.gitignore` files leave out.
//!
//! As git does it: the last line that matches decides, a deeper file before the one above it, and nothing below a directory that
//! is left out comes back. The files are those in the source and in the directories above it up to the one that has `.git`; what
//! is not checked in (the user's own file, `.git/info/exclude`) does not count. That the source itself is left out does not
//! count either: the manifest names it.

mod pattern;

use std::ffi::{OsStr, OsString};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::source::{Kind, Source, SourceError};
use pattern::Pattern;

/// The largest file: each of its lines is compared with each entry.
const LARGEST: u64 = 1024 * 1024;

/// The files that count for the entries of a walk.
pub(super) struct Ignores<'a> {
    src: &'a dyn Source,
    /// The names from the repository's top down to the directory looked at.
    names: Vec<OsString>,
    /// How many of them there are above the source.
    above: usize,
    /// What each directory says, the repository's top first; one more than there are names.
    files: Vec<File>,
}

/// A `.gitignore` file; one without lines where there is none.
#[derive(Default)]
struct File {
    path: PathBuf,
    patterns: Vec<Pattern>,
}

/// A line that leaves something out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) file: PathBuf,
    /// From 1.
    pub(super) number: usize,
}

impl<'a> Ignores<'a> {
    /// Those of a walk of the directory `root`. `within`: an archive is one, which has nothing above.
    ///
    /// # Errors
    /// When a file can't be read.
    pub(super) fn new(src: &'a dyn Source, root: &Path, within: bool) -> Result<Self, SourceError> {
        let mut ignores = Self {
            src,
            names: Vec::new(),
            above: 0,
            files: Vec::new(),
        };
        if !within
            && let Ok(real) = src.resolve(root)
            && let Some(top) = top_of(src, &real)
            && let Ok(below) = real.strip_prefix(top)
        {
            let mut directory = top.to_owned();
            for name in below {
                ignores.files.push(read(src, &directory)?);
                ignores.names.push(name.to_owned());
                directory.push(name);
            }
        }
        ignores.above = ignores.names.len();
        ignores.files.push(read(src, root)?);
        Ok(ignores)
    }

    /// Goes into a directory, the entry `name` of the one that is `depth` names below the source.
    ///
    /// # Errors
    /// When its file can't be read.
    pub(super) fn enter(
        &mut self,
        depth: usize,
        name: &OsStr,
        directory: &Path,
    ) -> Result<(), SourceError> {
        self.back_to(depth);
        let file = read(self.src, directory);
        self.names.push(name.to_owned());
        let file = file.map(|file| self.files.push(file));
        if file.is_err() {
            self.files.push(File::default());
        }
        file
    }

    /// The line that leaves out the entry `name` of the directory that is `depth` names below the source, if one does.
    pub(super) fn leaves_out(
        &mut self,
        depth: usize,
        name: &OsStr,
        is_directory: bool,
    ) -> Option<Line> {
        self.back_to(depth);
        if self.files.iter().all(|file| file.patterns.is_empty()) {
            return None;
        }
        let names = self.names.iter().map(OsString::as_os_str).chain([name]);
        let names: Vec<&[u8]> = names.map(OsStr::as_encoded_bytes).collect();
        let deepest_first = self.files.iter().enumerate().rev();
        let mut matching = deepest_first.filter_map(|(above, file)| {
            let below = &names[above..];
            let patterns = file.patterns.iter().rev();
            let mut matching = patterns.filter(|pattern| pattern.matches(below, is_directory));
            Some((file, matching.next()?))
        });
        let (file, pattern) = matching.next()?;
        (!pattern.negated).then(|| Line {
            file: file.path.clone(),
            number: pattern.line,
        })
    }

    /// Leaves the directories that are deeper than `depth` names below the source.
    fn back_to(&mut self, depth: usize) {
        self.names.truncate(self.above + depth);
        self.files.truncate(self.above + depth + 1);
    }
}

/// The directory above or at `directory` that has `.git`.
fn top_of<'a>(src: &dyn Source, directory: &'a Path) -> Option<&'a Path> {
    let mut above = directory.ancestors();
    above.find(|above| src.metadata(&above.join(".git")).is_ok())
}

/// The lines of a directory's file. Git does not follow a link there.
fn read(src: &dyn Source, directory: &Path) -> Result<File, SourceError> {
    let path = directory.join(".gitignore");
    let size = match src.metadata(&path) {
        Ok(metadata) if metadata.kind == Kind::File => metadata.size,
        _ => return Ok(File::default()),
    };
    let unreadable = |error| SourceError {
        verb: "cannot read",
        path: path.clone(),
        error,
    };
    if size > LARGEST {
        return Err(unreadable(std::io::Error::other("it is larger than 1 MiB")));
    }
    let mut text = Vec::new();
    let file = src.open(&path)?;
    file.take(LARGEST)
        .read_to_end(&mut text)
        .map_err(unreadable)?;
    let patterns = pattern::parse(&text);
    Ok(File { path, patterns })
}
