//! What a bundle depends on: `--depfile` for make and ninja, `--watch`.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::PROGRAM;
use crate::tool::{Folder, golden};

const MANIFEST: &str = r#"manifest-version = 1

[module]
input = "app.wat"
output = "dist/app.wasm"

[[mount]]
guest = "/data"
source = "tree"
exclude = ["skipped"]

[[mount]]
guest = "/more"
source = "none"
optional = true
"#;

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("wasi-vfs.toml", MANIFEST);
    folder.write("app.wat", PROGRAM);
    folder.write("tree/a $1 #2", "one\n");
    folder.write("tree/sub/b", "two\n");
    folder.write("tree/skipped/c", "three\n");
    folder
}

#[test]
fn a_depfile_names_what_went_in() {
    let folder = folder();
    let mut text = String::new();
    assert_eq!(
        folder.run(&["bundle", "-q", "--depfile", "app.d"]).code,
        Some(0)
    );
    text += &String::from_utf8(folder.read("app.d")).unwrap();
    text += "\n# --locked: the lock, too\n";
    let locked = folder.run(&["bundle", "-q", "--locked", "--depfile", "locked.d"]);
    assert_eq!(locked.code, Some(0));
    let all = String::from_utf8(folder.read("locked.d")).unwrap();
    text += all.lines().find(|line| line.contains("lock")).unwrap();
    text += "\n\n";
    for depfile in [
        "dist/app.wasm",
        "wasi-vfs.lock",
        "wasi-vfs.toml",
        "app.wat",
        "tree/sub/b",
        "no/app.d",
        "tree",
    ] {
        let said = folder.run(&["bundle", "-q", "--depfile", depfile]);
        text += &format!("$ wasi-vfs bundle --depfile {depfile}\n{}", said.stderr);
        text += &format!("exit {}\n\n", said.code.unwrap());
    }
    golden("cli/depfile.txt", &text);
    assert_eq!(folder.read("tree/sub/b"), b"two\n");
}

/// A pipe can't be replaced, and nobody waits for what might come out of it.
#[cfg(target_os = "linux")]
#[test]
fn a_depfile_or_bundle_to_a_pipe_is_refused() {
    let folder = folder();
    let said = folder.run(&["bundle", "-q", "--depfile", "/dev/stdout"]);
    assert_eq!((said.code, said.stdout.as_str()), (Some(1), ""));
    let reason = "cannot write the depfile `/dev/stdout`: it is not a regular file";
    assert!(said.stderr.contains(reason), "{}", said.stderr);
    let said = folder.run(&["bundle", "-q", "-o", "/dev/stdout"]);
    assert_eq!((said.code, said.stdout.as_str()), (Some(1), ""));
    let reason = "the output `/dev/stdout` is not a regular file";
    assert!(said.stderr.contains(reason), "{}", said.stderr);
}

/// The only copy of what somebody wrote is not what a slip of the keyboard replaces.
#[test]
fn the_manifest_is_not_replaced_by_its_bundle() {
    let folder = folder();
    for output in ["wasi-vfs.toml", "tree/../wasi-vfs.toml"] {
        let said = folder.run(&["bundle", "-q", "-o", output]);
        assert_eq!(
            (said.code, said.stderr),
            (
                Some(1),
                format!(
                    "wasi_vfs::output::same_as_input\n\n  \
                     x the output `{output}` is the manifest it is made from\n  \
                     help: give the bundle a name of its own: `output` of [module] in the manifest, or -o\n"
                )
            )
        );
    }
    assert_eq!(folder.read("wasi-vfs.toml"), MANIFEST.as_bytes());
    assert!(!folder.names("").contains(&"wasi-vfs.lock".to_owned()));
}

const TOOL: &str = env!("CARGO_BIN_EXE_wasi-vfs");

#[test]
fn make_understands_a_depfile() {
    let rule = format!(
        "dist/app.wasm:\n\t@{TOOL} bundle -q --depfile app.d\n\t@echo made\n-include app.d\n"
    );
    understands_a_depfile("make", "Makefile", &rule);
}

#[test]
fn ninja_understands_a_depfile() {
    let rule = format!(
        "rule bundle\n  command = {TOOL} bundle -q --depfile app.d && echo made\n  depfile = app.d\n\
         build dist/app.wasm: bundle\n"
    );
    understands_a_depfile("ninja", "build.ninja", &rule);
}

