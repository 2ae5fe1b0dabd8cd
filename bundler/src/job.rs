//! The whole job, from a manifest on disk to a bundle on disk: [`Job`].

mod depfile;
mod inputs;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::atomic_file::{FileError, Pending, same_file, same_place};
use crate::cache::Cache;
use crate::digest::hex_digest;
use crate::embed::Progress;
use crate::listing::Listing;
use crate::lock::{LockError, LockFile, Turn, Update, Written};
use crate::manifest::{Choice, Environment, Manifest, lock_path};
use crate::output::{Destination, SealError};
use crate::plan::{self, PlanError};
use crate::program::{OpenError, Program};
use crate::source::{DiskSource, Source};
use crate::{Bundled, Error, bundle};

pub use depfile::DepfileNotice;
pub use inputs::Inputs;
use inputs::Recorder;

/// A bundle to be made from a manifest on disk: what `wasi-vfs bundle` does.
///
/// It reads nothing of the environment but what it is given, prints nothing and does not exit. An output is there whole
/// or, after an error, as it was before.
///
/// # Examples
///
/// A `build.rs` that bundles, and runs again when anything that went in has changed:
///
/// ```no_run
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let out = std::env::var("OUT_DIR")?;
/// let done = wasi_vfs::Job::new("app/wasi-vfs.toml")
///     .output(format!("{out}/app.wasm"))
///     .run()?;
/// for input in done.inputs().all() {
///     println!("cargo::rerun-if-changed={}", input.display());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Job {
    manifest: PathBuf,
    choice: Choice,
    output: Option<PathBuf>,
    digest: bool,
    lock: LockUse,
    depfile: Option<PathBuf>,
    cache: Option<Cache>,
}

/// What a [`Job`] does about the manifest's [lock](crate::lock).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LockUse {
    /// Writes into it what was bundled.
    #[default]
    Write,
    /// Compares it with what would be bundled, and makes a bundle only when nothing has changed.
    Check,
    /// Neither reads nor writes it.
    Ignore,
}

/// What a [`Job`] has made.
#[derive(Debug)]
pub struct Finished {
    manifest: Manifest,
    bundled: Bundled,
    digest: Option<String>,
    lock: Option<Written>,
    notices: Vec<DepfileNotice>,
    inputs: Inputs,
}

/// The parts of a [`Finished`] that are known before it is known what was read.
struct Made {
    manifest: Manifest,
    bundled: Bundled,
    digest: Option<String>,
    lock: Option<Written>,
    notices: Vec<DepfileNotice>,
}

impl Job {
    /// The bundle that the manifest at `manifest` describes; its paths count from the folder it is in.
    #[must_use]
    pub fn new(manifest: impl Into<PathBuf>) -> Self {
        Self {
            manifest: manifest.into(),
            choice: Choice::default(),
            output: None,
            digest: false,
            lock: LockUse::default(),
            depfile: None,
            cache: None,
        }
    }

    /// What of the environment the manifest may ask for; nothing unless this is called.
    #[must_use]
    pub fn environment(mut self, environment: Environment) -> Self {
        self.choice.environment = environment;
        self
    }

    /// The profile of the manifest; its top level unless this is called.
    #[must_use]
    pub fn profile(mut self, profile: impl Into<String>) -> Self {
        self.choice.profile = Some(profile.into());
        self
    }

    /// Profile and environment in one.
    #[must_use]
    pub fn choice(mut self, choice: Choice) -> Self {
        self.choice = choice;
        self
    }

    /// Where the bundle goes instead of the manifest's `output`: a path from the working directory, whose folder exists.
    #[must_use]
    pub fn output(mut self, path: impl Into<PathBuf>) -> Self {
        self.output = Some(path.into());
        self
    }

    /// What to do about the lock; it is written unless this is called.
    #[must_use]
    pub fn lock(mut self, lock: LockUse) -> Self {
        self.lock = lock;
        self
    }

    /// Also writes what the bundle depends on into a file, as a rule that make and ninja read.
    #[must_use]
    pub fn depfile(mut self, path: impl Into<PathBuf>) -> Self {
        self.depfile = Some(path.into());
        self
    }

    /// Uses what earlier runs found out, and adds to it; not with [`LockUse::Check`], which proves what it says.
    #[must_use]
    pub fn cache(mut self, cache: Cache) -> Self {
        self.cache = Some(cache);
        self
    }

    /// Also computes the SHA-256 of the output, see [`Finished::digest`]; it costs reading everything again.
    #[must_use]
    pub fn with_digest(mut self) -> Self {
        self.digest = true;
        self
    }

    /// The manifest's path, as it was given.
    #[must_use]
    pub fn manifest_path(&self) -> &Path {
        &self.manifest
    }

