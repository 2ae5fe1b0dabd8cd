//! The manifest as meant: well formed, every default filled in, spans kept, no file of it looked at.
//!
//! `raw` is the manifest as written and its schema, `shape` the first check, `check` the rest. All problems of a
//! manifest come in one [`ManifestError`].

mod advice;
mod check;
mod choice;
mod directories;
mod error;
mod facts;
mod kinds;
mod pattern;
mod permissions;
mod preinit;
mod profile;
mod raw;
mod schema;
mod secret;
mod shape;
mod size;
mod timestamps;
mod vars;
mod wild;

use std::io::Read as _;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::layer::Layer;
use crate::path::GuestPath;
use crate::report::Text;
use crate::source::{Kind, Source};

pub use crate::settings::{EnvPolicy, Host, Link, Memory, Mode, MountKind};
pub use choice::{BASE, Choice, Environment, Variables};
pub use directories::Directory;
pub use error::{
    ManifestError, ManifestProblem, ManifestWarning, MountProblem, ProfileProblem, VarProblem,
};
pub use facts::{MachineDependent, Var, VarSource};
pub use pattern::Pattern;
pub use permissions::Permissions;
pub use preinit::{Preinit, PreinitClock, PreinitOutput, PreinitRandom};
pub use profile::FromProfile;
pub use raw::Symlinks;
pub use schema::schema;
pub use timestamps::Timestamps;

pub(crate) use error::span;
pub(crate) use pattern::{Alternative, Segment};
pub(crate) use schema::of as schema_of;
pub(crate) use timestamps::TimeRange;

/// Mode of files where nothing else is said.
pub(crate) const FILE_MODE: u16 = 0o644;
/// Mode of directories where nothing else is said.
pub(crate) const DIRECTORY_MODE: u16 = 0o755;

/// A checked manifest.
#[derive(Debug, Clone)]
pub struct Manifest {
    pub(crate) text: Text,
    pub(crate) path: PathBuf,
    /// The selected profile.
    pub(crate) profile: String,
    /// The names of all profiles but the base, in the order of the text.
    pub(crate) profiles: Vec<String>,
    /// What is not as in the base, in the order of the text.
    pub(crate) from_profiles: Vec<FromProfile>,
    /// Those that are used, sorted by name.
    pub(crate) vars: Vec<Var>,
    pub(crate) warnings: Vec<ManifestWarning>,
    pub(crate) input: HostPath,
    pub(crate) output: HostPath,
    /// What else is written about the bundle, or was: the text's own output when another was given, a depfile. It stays out.
    pub(crate) beside: Vec<PathBuf>,
    pub(crate) limits: Limits,
    pub(crate) link: Link,
    /// Names and values of `[env]`, sorted by name.
    pub(crate) env: Vec<(String, String)>,
    /// The program's name and its default arguments; empty without `[args]`.
    pub(crate) args: Vec<String>,
    /// The program's own initializer, if it is to be run while it is bundled.
    pub(crate) preinit: Option<Preinit>,
    /// What holds for directories that nothing names.
    pub(crate) implied: Attributes,
    /// In the order of the text.
    pub(crate) requests: Vec<Request>,
}

/// A path of this machine: as written, where, and seen from the working directory.
#[derive(Debug, Clone)]
pub(crate) struct HostPath {
    pub(crate) written: String,
    pub(crate) span: Range<usize>,
    pub(crate) path: PathBuf,
}

/// How much may go in.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    pub(crate) image_size: Limit,
    pub(crate) file_size: Limit,
    pub(crate) files: Limit,
    /// Bytes that one archive may unpack to.
    pub(crate) archive_size: Limit,
}

/// One limit, and where it is written unless it is the default.
#[derive(Debug, Clone)]
pub(crate) struct Limit {
    pub(crate) value: u64,
    pub(crate) span: Option<Range<usize>>,
}

/// Modes and times.
#[derive(Debug, Clone)]
pub(crate) struct Attributes {
    pub(crate) permissions: Permissions,
    pub(crate) dir_permissions: Permissions,
    pub(crate) timestamps: Timestamps,
    /// Where they are written.
    pub(crate) at: AttributesAt,
}

/// Where modes and times are written: in a table, or in `[defaults]`; `None`: nowhere.
#[derive(Debug, Clone, Default)]
pub(crate) struct AttributesAt {
    pub(crate) permissions: Option<Range<usize>>,
    pub(crate) dir_permissions: Option<Range<usize>>,
    pub(crate) timestamps: Option<Range<usize>>,
}

