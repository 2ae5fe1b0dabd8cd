//! What is allowed and yet likely a mistake.

use miette::Diagnostic;
use thiserror::Error;
use unicode_normalization::UnicodeNormalization as _;

use super::error::quoted;
use super::{Entries, MountKind, Paths, Plan, suspicious};
use crate::manifest::ManifestWarning;
use crate::path::GuestPath;

/// Something a user should know about a plan; it works all the same. Codes are stable, like those of problems.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic)]
#[diagnostic(severity(Warning))]
#[non_exhaustive]
pub enum PlanWarning {
    /// Two names of one directory differ only by case or Unicode form: some machines can't hold both.
    #[error(
        "{}",
        pairs.told(
            |pair| format!("{pair} differ only by case or Unicode form"),
            "pairs of names differ only by case or Unicode form",
        )
    )]
    #[diagnostic(
        code(wasi_vfs::plan::similar_names),
        help("rename one of them if the tree must also work on macOS or Windows")
    )]
    SimilarNames {
        /// The two of each, the smaller path first.
        pairs: Paths,
    },

    /// Entries below a host mount that is required, where the host's directory always hides them.
    #[error(
        "{paths} can never be seen: the host's directory at `{mount}` hides what is embedded there"
    )]
    #[diagnostic(
        code(wasi_vfs::plan::hidden),
        help(
            "keep it out; or remove the host mount: the program then sees both, as `host` in `[link]` says, when the host gives a directory at `{mount}`"
        )
    )]
    Hidden {
        /// The entries.
        paths: Paths,
        /// The host mount.
        mount: GuestPath,
    },

    /// The manifest asks for nothing, so the program is what it was.
    #[error("nothing is embedded")]
    #[diagnostic(
        code(wasi_vfs::plan::empty),
        help(
            "add a `[[mount]]` with `guest` and `source` to the manifest, or give `pack` a `--dir`"
        )
    )]
    Empty,

    /// Files that look like secrets, in a directory given to `pack`.
    #[error("packing what looks like {what}: {paths}")]
    #[diagnostic(
        code(wasi_vfs::plan::secret_packed),
        help(
            "anyone with the bundle can read it: pack a directory without it, or write a manifest (`wasi-vfs init`) that leaves it out with `exclude`"
        )
    )]
    Secret {
        /// The files, as their directory's path and theirs in it.
        paths: Paths,
        /// What they look like, such as `a private key`.
        what: &'static str,
    },

    /// Entries that an image can't or must not contain, in a directory given to `pack`.
    #[error("left out ({what}): {paths}")]
    #[diagnostic(
        code(wasi_vfs::plan::left_out),
        help(
            "a manifest (`wasi-vfs init`) can embed something else in its place: `[[symlink]]`, or `symlinks = \"follow\"` with a source that holds both"
        )
    )]
    LeftOut {
        /// The entries, as their directory's path and theirs in it; symlinks with their targets.
        paths: Paths,
        /// What they are, such as `a pipe`.
        what: &'static str,
    },

    /// Entries at places where a program that carries an earlier wasi-vfs may never look.
    #[error(
        "the program carries an earlier wasi-vfs and may not see {paths}: it looks at the directories that it was packed with first"
    )]
    #[diagnostic(
        code(wasi_vfs::plan::earlier),
        help(
            "what is below one of those needs a mount of its own, such as `--dir HOST::/usr/local/lib/extra`; see docs/migrating.md"
        )
    )]
    Earlier {
        /// What is in no mount but that of `/`.
        paths: Paths,
    },

    /// Paths that were written for another system, such as `C:\a`.
    #[error(
        "guest paths with a backslash, a drive or a home directory in them are plain names to the program: {paths}"
    )]
    #[diagnostic(
        code(wasi_vfs::plan::suspicious_path),
        help(
            "write absolute paths with slashes: `guest = \"/a/b\"`; rename files that have a backslash in their names"
        )
    )]
    SuspiciousPath {
        /// The paths.
        paths: Paths,
    },

    /// Libraries and programs that were built for another system than WASI.
    #[error("{}", native(paths))]
    #[diagnostic(
        code(wasi_vfs::plan::native),
        help(
            "keep them out, such as with `exclude = [\"**/*.so\"]`, or use packages without them or built for WASI; if one is \
             meant as data, name it in full: `exclude = [\"!PATH\"]`"
        )
    )]
    Native {
        /// The files.
        paths: Paths,
    },

    /// Entries that a program with wasi-libc looks for in a relative mount, where they are not.
    #[error(
        "most programs can't see {paths}: wasi-libc makes no difference between `/` and `.`, and looks in the mount at `{root}` only"
    )]
    #[diagnostic(
        code(wasi_vfs::plan::shadowed),
        help(
            "give it a directory of its own that the mount at `{root}` does not have, such as `/app`; or mount it at its relative path"
        )
    )]
    Shadowed {
        /// The entries.
        paths: Paths,
        /// The relative mount.
        root: GuestPath,
    },

    /// Something about the manifest itself.
    #[error(transparent)]
    #[diagnostic(forward(0))]
    Manifest(#[from] ManifestWarning),
}

