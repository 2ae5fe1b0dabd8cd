//! Programs of real toolchains that are initialized while they are bundled.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use wasi_vfs_tests::bundle::{self, wasi_vfs};
use wasi_vfs_tests::engine::{Engine, Run};
use wasi_vfs_tests::guest::{self, Libc, pre_linked};
use wasi_vfs_tests::tool::{self, Said};

/// Both memory layouts.
const LAYOUTS: [&str; 2] = ["single", "isolated"];

/// A folder with the files that the guests look for.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("can't create a temporary folder");
    let numbers: String = (1..=20_000).map(|number| format!("{number}\n")).collect();
    for (name, content) in [
        ("data/text.txt", "hello from the image\n"),
        ("data/numbers.txt", &numbers),
        ("seed/seed.txt", "seed\n"),
        ("seed/gone.txt", "gone\n"),
        ("outside/outside.txt", "host outside\n"),
    ] {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("lies in the folder")).expect("can be made");
        fs::write(path, content).expect("can be written");
    }
    folder
}

/// The manifest, with an initializer unless that is empty.
fn manifest(module: &Path, layout: &str, host: &str, init: &str) -> String {
    let preinit = match init {
        "" => String::new(),
        init => format!("[preinit]\nfunction = {init}\n"),
    };
    format!(
        r#"manifest-version = 1
[module]
input = "{}"
output = "bundle.wasm"
[link]
memory = "{layout}"
host = "{host}"
[[mount]]
guest = "/data"
source = "data"
[[mount]]
guest = "/tmp"
kind = "tmpfs"
[[mount]]
guest = "/work"
source = "seed"
writable = true
[[dir]]
guest = "/given"
{preinit}"#,
        module.display()
    )
}

fn bundled(folder: &TempDir, module: &Path, layout: &str, init: &str) -> PathBuf {
    bundle::bundle(folder.path(), &manifest(module, layout, "fallback", init))
}

fn refused(folder: &TempDir, init: &str) -> Said {
    let text = manifest(&guest::preinit(Libc::Debian), "single", "fallback", init);
    fs::write(folder.path().join("wrong.toml"), text).expect("can be written");
    wasi_vfs(
        folder.path(),
        &[
            "bundle",
            "-m",
            "wrong.toml",
            "-o",
            "wrong.wasm",
            "--no-lock",
        ],
    )
}

#[test]
fn a_table_that_was_read_is_there() {
    let folder = folder();
    for libc in Libc::ALL {
        let module = guest::preinit(libc);
        let cold = bundled(&folder, &module, "single", "");
        let run = Run::with_args(&["parse"]);
        assert_eq!(
            Engine::Wasmtime.run(&cold, &run).ok(),
            "cold: 20000 numbers, 200010000\n"
        );
        for layout in LAYOUTS {
            let warm = bundled(&folder, &module, layout, "\"init_parse\"");
            for engine in Engine::WITH_FILES {
                if layout == "isolated" && !engine.has_two_memories() {
                    continue;
                }
                assert_eq!(
                    engine.run(&warm, &run).ok(),
                    "warm: 20000 numbers, 200010000\n",
                    "{engine:?}, {layout}, {libc:?}"
                );
            }
        }
    }
}

/// An engine without a file system runs a program that has read its files before.
#[test]
fn a_table_is_there_without_a_host() {
    let folder = folder();
    let text = manifest(
        &guest::preinit(Libc::Debian),
        "single",
        "none",
        "\"init_parse\"",
    );
    let warm = bundle::bundle(folder.path(), &text);
    let run = Run::with_args(&["parse"]);
    for engine in [Engine::Wasmi, Engine::Chromium] {
        let said = engine.run(&warm, &run).ok();
        assert_eq!(said, "warm: 20000 numbers, 200010000\n", "{engine:?}");
    }
}

