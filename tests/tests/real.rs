//! Real programs that write: a database of 75 MB, an interpreter in its own library, a compiler of the old WASI.
//!
//! Each says the same in a mount of its bundle as in a directory of the host.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use wasi_vfs_tests::bundle;
use wasi_vfs_tests::engine::{Engine, Run};
use wasi_vfs_tests::guest::{self, pre_linked};
use wasi_vfs_tests::tool;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("can't create a temporary folder")
}

/// A manifest with a tmpfs at `/work`.
fn tmpfs(module: &Path, memory: &str, size_limit: &str) -> String {
    format!(
        "manifest-version = 1\n[module]\ninput = \"{}\"\noutput = \"bundle.wasm\"\n[link]\nmemory = \"{memory}\"\n[[mount]]\nguest = \"/work\"\nkind = \"tmpfs\"\nsize-limit = \"{size_limit}\"\n",
        module.display()
    )
}

/// SQLite creates, fills, searches, updates, rolls back, half deletes, vacuums and reads again a database of 75 MB.
#[test]
fn sqlite() {
    let module = guest::sqlite();
    let outside = folder();
    let run = Run::with_args(&["/work"]);
    let host = Engine::Wasmtime
        .run(&module, &run.clone().dir(outside.path(), "/work"))
        .ok();
    assert!(host.ends_with("done\n"), "{host}");
    assert!(host.contains("size of the database -> 75378688"), "{host}");
    for (module, memory, engine) in [
        (&module, "single", Engine::Wasmtime),
        (&module, "isolated", Engine::Wasmtime),
        (&module, "single", Engine::Node),
        (&pre_linked::sqlite(), "single", Engine::Wasmtime),
    ] {
        let work = folder();
        let bundle = bundle::bundle(work.path(), &tmpfs(module, memory, "1 GiB"));
        let said = engine.run(&bundle, &run).ok();
        assert_eq!(host, said, "{memory} on {engine:?}");
    }
}

/// The database does not fit: SQLite says so, and what was committed before is still whole.
#[test]
fn sqlite_on_a_full_mount() {
    let work = folder();
    let bundle = bundle::bundle(work.path(), &tmpfs(&guest::sqlite(), "single", "20 MiB"));
    let said = Engine::Wasmtime.run(&bundle, &Run::with_args(&["/work"]));
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert!(
        said.stdout.contains("error: database or disk is full"),
        "{}",
        said.stdout
    );
    assert!(
        said.stdout.contains("PRAGMA integrity_check\n  ok\n"),
        "{}",
        said.stdout
    );
}

/// Unpacks the library as single files, as `cpython.rs` does, and a directory to work in.
fn lay_out_python(root: &Path) {
    let shipped = guest::cpython_tree().join("usr/local/lib");
    let lib = root.join("opt/lib/python3.11");
    fs::create_dir_all(&lib).expect("can't create a folder");
    let unpack = [
        "-c",
        "import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2])",
    ];
    let zip = shipped.join("python311.zip");
    let _ = tool::run(
        Command::new("python3").args(unpack).arg(&zip).arg(&lib),
        b"",
    )
    .ok();
    // As sources, so that they can be patched.
    fs::copy(shipped.join("python3.11/os.py"), lib.join("os.py")).expect("can't copy os.py");
    fs::remove_file(lib.join("colorsys.pyc")).expect("was unpacked");
    fs::write(
        lib.join("colorsys.py"),
        "def rgb_to_hsv(r, g, b):\n    return (0.0, 1.0, max(r, g, b))\n",
    )
    .expect("can't write a module");
    fs::create_dir_all(lib.join("lib-dynload")).expect("can't create a folder");
    fs::write(lib.join("lib-dynload/.empty"), "").expect("can't write a file");
    fs::create_dir_all(root.join("work")).expect("can't create a folder");
    fs::write(
        root.join("check.py"),
        include_str!("../guests/python/change.py"),
    )
    .expect("can't write the script");
}

