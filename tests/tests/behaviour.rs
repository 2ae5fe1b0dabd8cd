//! What programs did under earlier versions of wasi-vfs they do here: one named case for each behaviour that those promised.
//!
//! Each case is a small program in `guests/behaviour`, in two forms: linked afterwards (`pack` takes the finished module) and
//! linked with `libwasi_vfs.a`. Both say on each engine exactly what is written here; so does the program without a bundle,
//! with the same files in a directory of the host's, unless the case says why not.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use wasi_vfs_tests::bundle;
use wasi_vfs_tests::engine::{Engine, Run};
use wasi_vfs_tests::guest::{Libc, behaviour, pre_linked};

/// A folder with these files below `root`, which is what the program sees at `/`.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("can't create a temporary folder");
    for (name, content) in files {
        let path = folder.path().join("root").join(name);
        let parent = path.parent().expect("lies in the folder");
        fs::create_dir_all(parent).expect("can't create a folder");
        fs::write(path, content).expect("can't write a file");
    }
    folder
}

/// `pack` with the directories of `root` that belong at these guest paths, over the module at `output` if there is one.
fn pack(folder: &TempDir, input: &Path, guests: &[&str], output: &str) -> PathBuf {
    let input = input.to_str().expect("a path in UTF-8");
    let mut args = vec!["pack", "-q", input, "-o", output];
    let directories = guests.iter().map(|guest| format!("root{guest}::{guest}"));
    let directories: Vec<String> = directories.collect();
    for directory in &directories {
        args.extend(["--dir", directory]);
    }
    let _ = bundle::wasi_vfs(folder.path(), &args).ok();
    folder.path().join(output)
}

/// The program in both forms, the second with both C libraries.
fn forms(source: &str, flags: &[&str]) -> [PathBuf; 3] {
    let linked = |libc| pre_linked::behaviour(libc, source, flags);
    let [old, new] = Libc::ALL.map(linked);
    [behaviour(Libc::Debian, source, flags), old, new]
}

/// Whether the host says the same of its own directory.
#[derive(Clone, Copy, PartialEq)]
enum Host {
    Same,
    Differs,
}

/// The program says this, in both forms, packed with these directories.
#[track_caller]
fn check(source: &str, folder: &TempDir, guests: &[&str], run: &Run, host: Host, expected: &str) {
    for module in forms(source, &["-O1"]) {
        if host == Host::Same {
            let run = run.clone().dir(&folder.path().join("root"), "/");
            let said = Engine::Wasmtime.run(&module, &run).ok();
            assert_eq!(said, expected, "not packed: {}", module.display());
        }
        let packed = pack(folder, &module, guests, "packed.wasm");
        for engine in Engine::WITH_FILES {
            let said = engine.run(&packed, run).ok();
            assert_eq!(said, expected, "{engine:?}: {}", module.display());
        }
    }
}

#[test]
fn canonical_paths() {
    let folder = folder(&[("mnt/a/b/c.txt", "found\n")]);
    let run = Run::with_args(&[
        "/mnt/a/b/c.txt",
        "/mnt/a/./b/c.txt",
        "/mnt/././a/b/./c.txt",
        "/mnt//a///b/c.txt",
        "//mnt/a/b/c.txt",
        "/mnt/a/b/../b/c.txt",
        "/./mnt/a/b/c.txt",
        "mnt/a/b/c.txt",
        "./mnt/a/b/c.txt",
        "/mnt/a/b/",
        "/mnt/a/b/d.txt",
        "/mnt/a/b/c.txt/d",
        "/mnt/A/b/c.txt",
    ]);
    let expected = "/mnt/a/b/c.txt: found\n\
        /mnt/a/./b/c.txt: found\n\
        /mnt/././a/b/./c.txt: found\n\
        /mnt//a///b/c.txt: found\n\
        //mnt/a/b/c.txt: found\n\
        /mnt/a/b/../b/c.txt: found\n\
        /./mnt/a/b/c.txt: found\n\
        mnt/a/b/c.txt: found\n\
        ./mnt/a/b/c.txt: found\n\
        /mnt/a/b/: EBADF\n\
        /mnt/a/b/d.txt: ENOENT\n\
        /mnt/a/b/c.txt/d: ENOTDIR\n\
        /mnt/A/b/c.txt: ENOENT\n";
    check("show.c", &folder, &["/mnt"], &run, Host::Same, expected);
}