/// Whatever the number of threads, and so does `verify`, which runs the initializer once more.
#[test]
fn two_runs_give_the_same_bytes() {
    let folder = folder();
    let module = guest::preinit(Libc::Debian);
    for layout in LAYOUTS {
        let init = "\"init_state\"\nclock = \"fixed\"";
        let first = fs::read(bundled(&folder, &module, layout, init)).expect("was written");
        for threads in ["1", "2"] {
            let arguments = ["bundle", "-o", "again.wasm", "--no-lock"];
            let mut command = Command::new(tool::wasi_vfs());
            command.args(arguments).current_dir(folder.path());
            let _ = tool::run(command.env("RAYON_NUM_THREADS", threads), b"").ok();
            let again = fs::read(folder.path().join("again.wasm")).expect("was written");
            assert!(first == again, "{layout}, {threads} threads");
        }
        let said = wasi_vfs(
            folder.path(),
            &["verify", "bundle.wasm", "-m", "wasi-vfs.toml"],
        );
        assert_eq!(said.code, Some(0), "{said:?}");
    }
}

#[test]
fn descriptors_and_what_was_written_survive() {
    for libc in Libc::ALL {
        check_state(&guest::preinit(libc));
    }
}

/// A program that was linked with `libwasi_vfs.a` gets another interposer over its own.
#[test]
fn a_pre_linked_program_can_be_initialized() {
    for libc in Libc::ALL {
        let module = pre_linked::preinit(libc);
        check_state(&module);
        check_surroundings(&module);
    }
}

fn check_state(module: &Path) {
    let folder = folder();
    for layout in LAYOUTS {
        let warm = bundled(&folder, module, layout, "\"init_state\"");
        let said = Engine::Wasmtime.run(&warm, &Run::default()).ok();
        assert_eq!(
            said,
            "embedded: 4 `hello ` then 15 `from`\n\
             directory: 5 leads to 7\n\
             written: 6 4 `two`\n\
             /tmp/: made.txt dir open.txt\n\
             /tmp/made.txt: made while it was bundled\n\
             /tmp/open.txt: one two\n\
             /work/: seed.txt\n\
             /work/seed.txt: changed while it was bundled\n\
             next: 7\n",
            "{layout}, {}",
            module.display()
        );
    }
}

/// wasi-libc has asked for the preopens while the program was bundled, and does not ask again.
#[test]
fn directories_of_the_host_are_found_at_run_time() {
    for libc in Libc::ALL {
        check_surroundings(&guest::preinit(libc));
    }
}

fn check_surroundings(module: &Path) {
    let folder = folder();
    let outside = folder.path().join("outside");
    for layout in LAYOUTS {
        let init = "\"init_surroundings\"\nenv = { HOME_OF_INIT = \"/home\" }";
        let warm = bundled(&folder, module, layout, init);
        for (guest, path) in [
            ("/", "/outside.txt"),
            (".", "outside.txt"),
            ("/given", "/given/outside.txt"),
            ("/data/sub", "/data/sub/outside.txt"),
            ("/host", "/host/outside.txt"),
            ("/new/deep/", "/new/deep/outside.txt"),
            ("new", "new/outside.txt"),
        ] {
            let run = Run::with_args(&[path, "/data/text.txt"]).dir(&outside, guest);
            let said = Engine::Wasmtime.run(&warm, &run.env("PATH", "/bin")).ok();
            assert_eq!(
                said,
                format!(
                    "HOME_OF_INIT=/home PATH=- host=-1 cwd=-1 stdin=0\n\
                     {path}: host outside\n\
                     /data/text.txt: hello from the image\n"
                ),
                "{guest}, {layout}, {}",
                module.display()
            );
        }
    }
}

#[test]
fn what_an_initializer_prints_is_shown() {
    let folder = folder();
    let module = guest::preinit(Libc::Debian);
    for (output, shown) in [("show", true), ("hide", false)] {
        let init = format!("\"init_surroundings\"\noutput = \"{output}\"");
        let text = manifest(&module, "single", "fallback", &init);
        fs::write(folder.path().join("print.toml"), text).expect("can be written");
        let said = wasi_vfs(
            folder.path(),
            &[
                "bundle",
                "-m",
                "print.toml",
                "-o",
                "print.wasm",
                "--no-lock",
            ],
        );
        let lines = "init_surroundings: looked around\ninit_surroundings: nothing to see\n";
        assert_eq!(said.stderr.contains(lines), shown, "{said:?}");
        assert_eq!((said.code, &*said.stdout), (Some(0), ""));
    }
}