/// The rule is one that the program reads: up to date after a run, and not after each change that counts.
fn understands_a_depfile(program: &str, file: &str, rule: &str) {
    let folder = folder();
    folder.write(file, rule);
    let make = || {
        let output = Command::new(program).current_dir(folder.path()).output();
        let output = output
            .unwrap_or_else(|error| panic!("`{program}`: {error}; tests/setup.sh installs it"));
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "`{program}`: {stderr}");
        String::from_utf8(output.stdout).unwrap().contains("made")
    };
    assert!(make());
    // The first run also wrote the lock, which touched nothing that is listed.
    assert!(!make());
    let pause = || std::thread::sleep(Duration::from_millis(20));
    for (what, change) in [
        ("a file", &(|| folder.write("tree/sub/b", "2")) as &dyn Fn()),
        ("a new file", &|| folder.write("tree/sub/new", "3")),
        ("a file gone", &|| {
            std::fs::remove_file(folder.path().join("tree/sub/b")).unwrap()
        }),
        ("the program", &|| folder.write("app.wat", PROGRAM)),
        ("the manifest", &|| folder.write("wasi-vfs.toml", MANIFEST)),
    ] {
        pause();
        change();
        assert!(make(), "{what}");
        assert!(!make(), "after {what}");
    }
    pause();
    folder.write("tree/skipped/c", "4");
    assert!(!make(), "what is excluded");
}

/// Names with what make and ninja give a meaning, as far as both can read them.
#[cfg(unix)]
const READABLE: [&str; 13] = [
    r"a\ b", r"a\\  b", r"a\b", r"\a", " a", "$a$$b", "a#b", "a:b", "a: b", "[id].js", "(group)x",
    "{a},b!@+", "-a~é",
];

/// Names that one of them can't read, or not in each place.
#[cfg(unix)]
const UNREADABLE: [&str; 22] = [
    r"tail\",
    r"two\\",
    "tail ",
    "tail:",
    r"space \",
    "tab\there",
    "line\nbreak",
    "a;b",
    "a|b",
    "lib(member)",
    "return\r.txt",
    r"a\#b",
    r"a\:b",
    r"a\$b",
    "a*b",
    "a?b",
    "it's",
    "a\"b",
    "a&b",
    "a<b",
    "a=b",
    "100%",
];

#[cfg(unix)]
#[test]
fn make_and_ninja_understand_names() {
    for program in ["make", "ninja"] {
        for name in READABLE {
            follows(program, name, true);
        }
    }
}

