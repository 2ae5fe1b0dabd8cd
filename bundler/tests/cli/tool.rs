//! The binary in a folder of its own.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A folder to lay out and to run the tool in.
pub(crate) struct Folder(TempDir);

/// What the tool said.
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.0.path().join(name)).unwrap()
    }

    /// The names in one of its folders, sorted.
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        let listed = fs::read_dir(self.0.path().join(folder)).unwrap();
        let mut names: Vec<_> = listed
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wasi-vfs"));
        command
            .args(args)
            .current_dir(self.0.path())
            .stdin(Stdio::null());
        command.env_remove("SOURCE_DATE_EPOCH");
        command.env_remove("WASI_VFS_PROFILE");
        command.env("WASI_VFS_CACHE", "");
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Said {
        let output = self.command(args).output().unwrap();
        Said {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Read when compiled: tests may not look at the environment.
const BLESS: Option<&str> = option_env!("BLESS");

/// Compares with the golden file `tests/golden/NAME`, or writes it.
#[track_caller]
pub(crate) fn golden(name: &str, text: &str) {
    compare(
        &Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/golden")
            .join(name),
        text,
    );
}

/// Compares with a golden file, or writes it.
#[track_caller]
pub(crate) fn compare(path: &Path, text: &str) {
    if BLESS.is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let golden = fs::read_to_string(path).unwrap_or_default();
    let shown = path.display();
    assert!(
        golden == text,
        "`{shown}` differs (BLESS=1 writes it anew); now:\n{text}"
    );
}

/// Exit code, stdout, stderr, of several command lines.
pub(crate) fn session(folder: &Folder, lines: &[&[&str]]) -> String {
    let mut text = String::new();
    for args in lines {
        let said = folder.run(args);
        text += &format!("$ wasi-vfs {}\n", args.join(" "));
        text += &said.stdout;
        text += &said.stderr;
        text += &format!("exit {}\n\n", said.code.unwrap());
    }
    text
}