/// One table that asks for entries.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// What messages and reports call it.
    pub(crate) name: String,
    /// Where its `guest` is written.
    pub(crate) span: Range<usize>,
    pub(crate) guest: GuestPath,
    /// The guest path was written with a slash at its end: only a directory will do.
    pub(crate) guest_slash: bool,
    pub(crate) overrides: bool,
    pub(crate) attributes: Attributes,
    /// Other rules for all that is at and below the guest path; none for what is embedded and read-only.
    pub(crate) point: Option<Point>,
    pub(crate) kind: RequestKind,
}

/// What makes a mount one with rules of its own.
#[derive(Debug, Clone)]
pub(crate) struct Point {
    pub(crate) kind: MountKind,
    /// Where `writable` or `kind` is written.
    pub(crate) span: Range<usize>,
    pub(crate) size_limit: Option<Limit>,
    pub(crate) required: bool,
}

#[derive(Debug, Clone)]
pub(crate) enum RequestKind {
    Mount(Box<Mount>),
    File(FileContent),
    Dir,
    Symlink {
        target: String,
    },
    /// What the program has embedded already; plans have it, no text does.
    Input(Arc<Layer>),
}

/// A directory or file of the source, embedded.
#[derive(Debug, Clone)]
pub(crate) struct Mount {
    pub(crate) source: HostPath,
    pub(crate) include: Vec<Pattern>,
    /// Built-in ones first, so that the manifest can take back.
    pub(crate) exclude: Vec<Pattern>,
    pub(crate) default_excludes: bool,
    /// Whether what the source's `.gitignore` files name stays out.
    pub(crate) gitignore: bool,
    /// Whether what looks like a secret, or can't be in an image, is an error, not a warning.
    pub(crate) refuses: bool,
    pub(crate) rules: Vec<Rule>,
    pub(crate) symlinks: Symlinks,
    pub(crate) strip_prefix: Option<StripPrefix>,
    pub(crate) optional: bool,
}

/// Names that the guest's paths lack, at least one.
#[derive(Debug, Clone)]
pub(crate) struct StripPrefix {
    pub(crate) names: Vec<String>,
    pub(crate) span: Range<usize>,
}

/// Other modes and times for what a pattern matches.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) pattern: Pattern,
    pub(crate) permissions: Option<Permissions>,
    pub(crate) dir_permissions: Option<Permissions>,
    pub(crate) timestamps: Option<Timestamps>,
}

/// Where the content of a `[[file]]` comes from.
#[derive(Debug, Clone)]
pub(crate) enum FileContent {
    Inline(Arc<[u8]>),
    Source { source: HostPath, optional: bool },
}

impl Attributes {
    /// Whether a directory's mode or time is that of its source.
    pub(crate) fn of_directory_need_source(&self) -> bool {
        self.dir_permissions.needs_source() || !matches!(self.timestamps, Timestamps::Fixed(_))
    }
}

impl Manifest {
    /// Reads and checks the manifest at `path`; its paths are relative to the folder it is in.
    ///
    /// # Errors
    /// Everything wrong with it: that it can't be read, is no TOML, or each line that does not mean anything.
    pub fn read(path: &Path, src: &dyn Source, choice: &Choice) -> Result<Self, ManifestError> {
        let shown = path.display().to_string();
        let text = read_text(path, src)
            .map_err(|problem| ManifestError::new(Text::new(&shown, ""), vec![problem]))?;
        Self::parse_at(&text, path, choice)
    }

    /// Checks a manifest's text. `name` is what messages call it; its paths are relative to `dir`.
    ///
    /// # Errors
    /// Everything wrong with it, in the order of its lines.
    pub fn parse(
        text: &str,
        name: &str,
        dir: &Path,
        choice: &Choice,
    ) -> Result<Self, ManifestError> {
        check::manifest(Text::new(name, text), dir.join(name), dir, choice)
    }

    fn parse_at(text: &str, path: &Path, choice: &Choice) -> Result<Self, ManifestError> {
        let dir = path.parent().unwrap_or(Path::new(""));
        check::manifest(
            Text::new(&path.display().to_string(), text),
            path.to_owned(),
            dir,
            choice,
        )
    }

