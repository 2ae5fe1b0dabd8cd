//! What is extracted is what the image says, and nothing outside the target is touched, whatever it says.

mod hostile;
mod place;

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use super::{ExtractError, Extracted, Selection, to_directory, to_tar};
use crate::embed::tests::build::{dir, file, image, link, symlink};
use crate::image::mode_text;
use crate::inspect::{self, Found};
use crate::plan::Entry;

/// A module that has this image and nothing else.
pub(super) fn module(image: &[u8]) -> Vec<u8> {
    let mut segments = wasm_encoder::DataSection::new();
    segments.passive(image.iter().copied());
    let mut module = wasm_encoder::Module::new();
    module.section(&wasm_encoder::DataCountSection { count: 1 });
    module.section(&segments);
    module.finish()
}

/// Everything of an image that was checked, into `target`.
fn extract(module: &[u8], target: &Path, force: bool) -> Result<Extracted, ExtractError> {
    let found = inspect::find(module)?;
    found.check()?;
    let selection = Selection::new(found.rows()?.iter(), &[])?;
    to_directory(&found, &selection, target, force, &())
}

fn tar(found: &Found<'_>) -> Vec<u8> {
    let selection = Selection::new(found.rows().unwrap().iter(), &[]).unwrap();
    let mut out = Vec::new();
    to_tar(found, &selection, &mut out, &()).unwrap();
    out
}

/// A folder that can be removed again by others than root, whatever modes were extracted into it.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        open_all(self.path());
    }
}

/// Lets everybody look into all directories that are his.
fn open_all(root: &Path) {
    for entry in walkdir::WalkDir::new(root)
        .into_iter()
        .filter_entry(open_up)
    {
        drop(entry);
    }
}

/// Lets us look into a directory, before that is tried.
fn open_up(entry: &walkdir::DirEntry) -> bool {
    if entry.file_type().is_dir() {
        let _ = fs::set_permissions(entry.path(), fs::Permissions::from_mode(0o700));
    }
    true
}

/// One line an entry, sorted: mode, number of names of a file, time, path, content or target. Leaves modes as they are.
fn lines(root: &Path) -> Vec<String> {
    let mut lines = Vec::new();
    add_lines(root, root, &mut lines);
    lines
}

fn add_lines(root: &Path, path: &Path, lines: &mut Vec<String>) {
    let metadata = fs::symlink_metadata(path).unwrap();
    let kind = metadata.file_type();
    let set_mode = |mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    if !kind.is_symlink() {
        set_mode(0o700);
    }
    let holds = if kind.is_symlink() {
        format!("-> {}", fs::read_link(path).unwrap().display())
    } else if kind.is_file() {
        String::from_utf8(fs::read(path).unwrap()).unwrap()
    } else {
        String::new()
    };
    let shown = path.strip_prefix(root).unwrap().display();
    let names = if kind.is_file() { metadata.nlink() } else { 0 };
    let time = i128::from(metadata.mtime()) * 1_000_000_000 + i128::from(metadata.mtime_nsec());
    let mode = mode_text(metadata.mode());
    lines.push(format!("{mode} {names} {time} {shown} {holds}"));
    if kind.is_dir() {
        let mut below: Vec<_> = fs::read_dir(path)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        below.sort();
        for path in below {
            add_lines(root, &path, lines);
        }
    }
    if !kind.is_symlink() {
        set_mode(metadata.mode() & 0o7777);
    }
}

fn with(mut entry: Entry, mode: u16, time_ns: u64) -> Entry {
    (entry.mode, entry.time_ns) = (mode, time_ns);
    entry
}

fn tree() -> Vec<u8> {
    module(&image(vec![
        with(dir("/"), 0o750, 7),
        with(dir("/closed"), 0o000, 1_000_000_000),
        with(file("/closed/secret", b"s"), 0o000, 2_000_000_001),
        with(dir("/bin"), 0o555, 3),
        with(file("/bin/tool", b"tool"), 0o6755, 4),
        link("/bin/z", "/bin/tool"),
        with(symlink("/link", "../../etc"), 0o777, 5_500_000_000),
        with(dir("/tmp"), 0o3777, 6),
        dir("data"),
        with(file("data/x", b""), 0o640, 2_000_000_000_000_000_000),
    ]))
}