/// CPython writes modules into its library and imports them, caches what it compiles there, and uses what its library
/// has to change files.
#[test]
fn cpython_in_its_own_library() {
    let work = folder();
    lay_out_python(&work.path().join("root"));
    symlink(guest::cpython(), work.path().join("python.wasm")).expect("can't link the interpreter");
    let outside = work.path().join("outside");
    let copied = Command::new("cp")
        .arg("-a")
        .arg(work.path().join("root"))
        .arg(&outside)
        .status();
    assert!(copied.is_ok_and(|status| status.success()), "cp failed");
    let run = Run::with_args(&["/check.py"])
        .env("PYTHONHASHSEED", "1")
        .env("PYTHONHOME", "/opt");
    let host = Engine::Wasmtime
        .run(&guest::cpython(), &run.clone().dir(&outside, "/"))
        .ok();
    assert!(host.ends_with("done\n"), "{host}");
    for (memory, engine) in [
        ("single", Engine::Wasmtime),
        ("single", Engine::Node),
        ("isolated", Engine::Wasmtime),
    ] {
        let manifest = format!(
            "manifest-version = 1\n[module]\ninput = \"python.wasm\"\noutput = \"bundle.wasm\"\n[defaults]\ntimestamps = \"source\"\n[link]\nmemory = \"{memory}\"\n[[mount]]\nguest = \"/\"\nsource = \"root\"\nwritable = true\n[[dir]]\nguest = \"/work\"\n"
        );
        let bundle = bundle::bundle(work.path(), &manifest);
        assert_eq!(
            host,
            engine.run(&bundle, &run).ok(),
            "{memory} on {engine:?}"
        );
    }
}

const SOURCE: &str = "#include <stdio.h>\n#include \"answer.h\"\nint main(void) { printf(\"%d\\n\", ANSWER); return 0; }\n";

const CLANG: [&str; 13] = [
    "-cc1",
    "-emit-obj",
    "-triple",
    "wasm32-unknown-wasi",
    "-isysroot",
    "/sys",
    "-internal-isystem",
    "/sys/lib/clang/8.0.1/include",
    "-internal-isystem",
    "/sys/include",
    "-O1",
    "-x",
    "c",
];

fn clang(output: &str) -> Run {
    let mut args = CLANG.to_vec();
    args.extend(["/src/main.c", "-o", output]);
    Run::with_args(&args)
}

/// A clang of 2019, which imports `wasi_unstable`, compiles an embedded file with embedded headers into a tmpfs.
#[test]
fn clang_of_the_old_wasi() {
    let module = guest::sandbox("clang");
    let work = folder();
    fs::create_dir(work.path().join("src")).expect("can't create a folder");
    fs::write(work.path().join("src/main.c"), SOURCE).expect("can't write a file");
    fs::write(work.path().join("src/answer.h"), "#define ANSWER 42\n").expect("can't write a file");
    symlink(guest::clang_tree().join("sys"), work.path().join("sys")).expect("can't link a folder");
    let (plain, bundled) = (work.path().join("plain"), work.path().join("bundled"));
    fs::create_dir(&plain).expect("can't create a folder");
    fs::create_dir(&bundled).expect("can't create a folder");
    let host = clang("/out/main.o")
        .dir(&guest::clang_tree(), "/")
        .dir(&work.path().join("src"), "/src")
        .dir(&plain, "/out");
    let _ = Engine::Wasmtime.run(&module, &host).ok();
    let object = fs::read(plain.join("main.o")).expect("clang wrote it");
    assert_eq!(object[..4], *b"\0asm");
    let mounts = "[[mount]]\nguest = \"/src\"\nsource = \"src\"\n[[mount]]\nguest = \"/sys\"\nsource = \"sys\"\n[limits]\nfile-size = \"1 GiB\"\n";
    let bundle = |memory: &str, room: &str| {
        bundle::bundle(work.path(), &(tmpfs(&module, memory, room) + mounts))
    };
    // Into a directory of the host: the same bytes.
    let single = bundle("single", "1 MiB");
    let run = clang("/out/main.o").dir(&bundled, "/out");
    let _ = Engine::Wasmtime.run(&single, &run).ok();
    assert!(
        fs::read(bundled.join("main.o")).expect("clang wrote it") == object,
        "another object file"
    );
    // Into memory: under another name first, then renamed. Without room for it that is an error.
    for (memory, room, done) in [
        ("single", "1 MiB", true),
        ("isolated", "1 MiB", true),
        ("single", "100", false),
    ] {
        let said = Engine::Wasmtime.run(&bundle(memory, room), &clang("/work/main.o"));
        assert_eq!(
            (said.code == Some(0), said.stderr.is_empty()),
            (done, done),
            "{memory} with {room}: {}",
            said.stderr
        );
    }
}

