//! `wasi-vfs init`

mod guess;
mod text;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use miette::Diagnostic;
use wasi_vfs::atomic_file::Pending;
use wasi_vfs::link::LinkError;
use wasi_vfs::manifest::{Choice, Manifest};
use wasi_vfs::path::GuestPath;
use wasi_vfs::plan;
use wasi_vfs::program::{OpenError, Program};
use wasi_vfs::source::DiskSource;

use super::report::Notice;
use super::{Failure, Outcome, screen::Screen};

/// Write a manifest to start from
///
/// It names the module, a directory to embed and the keys that one needs next, with comments, and bundles at once. What is
/// not given is asked for on a terminal, and guessed elsewhere.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  wasi-vfs init build/app.wasm files\n  wasi-vfs init app.wasm assets --guest /usr/share/app"
)]
pub(crate) struct Init {
    /// The program: a finished WASI module, .wasm or .wat
    #[arg(value_name = "MODULE")]
    module: Option<PathBuf>,
    /// The directory or file to embed
    #[arg(value_name = "DIR")]
    source: Option<PathBuf>,
    /// Where the program sees it [default: `/` for a tree that has `etc`, `usr` or the like, else `/NAME`]
    #[arg(short, long, value_name = "GUEST-PATH")]
    guest: Option<String>,
    /// Where the bundle goes [default: dist/NAME.wasm]
    #[arg(short, long, value_name = "OUT.wasm")]
    output: Option<PathBuf>,
    /// The manifest to write
    #[arg(short, long, value_name = "MANIFEST", default_value = "wasi-vfs.toml")]
    manifest: PathBuf,
    /// Ask nothing, take what would be offered
    #[arg(short, long)]
    yes: bool,
    /// Replace a manifest that is there
    #[arg(long)]
    force: bool,
}

/// Why there is no new manifest.
#[derive(Debug, thiserror::Error, Diagnostic)]
enum InitError {
    /// Something is where the manifest would be written.
    #[error("there is a manifest `{}` already", path.display())]
    #[diagnostic(
        code(wasi_vfs::init::exists),
        help("edit it, replace it with --force, or write another one with -m")
    )]
    Exists { path: PathBuf },
    /// No module was named, and none or several could be the program.
    #[error("which module is the program?")]
    #[diagnostic(code(wasi_vfs::init::module), help("{}", match found.as_slice() {
        [] => "name it: wasi-vfs init MODULE.wasm DIR".to_owned(),
        found => format!("name one: wasi-vfs init {} DIR", found.join(" | ")),
    }))]
    NoModule { found: Vec<String> },
    #[error("cannot bundle `{}`: {error}", module.display())]
    #[diagnostic(forward(error))]
    Link { module: PathBuf, error: LinkError },
    /// What shall be embedded is not there.
    #[error("there is no directory or file `{}` to embed", path.display())]
    #[diagnostic(
        code(wasi_vfs::init::source),
        help("create it first, or leave it out and add a `[[mount]]` later")
    )]
    NoSource { path: PathBuf },
    /// Invalid guest path.
    #[error("invalid guest path `{path}`: {reason}")]
    #[diagnostic(
        code(wasi_vfs::init::guest),
        help("give the path as the program sees it, such as `/usr/share/app`")
    )]
    Guest {
        path: String,
        reason: wasi_vfs::path::GuestPathError,
    },
    /// A path that TOML can't hold.
    #[error("the path `{}` can't stand in a manifest: it is not UTF-8", path.display())]
    #[diagnostic(code(wasi_vfs::init::not_utf8), help("rename it"))]
    NotUtf8 { path: PathBuf },
}

