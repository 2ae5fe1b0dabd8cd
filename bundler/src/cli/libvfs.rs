//! `wasi-vfs libvfs`

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use wasi_vfs::atomic_file::Pending;

use super::render::human_size;
use super::{Outcome, screen::Screen};

/// Write libwasi_vfs.a, to link into a C or C++ program
///
/// A program linked with it runs as it is, and `wasi-vfs bundle` adds files to it as to any other. Most programs do not
/// need it, since `bundle` links finished modules. Use it if the linker should see the whole program at once.
#[derive(Args)]
#[command(
    after_help = "Example:\n  wasi-vfs libvfs -o libwasi_vfs.a\n  clang --target=wasm32-wasip1 app.c libwasi_vfs.a -o app.wasm"
)]
pub(crate) struct Libvfs {
    /// The archive; `-` writes it to stdout
    #[arg(short, long, value_name = "FILE.a")]
    output: PathBuf,
}

impl Libvfs {
    pub(crate) fn exec(self, screen: &Screen) -> Outcome {
        let archive = wasi_vfs::link::ARCHIVE;
        if self.output == Path::new("-") {
            screen.write(archive)?;
            return Ok(ExitCode::SUCCESS);
        }
        // It is made of nothing that could be its own output.
        let mut pending = Pending::create(&self.output, Path::new(""), None)?;
        let written = pending.writer().write_all(archive);
        written.map_err(|error| pending.explain(error))?;
        pending.commit()?;
        screen.say(&format!(
            "wrote `{}` ({})",
            self.output.display(),
            human_size(archive.len() as u64)
        ));
        Ok(ExitCode::SUCCESS)
    }
}