/// SQLite's own shell of 2018, which imports `wasi_unstable`: a database in a tmpfs.
#[test]
fn sqlite_of_the_old_wasi() {
    let module = guest::sandbox("sqlite");
    let sql = b"CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT);\nWITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 5000) INSERT INTO t SELECT x, hex(x * 7919) FROM n;\nDELETE FROM t WHERE a % 3 = 0;\nSELECT count(*), sum(length(b)), max(b) FROM t;\nPRAGMA integrity_check;\n.quit\n";
    let run = Run::with_args(&["/work/old.db"]).stdin(sql);
    let outside = folder();
    let host = Engine::Wasmtime
        .run(&module, &run.clone().dir(outside.path(), "/work"))
        .ok();
    assert!(host.contains("3334|"), "{host}");
    for memory in ["single", "isolated"] {
        let work = folder();
        let bundle = bundle::bundle(work.path(), &tmpfs(&module, memory, "8 MiB"));
        assert_eq!(host, Engine::Wasmtime.run(&bundle, &run).ok(), "{memory}");
    }
}

/// An embedded configuration that whoever runs the program overrides, file by file, with a directory.
#[test]
fn configuration_overridden_by_a_directory() {
    let work = folder();
    for (name, text) in [("color", "embedded red\n"), ("size", "embedded 10\n")] {
        let path = work.path().join("etc").join(name);
        fs::create_dir_all(path.parent().expect("lies in a folder"))
            .expect("can't create a folder");
        fs::write(path, text).expect("can't write a file");
    }
    let mine = work.path().join("mine");
    fs::create_dir(&mine).expect("can't create a folder");
    fs::write(mine.join("color"), "my blue\n").expect("can't write a file");
    fs::write(mine.join("extra"), "my own\n").expect("can't write a file");
    for memory in ["single", "isolated"] {
        let manifest = format!(
            "manifest-version = 1\n[module]\ninput = \"{}\"\noutput = \"bundle.wasm\"\n[link]\nhost = \"override\"\nmemory = \"{memory}\"\n[[mount]]\nguest = \"/etc\"\nsource = \"etc\"\n",
            guest::mix().display()
        );
        let bundle = bundle::bundle(work.path(), &manifest);
        let show = Run::with_args(&["show", "/etc", "/etc/color", "/etc/size", "/etc/extra"]);
        assert_eq!(
            Engine::Wasmtime.run(&bundle, &show).ok(),
            "list /etc -> color size\nread /etc/color -> embedded red\\x0a\nread /etc/size -> embedded 10\\x0a\nread /etc/extra -> noent\ndone\n"
        );
        assert_eq!(
            Engine::Wasmtime.run(&bundle, &show.dir(&mine, "/etc")).ok(),
            "list /etc -> color extra size\nread /etc/color -> my blue\\x0a\nread /etc/size -> embedded 10\\x0a\nread /etc/extra -> my own\\x0a\ndone\n"
        );
    }
}