    /// The depfile's path, as it was given.
    #[must_use]
    pub fn depfile_path(&self) -> Option<&Path> {
        self.depfile.as_deref()
    }

    /// Reads the manifest, with the output that the job was given.
    ///
    /// # Errors
    /// Everything wrong with the manifest.
    pub fn read(&self) -> Result<Manifest, Error> {
        let mut manifest = Manifest::read(&self.manifest, &DiskSource, &self.choice)?;
        if let Some(output) = &self.output {
            manifest = manifest.with_output(output.clone());
        }
        // It tells of what was read: its own content must not depend on it.
        if let Some(depfile) = &self.depfile
            && depfile::may_replace(depfile)
        {
            manifest = manifest.without(depfile.clone());
        }
        Ok(manifest)
    }

    /// Makes the bundle.
    ///
    /// # Errors
    /// The first stage that fails; a stage tells all its problems at once.
    pub fn run(&self) -> Result<Finished, Error> {
        self.run_with(&())
    }

    /// Makes the bundle, and tells how far it is.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_with(&self, progress: &dyn Progress) -> Result<Finished, Error> {
        self.attempt(progress).1
    }

    /// Makes the bundle, and tells what was read for it even when that went wrong: a change there may mend it.
    pub fn attempt(&self, progress: &dyn Progress) -> (Inputs, Result<Finished, Error>) {
        let cache = self.cache.clone();
        let source = Recorder::new(cache.filter(|_| self.lock != LockUse::Check));
        let done = self.make(&source, progress);
        let inputs = source.finish();
        let done = done.map(|made| Finished {
            manifest: made.manifest,
            bundled: made.bundled,
            digest: made.digest,
            lock: made.lock,
            notices: made.notices,
            inputs: inputs.clone(),
        });
        (inputs, done)
    }

    /// Makes the bundle into `out`, which must be empty and at its start; touches neither the output nor the lock.
    ///
    /// # Errors
    /// As [`run`](Self::run); an error of `out` is that of a destination without a name.
    pub fn bundle_into<W: Destination>(
        &self,
        out: &mut W,
        progress: &dyn Progress,
    ) -> Result<(Manifest, Bundled), Error> {
        let manifest = self.read()?;
        let program = load_program(&manifest, &DiskSource)?;
        let bundled = bundle(&manifest, &program, &DiskSource, out, progress)
            .map_err(|error| in_module(error, manifest.input()))?;
        Ok((manifest, bundled))
    }

    fn make(&self, source: &Recorder, progress: &dyn Progress) -> Result<Made, Error> {
        source.file(&self.manifest);
        let manifest = self.read()?;
        // Told before the work, and read again after it: its entries would be in the way of the work's own.
        let lock = self
            .open_lock(&manifest)?
            .map(|lock| lock.path().to_owned());
        source.file(manifest.input());
        let program = load_program(&manifest, source)?;
        if same_file(manifest.output(), &self.manifest) {
            return Err(FileError::SameAsInput {
                path: manifest.output().to_owned(),
                what: "manifest",
            }
            .into());
        }
        // A manifest's own `dist/` is created in a fresh checkout; a mistyped output makes no folder.
        let root = self.manifest.parent().filter(|_| self.output.is_none());
        let mut pending = Pending::create(manifest.output(), manifest.input(), root)?;
        let bundled = bundle(&manifest, &program, source, pending.writer(), progress)
            .map_err(|error| explain(error, &pending, manifest.input()))?;
        let digest = self.digest.then(|| digest(&mut pending)).transpose()?;
        let writes = self.lock == LockUse::Write;
        // Until the lock is in its place: what another job adds to it in between would be lost.
        let _turn = writes.then(|| Turn::wait(&self.manifest));
        let update = match lock {
            None => None,
            Some(path) => {
                // Another job may have written another profile into it meanwhile.
                let lock = LockFile::open(&path)?;
                let now = Listing::of_bundle(&manifest, &bundled.plan, &bundled.sealed);
                if self.lock == LockUse::Check {
                    lock.check(manifest.profile(), &now)?;
                }
                // Written beside its place before the output is put in its own: a lock that can't be written is told
                // while nothing has changed yet.
                Some(lock.update(&manifest, now, writes)?)
            }
        };
        let (depfile, notices) = self.write_depfile(&manifest, source)?;
        pending.commit()?;
        if let Some(depfile) = depfile {
            depfile.commit()?;
        }
        let lock = update.map(Update::commit).transpose()?;
        Ok(Made {
            manifest,
            bundled,
            digest,
            lock,
            notices,
        })
    }

    /// Writes the depfile beside its place; not when it says the same, because that would touch its folder.
    fn write_depfile(
        &self,
        manifest: &Manifest,
        source: &Recorder,
    ) -> Result<(Option<Pending>, Vec<DepfileNotice>), Error> {
        let Some(path) = &self.depfile else {
            return Ok((None, Vec::new()));
        };
        let failed = |reason: String| FileError::Depfile {
            path: path.clone(),
            reason,
        };
        let lock = lock_path(&self.manifest);
        for (taken, what) in [
            (manifest.output(), "the output"),
            (manifest.input(), "the program"),
            (&self.manifest, "the manifest"),
            (&lock, "the lock"),
        ] {
            if same_place(path, taken) {
                return Err(failed(format!("it is {what}")).into());
            }
        }
        let mut inputs = source.so_far();
        // Names are compared first: places cost a look at the disk, and there may be 100,000 files.
        let name = path.file_name();
        let same = |file: &Path| file.file_name() == name && same_place(path, file);
        if inputs.files().any(|file| same(&file)) {
            return Err(failed("it is one of the sources".to_owned()).into());
        }
        if self.lock == LockUse::Check {
            inputs.add_file(&lock);
        }
        let text = depfile::text(manifest.output(), &inputs);
        let depfile::Text {
            bytes: text,
            notices,
        } = text.map_err(failed)?;
        // Only a file: a pipe would be waited for.
        if path.is_file() && std::fs::read(path).is_ok_and(|old| old == text) {
            return Ok((None, notices));
        }
        let pending = Pending::create(path, manifest.input(), None);
        let mut pending = pending.map_err(|error| match error {
            FileError::FolderMissing { folder } => {
                failed(format!("there is no folder `{}`", folder.display()))
            }
            FileError::NotAFile { what, .. } => failed(format!("it is {what}")),
            error => failed(error.to_string()),
        })?;
        // All of it now: a full disk is told while nothing has changed yet.
        let writer = pending.writer();
        match writer.write_all(&text).and_then(|()| writer.flush()) {
            Ok(()) => Ok((Some(pending), notices)),
            Err(error) => Err(failed(error.to_string()).into()),
        }
    }

    /// The lock, when it is of any concern.
    fn open_lock(&self, manifest: &Manifest) -> Result<Option<LockFile>, LockError> {
        if self.lock == LockUse::Ignore {
            return Ok(None);
        }
        let path = lock_path(&self.manifest);
        if same_place(&path, manifest.output()) {
            return Err(LockError::IsOutput { path });
        }
        let lock = LockFile::open(&path)?;
        if self.lock == LockUse::Check {
            // Before anything is read: this can't get better.
            lock.profile(manifest.profile())?;
        }
        Ok(Some(lock))
    }
}