#[test]
fn what_an_initializer_must_not_do_is_named() {
    let folder = folder();
    for (init, code, call, key) in [
        (
            "init_random",
            "random",
            "`random_get`",
            "`random = \"fixed\"`",
        ),
        ("init_clock", "clock", "`clock_time_get`", "clock"),
        (
            "init_exit",
            "exit",
            "exit code 4",
            "the configuration is missing",
        ),
    ] {
        let said = refused(&folder, &format!("\"{init}\""));
        assert_eq!(said.code, Some(1));
        let first = said.stderr.lines().next();
        assert_eq!(first, Some(&*format!("wasi_vfs::preinit::{code}")));
        for part in [call, key, &format!("`{init}`")] {
            assert!(
                said.stderr.contains(part),
                "{part} is not in {}",
                said.stderr
            );
        }
        assert!(!folder.path().join("wrong.wasm").exists());
    }
    let run = Run::with_args(&["time"]);
    let warm = bundled(
        &folder,
        &guest::preinit(Libc::Debian),
        "single",
        "\"init_clock\"\nclock = \"fixed\"",
    );
    assert_eq!(Engine::Wasmtime.run(&warm, &run).ok(), "0\n");
}

#[test]
fn a_rust_program_starts_with_its_dictionary() {
    let folder = folder();
    let module = guest::rust_preinit();
    let run = Run::with_args(&["/data/text.txt"]);
    let (dictionary, text) = (
        "999 words, 200010000\n",
        "/data/text.txt: hello from the image\n",
    );
    let cold = bundled(&folder, &module, "single", "");
    let said = Engine::Wasmtime.run(&cold, &run).ok();
    assert_eq!(said, format!("cold: {dictionary}{text}"));
    for layout in LAYOUTS {
        let warm = bundled(&folder, &module, layout, "\"init\"");
        let said = Engine::Wasmtime.run(&warm, &run).ok();
        assert_eq!(said, format!("warm: {dictionary}{text}"), "{layout}");
    }
}

/// QuickJS with its library compiled and run: what it made is there, and more can be compiled on top.
#[test]
fn a_javascript_engine_starts_warm() {
    let folder = folder();
    let prelude = "globalThis.words = new Map();\n\
        for (let i = 0; i < 1000; i++) words.set('word' + i, i * i % 7919);\n\
        globalThis.greet = name => `hello ${name}`;\n\
        globalThis.date = /^(\\w+)\\s+(\\d{4})-(\\d\\d)$/u;\n";
    fs::write(folder.path().join("data/prelude.js"), prelude).expect("can be written");
    let module = guest::javascript();
    let run = Run::with_args(&[
        "words.get('word777') + words.size",
        "greet('warm') + ' ' + 'x 2024-05'.match(date)[2]",
        "[1, 2, 3].map(n => n ** 2).join()",
    ]);
    let expected = "2885\nhello warm 2024\n1,4,9\n";
    let cold = bundled(&folder, &module, "single", "");
    assert_eq!(Engine::Wasmtime.run(&cold, &run).ok(), expected);
    // It asks for the time to seed `Math.random`.
    let said = {
        let text = manifest(&module, "single", "fallback", "\"warm\"");
        fs::write(folder.path().join("wrong.toml"), text).expect("can be written");
        wasi_vfs(folder.path(), &["bundle", "-m", "wrong.toml", "--no-lock"])
    };
    assert_eq!(said.stderr.lines().next(), Some("wasi_vfs::preinit::clock"));
    for layout in LAYOUTS {
        let warm = bundled(&folder, &module, layout, "\"warm\"\nclock = \"fixed\"");
        // The library is not read any more: it is what was compiled.
        let said = Engine::Wasmtime.run(&warm, &run).ok();
        assert_eq!(said, expected, "{layout}");
    }
}