#[test]
fn chdir_emulation() {
    let folder = folder(&[("data/top.txt", "top\n"), ("data/sub/file.txt", "file\n")]);
    let expected = "cd /data: ok, in /data\n\
        top.txt: top\n\
        ./sub/file.txt: file\n\
        cd sub: ok, in /data/sub\n\
        file.txt: file\n\
        ../top.txt: top\n\
        cd missing: ENOENT, in /data/sub\n\
        cd file.txt: ENOTDIR, in /data/sub\n\
        file.txt: file\n\
        the same directory: 1\n\
        3 names here\n\
        cd /: ok, in /\n\
        data/top.txt: top\n";
    let run = Run::default();
    check("chdir.c", &folder, &["/data"], &run, Host::Same, expected);
}

#[test]
fn the_c_library() {
    let folder = folder(&[
        ("data/lines.txt", "one 1\ntwo 2\n"),
        ("data/sub/inner.txt", "inner\n"),
    ]);
    symlink("sub/inner.txt", folder.path().join("root/data/link")).expect("can't make a symlink");
    let expected = "stat a file: a file of 12 bytes\n\
        stat a directory: a directory of 0 bytes\n\
        stat a link: a file of 6 bytes\n\
        lstat a link: a link of 13 bytes\n\
        stat nothing: ENOENT\n\
        stat below a file: ENOTDIR\n\
        access: 0 -1\n\
        readlink: sub/inner.txt\n\
        getline: one 1\n\
        getline: two 2\n\
        eof: 1\n\
        fscanf: 1 one\n\
        fgetc: x\n\
        fopen a directory: EBADF\n\
        fstat: a file of 12 bytes\n\
        readv: 8 bytes, one |1\ntwpread: two 2\n\
        read a closed one: -1\n\
        openat: inner\n\
        fstatat: a file of 6 bytes\n\
        scandir: lines.txt\n\
        scandir: link\n\
        scandir: sub\n";
    let run = Run::default();
    check("libc.c", &folder, &["/data"], &run, Host::Same, expected);
}

#[test]
fn the_root_is_mapped() {
    let folder = folder(&[("hello.txt", "Hello\n"), ("sub/deep.txt", "deep\n")]);
    let run = Run::with_args(&["/hello.txt", "hello.txt", "/sub/deep.txt", "/sub", "/none"]);
    let expected = "/hello.txt: Hello\n\
        hello.txt: Hello\n\
        /sub/deep.txt: deep\n\
        /sub: EBADF\n\
        /none: ENOENT\n";
    check("show.c", &folder, &["/"], &run, Host::Same, expected);
}

#[test]
fn the_root_is_read() {
    let folder = folder(&[("hello.txt", "Hello\n"), ("sub/deep.txt", "deep\n")]);
    let expected = "/: . .. hello.txt sub\n\
        /.: . .. hello.txt sub\n\
        //: . .. hello.txt sub\n\
        .: . .. hello.txt sub\n\
        stat: 0 1\n\
        the same: 1\n\
        openat: Hello\n\
        /hello.txt: Hello\n\
        hello.txt: Hello\n\
        /sub/deep.txt: deep\n";
    let run = Run::default();
    check("root.c", &folder, &["/"], &run, Host::Same, expected);
}

/// A program that never opens a file, packed with nothing.
#[test]
fn minimal_link() {
    let folder = folder(&[]);
    for module in forms("minimal.c", &["-Os", "-s"]) {
        let packed = pack(&folder, &module, &[], "packed.wasm");
        for module in [module, packed] {
            for engine in Engine::WITH_FILES {
                assert_eq!(engine.run(&module, &Run::default()).code, Some(7));
            }
        }
    }
}

#[test]
fn several_maps() {
    let folder = folder(&[
        ("mnt0/hello.txt", "zero\n"),
        ("mnt1/hello.txt", "one\n"),
        ("mnt1/in/hello.txt", "of the outer\n"),
        ("mnt1/in/.hidden", "hidden\n"),
        ("usr/share/data/x", "deep\n"),
    ]);
    let run = Run::with_args(&[
        "/mnt0/hello.txt",
        "/mnt1/hello.txt",
        "/mnt1/in/hello.txt",
        "/mnt1/in/.hidden",
        "/usr/share/data/x",
        "/mnt2/hello.txt",
        "/hello.txt",
    ]);
    let expected = "/mnt0/hello.txt: zero\n\
        /mnt1/hello.txt: one\n\
        /mnt1/in/hello.txt: of the outer\n\
        /mnt1/in/.hidden: hidden\n\
        /usr/share/data/x: deep\n\
        /mnt2/hello.txt: ENOENT\n\
        /hello.txt: ENOENT\n";
    let guests = ["/usr/share/data", "/mnt1/in", "/mnt0", "/mnt1"];
    check("show.c", &folder, &guests, &run, Host::Same, expected);
}

