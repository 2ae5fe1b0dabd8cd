//! Packing: directories, given one by one, go into a program without a manifest. [`Pack`] is what `wasi-vfs pack` does.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::atomic_file::Pending;
use crate::embed::Progress;
use crate::job::{digest, explain, load_program};
use crate::manifest::Manifest;
use crate::source::DiskSource;
use crate::{Bundled, Error, bundle};

pub use crate::manifest::Directory;

/// A bundle to be made of a program and directories.
///
/// All that is in a directory goes in: dot files, files that version control ignores, and what looks like a secret, too,
/// of which the plan [warns](crate::plan::PlanWarning::Secret). What can't go in is left out, with a
/// [warning](crate::plan::PlanWarning::LeftOut): pipes and devices, and symlinks that lead out of the directory. Files get mode 0644, directories 0755, and all the time 0, so
/// that the same contents make the same bundle wherever they were checked out. Of two directories that have a name
/// in common the later one's is taken.
///
/// A program that is a bundle already keeps what it has, below the directories: files, mounts, variables, arguments, and
/// how it is linked. So packing directories one after the other makes the same bytes as packing them at once.
///
/// # Examples
///
/// ```no_run
/// use wasi_vfs::pack::{Directory, Pack};
/// use wasi_vfs::path::GuestPath;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// Pack::new("app.wasm", "app.packed.wasm")
///     .directory(Directory::new("examples/mnt", GuestPath::parse("/")?))
///     .run()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Pack {
    input: PathBuf,
    output: PathBuf,
    directories: Vec<Directory>,
    digest: bool,
}

/// What a [`Pack`] has made.
#[derive(Debug)]
pub struct Packed {
    bundled: Bundled,
    output: PathBuf,
    digest: Option<String>,
}

impl Pack {
    /// The program at `input` without any directory yet, to be written to `output`; paths from the working directory. They may be
    /// the same file if it is a module in binary form.
    #[must_use]
    pub fn new(input: impl Into<PathBuf>, output: impl Into<PathBuf>) -> Self {
        Self {
            input: input.into(),
            output: output.into(),
            directories: Vec::new(),
            digest: false,
        }
    }

    /// Adds a directory on top of those there are.
    #[must_use]
    pub fn directory(mut self, directory: Directory) -> Self {
        self.directories.push(directory);
        self
    }

    /// Also computes the SHA-256 of the output, see [`Packed::digest`]; it costs reading everything again.
    #[must_use]
    pub fn with_digest(mut self) -> Self {
        self.digest = true;
        self
    }

    /// Makes the bundle. The output is there whole or, after an error, as it was before.
    ///
    /// # Errors
    /// The first stage that fails; a stage tells all its problems at once.
    pub fn run(&self) -> Result<Packed, Error> {
        self.run_with(&())
    }

    /// Makes the bundle, and tells how far it is.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_with(&self, progress: &dyn Progress) -> Result<Packed, Error> {
        let mut manifest = Manifest::of_directories(&self.input, &self.output, &self.directories);
        let program = load_program(&manifest, &DiskSource)?;
        // Nothing here says how to link, so what is linked already stays so.
        if let Some(layer) = program.layer() {
            manifest.link = *layer.link();
        }
        // All that is needed of the input is in memory or open, and the last step is a rename.
        let never = match is_binary(manifest.input()) {
            true => Path::new(""),
            false => manifest.input(),
        };
        let mut pending = Pending::create(manifest.output(), never, None)?;
        let bundled = bundle(&manifest, &program, &DiskSource, pending.writer(), progress)
            .map_err(|error| explain(error, &pending, manifest.input()))?;
        let digest = self.digest.then(|| digest(&mut pending)).transpose()?;
        pending.commit()?;
        Ok(Packed {
            bundled,
            output: self.output.clone(),
            digest,
        })
    }
}

/// Whether a module is in binary form: its text can't be had back from a bundle.
fn is_binary(module: &Path) -> bool {
    let mut start = [0; 4];
    let read = File::open(module).and_then(|mut file| file.read_exact(&mut start));
    read.is_ok() && start == *b"\0asm"
}

impl Packed {
    /// What went in and what came out.
    #[must_use]
    pub fn bundled(&self) -> &Bundled {
        &self.bundled
    }

    /// Where the bundle is.
    #[must_use]
    pub fn output(&self) -> &Path {
        &self.output
    }

    /// The output's SHA-256, `sha256:` and 64 hexadecimal digits; after [`Pack::with_digest`] only.
    #[must_use]
    pub fn digest(&self) -> Option<&str> {
        self.digest.as_deref()
    }
}