fn native(paths: &Paths) -> String {
    match paths.count() {
        1 => format!("no WebAssembly program can load or run the native code in {paths}"),
        count => format!(
            "{count} files with native code go in, which no WebAssembly program can load or run: {paths:.5}"
        ),
    }
}

pub(super) fn find(plan: &Plan) -> Vec<PlanWarning> {
    let entries = plan.entries();
    let start = plan.start();
    if entries.is_empty() && start.environment.is_empty() && start.arguments.is_empty() {
        return vec![PlanWarning::Empty];
    }
    // Hashes first: folding each name is cheap, comparing them all is not.
    let mut folded = hashes(entries);
    keep_repeated(&mut folded);
    folded.sort_unstable();
    let mut similar: Vec<(GuestPath, GuestPath)> = Vec::new();
    for pair in folded.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
        let (first, second) = (entries.path(pair[0].1), entries.path(pair[1].1));
        // Below two similar directories everything is similar; once is enough.
        if first.parent() == second.parent() && fold(first.as_str()).eq(fold(second.as_str())) {
            similar.push((first, second));
        }
    }
    similar.sort();
    let mut warnings: Vec<PlanWarning> = Vec::new();
    if !similar.is_empty() {
        let pair = |(first, second): &(GuestPath, GuestPath)| {
            format!("{} and {}", quoted(first.as_str()), quoted(second.as_str()))
        };
        let pairs = Paths::new(similar.iter().map(pair).collect());
        warnings.push(PlanWarning::SimilarNames { pairs });
    }
    let paths = suspicious::paths(plan);
    if paths.count() > 0 {
        warnings.push(PlanWarning::SuspiciousPath { paths });
    }
    warnings.extend(hidden(plan));
    warnings
}

/// A warning for each mount with something in it that nobody sees.
fn hidden(plan: &Plan) -> impl Iterator<Item = PlanWarning> {
    let mounts = plan.mounts().iter();
    mounts
        .filter(|mount| mount.kind == MountKind::Host && mount.required)
        .filter_map(|mount| {
            let below = plan.entries().iter().map(|entry| entry.path);
            let below = below.filter(|path| path.is_below(&mount.path));
            let mut paths = Paths::default();
            below.for_each(|path| paths.add(|| quoted(path.as_str())));
            (paths.count() > 0).then(|| PlanWarning::Hidden {
                paths,
                mount: mount.path.clone(),
            })
        })
}

/// Drops most of the hashes that there are only once, so that few have to be sorted.
fn keep_repeated(hashes: &mut Vec<(u64, usize)>) {
    let bits = (hashes.len() * 16).next_power_of_two().max(64);
    let mut seen = vec![0_u64; bits / 64];
    let mut repeated = vec![0_u64; bits / 64];
    let place = |hash: u64| {
        let bit = hash as usize & (bits - 1);
        (bit / 64, 1 << (bit % 64))
    };
    for (hash, _) in hashes.iter() {
        let (word, bit) = place(*hash);
        repeated[word] |= seen[word] & bit;
        seen[word] |= bit;
    }
    hashes.retain(|(hash, _)| {
        let (word, bit) = place(*hash);
        repeated[word] & bit != 0
    });
}

/// A path without case, in one Unicode form.
fn fold(path: &str) -> impl Iterator<Item = char> {
    path.nfd().flat_map(char::to_lowercase).nfd()
}

/// For each entry a hash of its directory and its folded name, and its number.
fn hashes(entries: &Entries) -> Vec<(u64, usize)> {
    // Most are in the directory that the one before is in.
    let mut near = ("", 0);
    let numbers = 0..entries.len();
    numbers
        .map(|number| {
            let name = entries.name(number);
            let parent = entries.directory(number).map_or("", GuestPath::as_str);
            if near.0 != parent {
                near = (parent, hash(0, parent.as_bytes()));
            }
            let hash = match name.is_ascii() {
                true => hash(near.1, name.as_bytes()),
                false => hash(near.1, fold(name).collect::<String>().as_bytes()),
            };
            (hash, number)
        })
        .collect()
}

/// A hash that takes upper case for lower, and some other characters for each other: equal ones are compared anyway.
fn hash(seed: u64, text: &[u8]) -> u64 {
    const CASE: u64 = u64::from_ne_bytes([0x20; 8]);
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let step = |hash: u64, word: u64| (hash.rotate_left(23) ^ (word | CASE)).wrapping_mul(ODD);
    let (words, rest) = text.as_chunks::<8>();
    let words = words.iter().map(|word| u64::from_le_bytes(*word));
    let hash = words.fold(seed, step);
    let rest = rest.iter().rev();
    let hash = step(
        hash,
        rest.fold(0, |word, byte| word << 8 | u64::from(*byte)),
    );
    // So that the low bits depend on all of it.
    hash ^ hash >> 32
}