#[test]
fn non_ascii_names() {
    let folder = folder(&[
        ("names/Grüße.txt", "German\n"),
        ("names/日本語/ファイル名.txt", "Japanese\n"),
        ("names/Привет, мир.txt", "Russian\n"),
        ("names/🦀🐢👩‍💻.txt", "signs\n"),
        ("names/e\u{301}.txt", "two characters\n"),
        ("names/\u{e9}.txt", "one character\n"),
    ]);
    let expected = "/names/Grüße.txt: German\n\
        /names/e\u{301}.txt: two characters\n\
        /names/\u{e9}.txt: one character\n\
        /names/Привет, мир.txt: Russian\n\
        /names/日本語/ファイル名.txt: Japanese\n\
        /names/🦀🐢👩‍💻.txt: signs\n\
        /names/Grüße.txt: German\n";
    let run = Run::default();
    check("names.c", &folder, &["/names"], &run, Host::Same, expected);
}

/// A directory that is packed later lies over an earlier one of the same name, whose other files stay.
#[test]
fn packed_twice() {
    let folder = folder(&[
        ("mnt0/hello.txt", "hello\n"),
        ("mnt1/first.txt", "first\n"),
        ("mnt1/both.txt", "of the first\n"),
    ]);
    let paths = [
        "/mnt0/hello.txt",
        "/mnt1/first.txt",
        "/mnt1/both.txt",
        "/mnt1/second.txt",
    ];
    let run = Run::with_args(&paths);
    for module in forms("show.c", &["-O1"]) {
        let says = |packed: &Path, expected: [&str; 4]| {
            let lines = paths.iter().zip(expected);
            let expected: String = lines.map(|(path, is)| format!("{path}: {is}\n")).collect();
            for engine in Engine::WITH_FILES {
                assert_eq!(engine.run(packed, &run).ok(), expected, "{engine:?}");
            }
        };
        let none = "ENOENT";
        let packed = pack(&folder, &module, &["/mnt0"], "packed.wasm");
        says(&packed, ["hello", none, none, none]);
        let packed = pack(&folder, &packed, &["/mnt1"], "packed.wasm");
        says(&packed, ["hello", "first", "of the first", none]);
        let later = folder.path().join("later");
        fs::create_dir_all(&later).expect("can't create a folder");
        for (name, content) in [("both.txt", "of the second\n"), ("second.txt", "second\n")] {
            fs::write(later.join(name), content).expect("can't write a file");
        }
        let args = [
            "pack",
            "-q",
            "packed.wasm",
            "--mapdir",
            "/mnt1::later",
            "-o",
            "packed.wasm",
        ];
        let _ = bundle::wasi_vfs(folder.path(), &args).ok();
        says(&packed, ["hello", "first", "of the second", "second"]);
    }
}

/// The flags of a reactor.
const REACTOR: [&str; 2] = ["-O1", "-mexec-model=reactor"];

/// What is read when it is initialized, and when it is called.
#[test]
fn reactors() {
    let folder = folder(&[("mnt0/hello.txt", "hello"), ("mnt1/second.txt", "seconds")]);
    let run = Run::default().invoke("early_and_now");
    for module in forms("reactor.c", &REACTOR) {
        let host = run.clone().dir(&folder.path().join("root"), "/");
        assert_eq!(Engine::Wasmtime.run(&module, &host).ok(), "7050705\n");
        let packed = pack(&folder, &module, &["/mnt0", "/mnt1"], "packed.wasm");
        for engine in Engine::WITH_FILES {
            assert_eq!(engine.run(&packed, &run).ok(), "7050705\n", "{engine:?}");
        }
    }
}

#[test]
fn a_reactor_packed_twice() {
    let folder = folder(&[("mnt0/hello.txt", "hello"), ("mnt1/first.txt", "first")]);
    let run = Run::default().invoke("early_and_now");
    for module in forms("reactor.c", &REACTOR) {
        let once = pack(&folder, &module, &["/mnt0"], "packed.wasm");
        for engine in Engine::WITH_FILES {
            assert_eq!(engine.run(&once, &run).ok(), "50005\n", "{engine:?}");
        }
        let twice = pack(&folder, &once, &["/mnt1"], "packed.wasm");
        for engine in Engine::WITH_FILES {
            assert_eq!(engine.run(&twice, &run).ok(), "550055\n", "{engine:?}");
        }
    }
}