/// However a name is written, the depfile can be read, and what is said of the name is true.
#[cfg(unix)]
#[test]
fn names_that_make_or_ninja_cannot_read_are_told() {
    let folder = folder();
    for name in UNREADABLE {
        folder.write(&format!("tree/{name}"), "1");
    }
    let said = folder.run(&["bundle", "--no-lock", "--depfile", "app.d"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    golden("cli/depfile-names.txt", &said.stderr);
    folder.write("tree/(group)/x", "1");
    let named = |output: &str| {
        let output = folder.run(&[
            "bundle",
            "-q",
            "--no-lock",
            "--depfile",
            "app.d",
            "-o",
            output,
        ]);
        (
            output.code,
            output
                .stderr
                .lines()
                .nth(2)
                .unwrap_or_default()
                .trim()
                .to_owned(),
        )
    };
    for output in ["a;b.wasm", "a=b.wasm", "a%b.wasm"] {
        let why = format!(
            "x cannot write the depfile `app.d`: make cannot read a rule for the output `{output}`"
        );
        assert_eq!(named(output), (Some(1), why));
    }
    for program in ["make", "ninja"] {
        for name in UNREADABLE {
            follows(program, name, false);
        }
    }
}

/// A file of this name goes in, and `program` reads the depfile. `readable`: it is up to date afterwards, a change is
/// noticed, and so is that the file is gone. Else the warning about the name says which of it does not hold.
#[cfg(unix)]
fn follows(program: &str, name: &str, readable: bool) {
    let folder = folder();
    let path = format!("tree/{name}");
    folder.write(&path, "1");
    let command = format!("{TOOL} bundle --no-lock --depfile app.d 2>said");
    folder.write(
        "Makefile",
        &format!("dist/app.wasm:\n\t@{command}\n\t@echo made\n-include app.d\n"),
    );
    folder.write(
        "build.ninja",
        &format!(
            "rule bundle\n  command = {command} && echo made\n  depfile = app.d\nbuild dist/app.wasm: bundle\n"
        ),
    );
    // Whether it made the bundle; `None`: it failed.
    let make = || {
        let output = Command::new(program).current_dir(folder.path()).output();
        let output = output
            .unwrap_or_else(|error| panic!("`{program}`: {error}; tests/setup.sh installs it"));
        let made = String::from_utf8_lossy(&output.stdout).contains("made");
        output.status.success().then_some(made)
    };
    assert_eq!(make(), Some(true), "{program} {name:?}");
    let said = String::from_utf8(folder.read("said")).unwrap();
    assert_eq!(
        !said.contains("wasi_vfs::output::depfile_"),
        readable,
        "{said}"
    );
    let left_out = said.contains("depfile_left_out");
    let again = program == "ninja" && said.contains("depfile_ninja");
    let stops = program == "make" && said.contains("depfile_gone");
    assert_eq!(make(), Some(again), "{program} {name:?} is up to date");
    std::thread::sleep(Duration::from_millis(20));
    folder.write(&path, "2");
    assert_eq!(make(), Some(!left_out), "{program} {name:?} was changed");
    assert_eq!(
        make(),
        Some(again),
        "{program} {name:?} is up to date again"
    );
    std::thread::sleep(Duration::from_millis(20));
    std::fs::remove_file(folder.path().join(&path)).unwrap();
    // Its directory was changed, so even what is left out is noticed to be gone.
    assert_eq!(
        make(),
        (!stops).then_some(true),
        "{program} {name:?} is gone"
    );
}

/// `bundle --watch` while it runs.
struct Watch {
    child: Child,
    lines: Receiver<String>,
}

impl Watch {
    fn start(folder: &Folder) -> Self {
        let mut command = folder.command(&["bundle", "--watch"]);
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self { child, lines }
    }

    /// Waits for a line that contains `text`; long, because the machine may be busy.
    #[track_caller]
    fn expect(&self, text: &str) {
        let mut seen = Vec::new();
        while let Ok(line) = self.lines.recv_timeout(Duration::from_secs(60)) {
            if line.contains(text) {
                return;
            }
            seen.push(line);
        }
        panic!("no `{text}` in {seen:#?}");
    }

    /// Nothing more is said; several times as long as it takes to begin a run.
    #[track_caller]
    fn quiet(&self) {
        let more = self.lines.recv_timeout(Duration::from_millis(800));
        assert!(more.is_err(), "{more:?}");
    }

    /// What is left to say is said, and comes to an end: no run may cause the next one.
    #[track_caller]
    fn settle(&self) {
        let mut seen = Vec::new();
        while let Ok(line) = self.lines.recv_timeout(Duration::from_millis(800)) {
            seen.push(line);
            assert!(seen.len() < 20, "{seen:#?}");
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_watched_bundle_follows_its_inputs() {
    let folder = folder();
    let watch = Watch::start(&folder);
    watch.expect("bundled 2 files");
    watch.expect("; Ctrl-C ends this");
    watch.settle();

    folder.write("tree/sub/new", "more");
    watch.expect("bundled 3 files");
    watch.expect("updated `wasi-vfs.lock`: 1 added");
    watch.settle();
    // An editor's way: another file is put in the place of the old one.
    folder.write("draft", "changed\n");
    std::fs::rename(
        folder.path().join("draft"),
        folder.path().join("tree/sub/b"),
    )
    .unwrap();
    watch.expect("updated `wasi-vfs.lock`: 1 changed");
    folder.write("none/optional", "it is there now");
    watch.expect("bundled 4 files");
    folder.write("none/deep/er", "and more below");
    watch.expect("bundled 5 files");
    watch.settle();

    // An error is shown and waited out.
    folder.write("wasi-vfs.toml", "[");
    watch.expect("wasi_vfs::manifest::syntax");
    folder.write("wasi-vfs.toml", MANIFEST);
    watch.expect("bundled 5 files");
    std::fs::rename(folder.path().join("app.wat"), folder.path().join("away")).unwrap();
    watch.expect("wasi_vfs::program::missing");
    std::fs::rename(folder.path().join("away"), folder.path().join("app.wat")).unwrap();
    watch.expect("bundled 5 files");
    watch.settle();

    // What went in by nothing changes nothing.
    folder.write("beside", "");
    folder.write("tree/skipped/d", "");
    watch.quiet();
}

#[test]
fn watching_has_no_single_result() {
    let folder = folder();
    for other in ["--json", "--locked"] {
        assert_eq!(folder.run(&["bundle", "--watch", other]).code, Some(2));
    }
}
