//! What a new manifest may say, from what lies about.

use std::path::{Component, Path, PathBuf};

use wasi_vfs::link;
use wasi_vfs::source::{DiskSource, Kind, Source as _, Step};

use super::text::Limits;

/// Where toolchains put their modules.
const BUILD_FOLDERS: [&str; 9] = [
    "",
    "build",
    "out",
    "bin",
    "zig-out/bin",
    "target/wasm32-wasip1/release",
    "target/wasm32-wasi/release",
    "target/wasm32-wasip1/debug",
    ".build/release",
];

/// What people call a directory of files for a program.
const SOURCE_FOLDERS: [&str; 8] = [
    "files",
    "rootfs",
    "assets",
    "public",
    "static",
    "data",
    "share",
    "resources",
];

/// Directories that are found at the top of a system.
const TOP: [&str; 8] = ["etc", "usr", "bin", "lib", "var", "home", "opt", "tmp"];

/// Modules that can be bundled: those of the first build folder that has one.
pub(super) fn modules(folder: &Path) -> Vec<PathBuf> {
    /// Trying a module costs as much as linking it.
    const MOST: usize = 8;
    let in_folder = |build: &&str| {
        let folder = match *build {
            "" => folder.to_owned(),
            build => folder.join(build),
        };
        let mut names = DiskSource.list(&folder).unwrap_or_default();
        names.sort();
        let paths = names
            .into_iter()
            .map(|name| match (folder.to_str(), *build) {
                (Some("."), _) => PathBuf::from(name),
                _ => folder.strip_prefix(".").unwrap_or(&folder).join(name),
            });
        let modules = paths.filter(|path| {
            let wanted = path
                .extension()
                .is_some_and(|it| it == "wasm" || it == "wat");
            wanted && path.is_file()
        });
        modules
            .take(MOST)
            .filter(|path| {
                let program = wasi_vfs::module::load(path);
                program.is_ok_and(|program| link::link(&program, &link::Options::default()).is_ok())
            })
            .collect::<Vec<_>>()
    };
    BUILD_FOLDERS
        .iter()
        .map(in_folder)
        .find(|found| !found.is_empty())
        .unwrap_or_default()
}

/// A directory that looks as if it is to be embedded.
pub(super) fn source(folder: &Path) -> Option<PathBuf> {
    let found = SOURCE_FOLDERS
        .iter()
        .find(|name| folder.join(name).is_dir())?;
    Some(PathBuf::from(found))
}

/// Where the program may expect it: a tree like a system's is the program's whole tree.
pub(super) fn guest(source: &Path) -> String {
    let is_top = TOP.iter().any(|name| source.join(name).is_dir());
    let name = source.canonicalize().ok();
    let name = name.as_deref().unwrap_or(source).file_name();
    match name.and_then(|name| name.to_str()) {
        Some("files" | "rootfs" | "root") if source.is_dir() => "/".to_owned(),
        _ if is_top => "/".to_owned(),
        Some(name) => format!("/{name}"),
        None => "/".to_owned(),
    }
}

/// `dist/NAME.wasm`, as the manifest in `folder` writes it; another name when that is the program itself.
pub(super) fn output(folder: &Path, module: &Path) -> PathBuf {
    let stem = module.file_stem().unwrap_or("app".as_ref());
    let named = |end: &str| {
        let mut name = stem.to_owned();
        name.push(end);
        Path::new("dist").join(name)
    };
    let output = named(".wasm");
    match relative(folder, module) == output {
        true => named(".bundle.wasm"),
        false => output,
    }
}

/// A path as a manifest in `folder` writes it: from there, with `/`; never from the root of this machine, if there is a
/// way around.
pub(super) fn relative(folder: &Path, path: &Path) -> PathBuf {
    let real = |path: &Path| {
        // What need not exist has at least a folder that does.
        let parent = match path.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        let whole = path.canonicalize().ok();
        whole.or_else(|| Some(parent.canonicalize().ok()?.join(path.file_name()?)))
    };
    let (Some(from), Some(to)) = (real(folder), real(path)) else {
        return path.to_owned();
    };
    let common = from
        .components()
        .zip(to.components())
        .take_while(|(a, b)| a == b)
        .count();
    if common == 0 {
        return path.to_owned();
    }
    let up = from.components().skip(common).map(|_| Component::ParentDir);
    let down: PathBuf = up.chain(to.components().skip(common)).collect();
    match down.as_os_str().is_empty() {
        true => PathBuf::from("."),
        false => down,
    }
}

/// Limits that leave room for what is in a directory, where those by default do not.
pub(super) fn limits(source: &Path) -> Limits {
    let (mut files, mut total, mut largest) = (0_u64, 0_u64, 0_u64);
    let mut count = |size: u64| {
        files += 1;
        total += size;
        largest = largest.max(size);
    };
    match source.metadata() {
        Ok(found) if found.is_file() => count(found.len()),
        _ => DiskSource.walk(source, &mut |visited| {
            if let Ok(mut visited) = visited
                && visited.kind == Kind::File
                && let Ok(metadata) = visited.metadata()
            {
                count(metadata.size);
            }
            Step::Into
        }),
    }
    Limits::over(files, total, largest)
}