/// A path may go up wherever it starts, but not out of the directory that it starts at: the root, or one that the program
/// has opened. Hosts have it so; an earlier version let `openat` go above the directory that it was given.
#[test]
fn parent_directories() {
    let folder = folder(&[
        ("top.txt", "top\n"),
        ("usr/local/hey.txt", "hey\n"),
        ("usr/local/bin/tool.txt", "tool\n"),
    ]);
    let expected = "/usr/local/bin/../hey.txt: hey\n\
        /usr/local/bin/../../../top.txt: top\n\
        /usr/local/../local/bin/./tool.txt: tool\n\
        /usr/local/missing/../hey.txt: ENOENT\n\
        /usr/local/hey.txt/../hey.txt: ENOTDIR\n\
        tool.txt: tool\n\
        ./../bin/tool.txt: EPERM\n\
        the same: 1\n\
        4 names above\n\
        ../hey.txt: EPERM\n\
        /../top.txt: EPERM\n\
        /usr/../../top.txt: EPERM\n";
    let run = Run::default();
    check("parent.c", &folder, &["/"], &run, Host::Same, expected);
}

/// Hosts say little about files: how much is left to be read, they don't.
#[test]
fn polling() {
    let folder = folder(&[("dev/polling", "hello\n")]);
    let file = "sleep: 0\n\
        a file: 1 ready, to be read\n\
        FIONREAD: 0, 6 bytes\n\
        read: 4\n\
        FIONREAD: 0, 2 bytes\n";
    let run = Run::default();
    check("polling.c", &folder, &["/dev"], &run, Host::Differs, file);
    // The JavaScript host waits for nothing but clocks.
    let run = Run::with_args(&["standard input"]).stdin(b"from stdin\n");
    for module in forms("polling.c", &["-O1"]) {
        let packed = pack(&folder, &module, &["/dev"], "packed.wasm");
        let said = Engine::Wasmtime.run(&packed, &run).ok();
        let streams = "standard input: 1 ready, to be read\none of both: 1\n";
        assert_eq!(said.strip_prefix(file), Some(streams));
    }
}

#[test]
fn readdir() {
    let many: Vec<String> = (0..300).map(|n| format!("many/name-{n}")).collect();
    let mut files: Vec<(&str, &str)> = many.iter().map(|name| (name.as_str(), "")).collect();
    files.extend([
        ("mixed/file", ""),
        ("mixed/.hidden", ""),
        ("mixed/dir/x", ""),
    ]);
    let folder = folder(&files);
    let mixed = folder.path().join("root/mixed");
    fs::create_dir(mixed.join("empty")).expect("can't create a folder");
    symlink("dir", mixed.join("link")).expect("can't make a symlink");
    let expected = "302 names, 300 files, sum 44850, 300 inodes right, 2 dots\n\
        seekdir: 1\n\
        rewinddir: 302 names\n\
        closedir: 0\n\
        .: directory\n\
        ..: directory\n\
        .hidden: file\n\
        dir: directory\n\
        empty: directory\n\
        file: file\n\
        link: link\n\
        a file: ENOTDIR\n\
        nothing: ENOENT\n\
        empty: 2 names\n";
    let guests = ["/many", "/mixed"];
    let run = Run::default();
    check("readdir.c", &folder, &guests, &run, Host::Same, expected);
}

#[test]
fn seek() {
    let folder = folder(&[("digits", "0123456789")]);
    let expected = "from the start: 3\n  read 4 bytes: 3456\n\
        on: 8\n  read 2 bytes: 89\n\
        back: 4\n  read 4 bytes: 4567\n\
        from the end: 8\n  read 2 bytes: 89\n\
        the end: 10\n  read 0 bytes: \n\
        behind the end: 15\n  read 0 bytes: \n\
        before the start: EINVAL\n  read 0 bytes: \n\
        before the start: EINVAL\n  read 0 bytes: \n\
        pread: 3 234\n\
        it did not move: 15\n\
        fseek: 4 at 5\n\
        fseek: 9 at 10, then -1\n\
        rewind: 0\n";
    let run = Run::default();
    check("seek.c", &folder, &["/"], &run, Host::Same, expected);
}