impl Finished {
    /// The manifest as it was read.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// What went in and what came out.
    #[must_use]
    pub fn bundled(&self) -> &Bundled {
        &self.bundled
    }

    /// Where the bundle is.
    #[must_use]
    pub fn output(&self) -> &Path {
        self.manifest.output()
    }

    /// What the depfile can't say.
    #[must_use]
    pub fn depfile_notices(&self) -> &[DepfileNotice] {
        &self.notices
    }

    /// What the bundle depends on.
    #[must_use]
    pub fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    /// What became of the lock; none: it was to be ignored.
    #[must_use]
    pub fn lock(&self) -> Option<&Written> {
        self.lock.as_ref()
    }

    /// The output's SHA-256, `sha256:` and 64 hexadecimal digits; after [`Job::with_digest`] only.
    #[must_use]
    pub fn digest(&self) -> Option<&str> {
        self.digest.as_deref()
    }
}

/// The program that a manifest names.
///
/// # Errors
/// When it is missing or can't be read, or is a bundle that can't be taken apart; labelled with the manifest's line.
pub fn load_program(manifest: &Manifest, src: &dyn Source) -> Result<Program, Error> {
    let layer = plan::open_layer(manifest, src)
        .map_err(|problem| PlanError::new(manifest.text().clone(), vec![problem]))?;
    Program::on(layer, src, manifest.input()).map_err(|error| match error {
        OpenError::Module(error) => error
            .asked_for(manifest.text(), manifest.input_span())
            .into(),
        error => error.into(),
    })
}

/// Adds to an error the paths that its stage did not know.
pub(crate) fn explain(error: Error, pending: &Pending, input: &Path) -> Error {
    match error {
        Error::Seal(SealError::Destination(error)) => pending.explain(error).into(),
        error => in_module(error, input),
    }
}

fn in_module(error: Error, input: &Path) -> Error {
    match error {
        Error::Link(error) => Error::InModule {
            module: input.to_owned(),
            error,
        },
        error => error,
    }
}

/// The SHA-256 of what was written.
pub(crate) fn digest(pending: &mut Pending) -> Result<String, Error> {
    let mut hash = Sha256::new();
    let mut file = pending.reopen()?;
    io::copy(&mut file, &mut hash).map_err(|error| pending.explain(error))?;
    Ok(hex_digest(&hash.finalize().into()))
}