    /// The manifest's own path, as it was given.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The profile that was selected; [`BASE`] without one.
    #[must_use]
    pub fn profile(&self) -> &str {
        &self.profile
    }

    /// The profiles that the text has, in its order; [`BASE`], which every manifest has, is not among them.
    #[must_use]
    pub fn profiles(&self) -> &[String] {
        &self.profiles
    }

    /// What is not as in the base: values that the profile or those it inherits from gave or took away, in the order of
    /// the text.
    #[must_use]
    pub fn from_profiles(&self) -> &[FromProfile] {
        &self.from_profiles
    }

    /// What is allowed and yet likely a mistake.
    #[must_use]
    pub fn warnings(&self) -> &[ManifestWarning] {
        &self.warnings
    }

    /// The variables of `[vars]` that this profile uses, with their values; sorted by name.
    #[must_use]
    pub fn vars(&self) -> &[Var] {
        &self.vars
    }

    /// By what in it two machines may come to different bundles although the files are the same; sorted.
    #[must_use]
    pub fn machine_dependent(&self) -> Vec<MachineDependent> {
        facts::machine_dependent(self)
    }

    /// The program's module, as a path from the working directory.
    #[must_use]
    pub fn input(&self) -> &Path {
        &self.input.path
    }

    /// Where the bundle goes, as a path from the working directory.
    #[must_use]
    pub fn output(&self) -> &Path {
        &self.output.path
    }

    /// The manifest with another output, given on the command line; a path from the working directory. Its own output is
    /// no source either: where a bundle is written changes nothing in it.
    #[must_use]
    pub fn with_output(mut self, path: PathBuf) -> Self {
        let own = std::mem::replace(&mut self.output.path, path);
        self.beside.push(own);
        self
    }

    /// The manifest of a bundle about which the file `path` is written, too: like the output it stays out of the bundle.
    #[must_use]
    pub(crate) fn without(mut self, path: PathBuf) -> Self {
        self.beside.push(path);
        self
    }

    /// Where `input` is written: for labels of later stages.
    #[must_use]
    pub fn input_span(&self) -> miette::SourceSpan {
        span(&self.input.span)
    }

    /// Where `output` is written: for labels of later stages.
    #[must_use]
    pub fn output_span(&self) -> miette::SourceSpan {
        span(&self.output.span)
    }

    /// The text, for diagnostics of later stages.
    #[must_use]
    pub fn text(&self) -> &Text {
        &self.text
    }

    /// How the interposer is put into the program.
    #[must_use]
    pub fn link(&self) -> Link {
        self.link
    }

    /// The program's own initializer, if it is to be run while it is bundled.
    #[must_use]
    pub fn preinit(&self) -> Option<&Preinit> {
        self.preinit.as_ref()
    }

    /// What the program is called where nobody gives it a name.
    #[must_use]
    pub fn program_name(&self) -> &str {
        self.args.first().map_or(check::PROGRAM, String::as_str)
    }

    /// The limit of the image's size in bytes.
    #[must_use]
    pub fn image_size_limit(&self) -> u64 {
        self.limits.image_size.value
    }
}

/// The lock of a manifest: its name with the ending `.lock`, in the same folder.
#[must_use]
pub fn lock_path(manifest: &Path) -> PathBuf {
    let path = manifest.with_extension("lock");
    if path == manifest {
        // A manifest may be called so, and must not be written over.
        return manifest.with_added_extension("lock");
    }
    path
}

fn read_text(path: &Path, src: &dyn Source) -> Result<String, ManifestProblem> {
    let shown = path.display().to_string();
    let missing = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => ManifestProblem::NotFound {
            path: shown.clone(),
        },
        _ => ManifestProblem::Unreadable {
            path: shown.clone(),
            error,
        },
    };
    let real = src.resolve(path).map_err(|error| missing(error.error))?;
    if src
        .metadata(&real)
        .map_err(|error| missing(error.error))?
        .kind
        == Kind::Directory
    {
        return Err(ManifestProblem::IsDirectory { path: shown });
    }
    let mut bytes = Vec::new();
    src.open(&real)
        .map_err(|error| error.error)
        .and_then(|mut file| file.read_to_end(&mut bytes))
        .map_err(missing)?;
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = 1 + error.as_bytes()[..valid]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count();
        ManifestProblem::NotUtf8 { path: shown, line }
    })
}