impl Init {
    pub(crate) fn exec(self, screen: &Screen) -> Outcome {
        if self.manifest.symlink_metadata().is_ok() && !self.force {
            return Err(InitError::Exists {
                path: self.manifest,
            }
            .into());
        }
        let asks = !self.yes && screen.can_ask();
        let module = self.module(screen, asks)?;
        let program = match Program::open(&DiskSource, &module) {
            Err(OpenError::Link { module, error }) => {
                return Err(InitError::Link { module, error }.into());
            }
            program => program.map_err(wasi_vfs::Error::from)?,
        };
        if let Err(error) = wasi_vfs::check(&program) {
            return Err(InitError::Link { module, error }.into());
        }
        let source = self.source(screen, asks)?;
        let guest = match &source {
            Some(source) => Some(self.guest(screen, asks, source)?),
            None => None,
        };
        // Before paths are counted from its folder, which is made when it is missing.
        let mut pending = Pending::create(&self.manifest, &module, Some(Path::new("")))?;
        let folder = match self.manifest.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        let output = self.output.clone();
        let output = match &output {
            Some(output) => guess::relative(folder, output),
            None => guess::output(folder, &module),
        };
        let mount = source.as_deref().zip(guest);
        let text = text::Start {
            input: utf8(guess::relative(folder, &module))?,
            output: utf8(output)?,
            mount: match mount {
                Some((source, guest)) => Some(text::Mount {
                    source: utf8(guess::relative(folder, source))?,
                    guest,
                    is_file: source.is_file(),
                    limits: guess::limits(source),
                }),
                None => None,
            },
        }
        .text();

        let written = pending.writer().write_all(text.as_bytes());
        written.map_err(|error| pending.explain(error))?;
        pending.commit()?;
        screen.say(&self.summary(mount_text(source.as_deref())));
        // That nothing is embedded yet was said.
        if source.is_some() {
            self.check(screen);
        }
        Ok(ExitCode::SUCCESS)
    }

    fn module(&self, screen: &Screen, asks: bool) -> Outcome<PathBuf> {
        if let Some(module) = &self.module {
            return Ok(module.clone());
        }
        let found = guess::modules(Path::new("."));
        let only = match found.as_slice() {
            [only] => Some(only.display().to_string()),
            _ => None,
        };
        let asked = match asks {
            true => Some(screen.ask("program (.wasm or .wat)", only.as_deref())?),
            false => only,
        };
        match asked.filter(|answer| !answer.is_empty()) {
            Some(module) => Ok(module.into()),
            None => Err(InitError::NoModule {
                found: found
                    .iter()
                    .map(|path| path.display().to_string())
                    .collect(),
            }
            .into()),
        }
    }

    /// What to embed; `None`: nothing yet.
    fn source(&self, screen: &Screen, asks: bool) -> Outcome<Option<PathBuf>> {
        let source = match &self.source {
            Some(source) => Some(source.clone()),
            None => {
                let found = guess::source(Path::new(".")).map(|path| path.display().to_string());
                let asked = match asks {
                    true => {
                        let question = "directory to embed (`-` for none)";
                        Some(screen.ask(question, found.as_deref())?)
                    }
                    false => found,
                };
                asked
                    .filter(|answer| !answer.is_empty() && answer != "-")
                    .map(PathBuf::from)
            }
        };
        match source {
            Some(path) if !path.exists() => Err(InitError::NoSource { path }.into()),
            source => Ok(source),
        }
    }

    fn guest(&self, screen: &Screen, asks: bool, source: &Path) -> Outcome<String> {
        let guest = match &self.guest {
            Some(guest) => guest.clone(),
            None => {
                let offered = guess::guest(source);
                match asks {
                    true => screen.ask("path that the program sees it at", Some(&offered))?,
                    false => offered,
                }
            }
        };
        match GuestPath::parse(&guest) {
            Ok(path) => Ok(path.to_string()),
            Err(reason) => Err(InitError::Guest {
                path: guest,
                reason,
            }
            .into()),
        }
    }

    fn summary(&self, mount: String) -> String {
        let option = match self.manifest == Path::new("wasi-vfs.toml") {
            true => String::new(),
            false => format!(" -m {}", self.manifest.display()),
        };
        format!(
            "wrote `{}`{mount}\nnext: `wasi-vfs plan{option}` shows what would go in, `wasi-vfs bundle{option}` makes the bundle",
            self.manifest.display()
        )
    }

    /// Says now what `bundle` would say of the new manifest: symlinks that lead out of the directory, secrets in it.
    fn check(&self, screen: &Screen) {
        let shown = |diagnostic: &dyn Diagnostic| screen.remark(diagnostic);
        match Manifest::read(&self.manifest, &DiskSource, &Choice::default()) {
            Ok(manifest) => match plan::resolve(&manifest, &DiskSource) {
                Ok(plan) => {
                    for notice in Notice::of_plan(&plan) {
                        shown(&notice);
                    }
                }
                Err(error) => shown(&error),
            },
            Err(error) => shown(&error),
        }
    }
}

fn mount_text(source: Option<&Path>) -> String {
    match source {
        Some(source) => format!(", which embeds `{}`", source.display()),
        None => ", which embeds nothing yet: add a `[[mount]]`".to_owned(),
    }
}

fn utf8(path: PathBuf) -> Result<String, Failure> {
    match path.to_str() {
        Some(text) => Ok(text.to_owned()),
        None => Err(InitError::NotUtf8 { path }.into()),
    }
}
