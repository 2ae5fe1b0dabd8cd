//! Programs that the tests start: the tool itself, compilers, engines.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::cache;

/// What a program said, as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Its exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Standard output, with bytes that are not UTF-8 replaced.
    pub stdout: String,
    /// Standard error, likewise.
    pub stderr: String,
}

impl Said {
    /// The output of a program that must have succeeded.
    ///
    /// # Panics
    /// When it did not; the message holds what it said.
    #[must_use]
    #[track_caller]
    pub fn ok(self) -> String {
        assert!(
            self.code == Some(0),
            "exit {:?}\n--- stdout\n{}\n--- stderr\n{}",
            self.code,
            self.stdout,
            self.stderr
        );
        self.stdout
    }
}

/// Runs a program to its end with `stdin` as standard input.
///
/// # Panics
/// When it can't be started.
pub fn run(command: &mut Command, stdin: &[u8]) -> Said {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("can't start {command:?}: {error}"));
    // A program that does not read its input closes the pipe: not an error. The inputs used here
    // fit into a pipe's buffer, so this can't block.
    let _ = child.stdin.take().expect("piped above").write_all(stdin);
    let output = child
        .wait_with_output()
        .unwrap_or_else(|error| panic!("can't wait for {command:?}: {error}"));
    Said {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The `wasi-vfs` program under test: `$WASI_VFS_BIN`, or built here (once per process; a build that
/// is up to date takes a fraction of a second).
///
/// # Panics
/// When it does not compile.
pub fn wasi_vfs() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        if let Some(path) = cache::setting("WASI_VFS_BIN") {
            return PathBuf::from(path);
        }
        std::fs::create_dir_all(cache::dir()).expect("can't create the test cache");
        let _guard = cache::lock(&cache::dir().join("wasi-vfs.lock"));
        // Without `run`: the tests bring their own engines, and compiling one takes minutes.
        let said = run(
            Command::new(env!("CARGO"))
                .args([
                    "build",
                    "--package",
                    "wasi-vfs",
                    "--no-default-features",
                    "--bin",
                    "wasi-vfs",
                ])
                .args(["--message-format", "json"])
                .current_dir(cache::package_dir().join("..")),
            b"",
        );
        let said = said.ok();
        let executable = said
            .lines()
            .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
            .filter(|message| message["target"]["name"] == "wasi-vfs")
            .find_map(|message| message["executable"].as_str().map(PathBuf::from));
        let executable = executable.expect("cargo names the executable it built");
        // A copy: a build with other features would replace the file while tests run.
        let copy = cache::dir().join("wasi-vfs");
        if !same_content(&executable, &copy) {
            let part = cache::dir().join("wasi-vfs.part");
            std::fs::copy(&executable, &part).expect("can't copy the tool");
            std::fs::rename(&part, &copy).expect("can't move the copied tool into place");
        }
        copy
    })
}

fn same_content(a: &Path, b: &Path) -> bool {
    matches!((std::fs::read(a), std::fs::read(b)), (Ok(a), Ok(b)) if a == b)
}
