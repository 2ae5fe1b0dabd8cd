//! `wasi-vfs sbom`

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use miette::Diagnostic;
use sha2::{Digest as _, Sha256};
use wasi_vfs::atomic_file::Pending;
use wasi_vfs::inspect::InspectError;
use wasi_vfs::sbom;

use super::inspect::open;
use super::{Outcome, screen::Screen};

/// List the embedded files with their digests, as a software bill of materials
///
/// Writes CycloneDX 1.6 in JSON: every file and symlink, the program and the interposer. The image is verified first. The
/// result depends only on the module, not on the time.
#[derive(Args)]
#[command(after_help = "Example: wasi-vfs sbom dist/app.wasm -o dist/app.cdx.json")]
pub(crate) struct Sbom {
    /// A module that `wasi-vfs bundle` made
    #[arg(value_name = "MODULE.wasm")]
    module: PathBuf,
    /// Write to this file instead of stdout
    #[arg(short, long, value_name = "FILE.json")]
    output: Option<PathBuf>,
}

/// An [`InspectError`] with the file it is about.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("cannot list `{}`: {error}", module.display())]
#[diagnostic(forward(error))]
struct InFile {
    module: PathBuf,
    error: InspectError,
}

impl Sbom {
    pub(crate) fn exec(self, screen: &Screen) -> Outcome {
        let in_file = |error| InFile {
            module: self.module.clone(),
            error,
        };
        let found = open(&self.module, "list")?;
        let checked = found.check().map_err(in_file)?;
        let rows = found.rows().map_err(in_file)?;
        let mut hash = Sha256::new();
        io::copy(&mut found.module(), &mut hash)
            .map_err(|error| in_file(InspectError::Read(error)))?;
        let name = self.module.file_name().unwrap_or_default();
        let bom = sbom::bill(
            &name.to_string_lossy(),
            &hash.finalize().into(),
            found.record(),
            &rows,
            &checked,
        );
        let Some(output) = &self.output else {
            screen.print_json(&bom)?;
            return Ok(ExitCode::SUCCESS);
        };
        let mut pending = Pending::create(output, &self.module, None)?;
        let written = serde_json::to_writer_pretty(pending.writer(), &bom)
            .map_err(io::Error::from)
            .and_then(|()| pending.writer().write_all(b"\n"));
        written.map_err(|error| pending.explain(error))?;
        pending.commit()?;
        screen.say(&format!("wrote `{}`", output.display()));
        Ok(ExitCode::SUCCESS)
    }
}
