//! `wasi-vfs pack` as a user sees it.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;

use serde_json::Value;

use crate::tool::{Folder, golden, session};
use crate::{PROGRAM, schema};

/// What the users of `--mapdir` have: dot files, a checkout, two directories that share names.
fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("app.wat", PROGRAM);
    folder.write("mnt/hello.txt", "Hello\n");
    folder.write("mnt/.hidden", "");
    folder.write("mnt/.git/config", "[core]\n");
    folder.write("mnt/sub/ünï cödé.txt", "x");
    symlink("hello.txt", folder.path().join("mnt/link")).unwrap();
    folder.write("over/hello.txt", "Hello from above\n");
    folder.write("secret/.env", "TOKEN=1\n");
    folder
}

#[test]
fn directories_go_in_without_a_manifest() {
    let folder = folder();
    let mut text = session(
        &folder,
        &[
            &["pack", "app.wat", "--dir", "mnt::/", "-o", "a.wasm"],
            &["inspect", "a.wasm", "--tree"],
            &["pack", "app.wat", "--mapdir", "/::./mnt/", "-o", "b.wasm"],
            &["diff", "a.wasm", "b.wasm"],
            &["pack", "app.wat", "--dir", "mnt", "-o", "c.wasm"],
            &["inspect", "c.wasm", "--tree"],
            &["pack", "app.wat", "--dir", "secret::/s", "-o", "d.wasm"],
        ],
    );
    // Whichever option names a directory: the further right wins.
    for (first, second, hello) in [
        (
            ["--dir", "mnt::/"],
            ["--mapdir", "/::over"],
            "Hello from above\n",
        ),
        (["--dir", "over::/"], ["--mapdir", "/::mnt"], "Hello\n"),
        (
            ["--mapdir", "/::mnt"],
            ["--dir", "over::/"],
            "Hello from above\n",
        ),
    ] {
        let args = [
            &["pack", "app.wat"][..],
            &first,
            &second,
            &["-o", "o.wasm", "-q"],
        ]
        .concat();
        let cat = ["inspect", "o.wasm", "--cat", "/hello.txt"];
        text += &session(&folder, &[&args, &cat]);
        assert_eq!(folder.run(&cat).stdout, hello);
    }
    golden("cli/pack.txt", &masked(&text));
    assert_eq!(folder.read("a.wasm"), folder.read("b.wasm"));
}

/// Without the sizes of modules, which are the interposer's business.
fn masked(text: &str) -> String {
    let lines = text.split_inclusive('\n');
    let lines = lines.map(|line| match line.rsplit_once("` (") {
        Some((start, _)) if line.starts_with("bundled ") => format!("{start}` ([SIZE])\n"),
        _ => line.to_owned(),
    });
    lines.collect()
}

#[test]
fn what_pack_does_not_take() {
    let folder = folder();
    folder.write("text", "");
    // No WASI, and a component.
    folder.write("part.wat", "(module (func (export \"run\")))");
    folder.write("parts.wasm", b"\0asm\x0d\0\x01\0");
    let text = session(
        &folder,
        &[
            &["pack", "app.wat", "--dir", "mnt::/"],
            &["pack", "app.wat", "--mapdir", "mnt::/", "-o", "o.wasm"],
            &["pack", "app.wat", "--dir", "/a::mnt", "-o", "o.wasm"],
            &[
                "pack",
                "app.wat",
                "--dir",
                "mnt/hello.txt::/",
                "-o",
                "o.wasm",
            ],
            &[
                "pack",
                "app.wat",
                "--dir",
                "mnt/hello.txt::/d/",
                "-o",
                "o.wasm",
            ],
            &["pack", "app.wat", "--dir", "a::/::b", "-o", "o.wasm"],
            &["pack", "app.wat", "--dir", "../mnt", "-o", "o.wasm"],
            &["pack", "app.wat", "--dir", "::/", "-o", "o.wasm"],
            &["pack", "app.wat", "--dir", "mnt::", "-o", "o.wasm"],
            &["pack", "app.wat", "--mapdir", "/", "-o", "o.wasm"],
            &["pack", "app.wat", "--dir", "mtn::/", "-o", "o.wasm"],
            &["pack", "no.wasm", "--dir", "mnt::/", "-o", "o.wasm"],
            &["pack", "text", "--dir", "mnt::/", "-o", "o.wasm"],
            &["pack", "mnt", "--dir", "mnt::/", "-o", "o.wasm"],
            &["pack", "part.wat", "--dir", "mnt::/", "-o", "o.wasm"],
            &["pack", "parts.wasm", "--dir", "mnt::/", "-o", "o.wasm"],
            &["pack", "app.wat", "--dir", "mnt::/", "-o", "no/o.wasm"],
            &["pack", "app.wat", "--dir", "mnt::/", "-o", "mnt"],
            &["pack", "app.wat", "--dir", "mnt::/", "-o", "app.wat"],
        ],
    );
    golden("cli/pack-wrong.txt", &text);
    assert_eq!(
        folder.names("."),
        [
            "app.wat",
            "mnt",
            "over",
            "part.wat",
            "parts.wasm",
            "secret",
            "text"
        ]
    );
}

/// What an image can't hold, or would lead elsewhere.
#[test]
fn what_pack_leaves_out() {
    let folder = folder();
    symlink("/etc/passwd", folder.path().join("mnt/absolute")).unwrap();
    symlink("../../app.wat", folder.path().join("mnt/sub/out")).unwrap();
    symlink("nowhere", folder.path().join("mnt/dangling")).unwrap();
    let _socket = UnixListener::bind(folder.path().join("mnt/socket")).unwrap();
    let text = session(
        &folder,
        &[
            &["pack", "app.wat", "--dir", "mnt::/", "-o", "o.wasm"],
            &["inspect", "o.wasm", "--tree"],
        ],
    );
    golden("cli/pack-left-out.txt", &masked(&text));
}

/// A program that was linked with the library of an earlier version.
#[test]
fn what_carries_an_earlier_version() {
    let folder = folder();
    let text = PROGRAM.replace(
        "(export \"_start\")",
        "(export \"_start\") (export \"wasi_vfs_pack_fs\")",
    );
    assert_ne!(text, PROGRAM);
    folder.write("app.wasm", wat::parse_str(text).unwrap());
    let text = session(
        &folder,
        &[
            &["pack", "app.wasm", "--dir", "mnt::/usr/lib", "-o", "o.wasm"],
            &["inspect", "o.wasm", "--tree"],
            &["pack", "o.wasm", "--dir", "over::/", "-o", "o.wasm"],
            &["inspect", "o.wasm", "--tree"],
            &["extract", "o.wasm", "-o", "out", "-q"],
        ],
    );
    golden("cli/pack-earlier.txt", &masked(&text));
    assert_eq!(folder.names("out"), ["hello.txt", "usr"]);
    assert_eq!(folder.read("out/usr/lib/hello.txt"), b"Hello\n");
}

/// With nothing to pack, and over its own input.
#[test]
fn what_earlier_versions_took() {
    let folder = folder();
    let text = session(
        &folder,
        &[
            &["pack", "app.wat", "-o", "o.wasm"],
            &["pack", "o.wasm", "--dir", "mnt::/mnt0", "-o", "o.wasm"],
            &["pack", "o.wasm", "--dir", "over::/mnt1", "-o", "./o.wasm"],
            &["inspect", "o.wasm", "--tree"],
        ],
    );
    golden("cli/pack-over-itself.txt", &masked(&text));
    let both = ["--dir", "mnt::/mnt0", "--dir", "over::/mnt1"];
    let said = folder.run(&[&["pack", "app.wat", "-o", "both.wasm"][..], &both].concat());
    assert_eq!(said.code, Some(0));
    assert!(folder.read("o.wasm") == folder.read("both.wasm"));
}

#[test]
fn a_report_of_a_pack() {
    let folder = folder();
    let said = folder.run(&[
        "pack", "app.wat", "--dir", "mnt::/", "-o", "o.wasm", "--json",
    ]);
    let report: Value = serde_json::from_str(&said.stdout).unwrap();
    schema::check(&folder, "bundle-report", &said.stdout);
    assert_eq!(report["output"], "o.wasm");
    let size = fs::metadata(folder.path().join("o.wasm")).unwrap().len();
    assert_eq!(report["size"], size);
    assert_eq!(report["totals"]["files"], 4);
    assert_eq!(report.get("lock"), None);
}

#[test]
fn packing_again_is_packing_at_once() {
    let folder = folder();
    folder.write("third/sub", "a file where a directory was\n");
    folder.write("third/new/deep/file", "");
    let run = |args: &[&str]| {
        let said = folder.run(args);
        assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""), "{args:?}");
    };
    let [mnt, over, third] = ["mnt::/", "over::/", "third::/"];
    run(&["pack", "app.wat", "-q", "--dir", mnt, "-o", "1.wasm"]);
    run(&["pack", "1.wasm", "-q", "--dir", over, "-o", "2.wasm"]);
    run(&["pack", "2.wasm", "-q", "--dir", third, "-o", "3.wasm"]);
    let both = ["pack", "app.wat", "-q", "--dir", mnt, "--dir", over];
    run(&[&both[..], &["-o", "both.wasm"]].concat());
    run(&[&both[..], &["--dir", third, "-o", "all.wasm"]].concat());
    assert!(folder.read("2.wasm") == folder.read("both.wasm"));
    assert!(folder.read("3.wasm") == folder.read("all.wasm"));
    // Nothing new: the same again.
    run(&["pack", "3.wasm", "-q", "--dir", third, "-o", "4.wasm"]);
    assert!(folder.read("4.wasm") == folder.read("3.wasm"));
}

#[test]
fn what_a_bundle_has_is_kept() {
    let folder = folder();
    let manifest = r#"manifest-version = 1
[module]
input = "app.wat"
output = "first.wasm"
[link]
host = "none"
memory = "isolated"
[[mount]]
guest = "/tmp"
kind = "tmpfs"
size-limit = "1 MiB"
[[mount]]
guest = "/over"
source = "over"
writable = true
[[file]]
guest = "beside/file"
content = "relative\n"
[[symlink]]
guest = "/away"
target = "/nowhere"
[env]
A = "old"
B = "old"
[args]
default = ["first"]
"#;
    folder.write("first.toml", manifest);
    let second = r#"manifest-version = 1
[module]
input = "first.wasm"
output = "second.wasm"
[[mount]]
guest = "/tmp"
kind = "tmpfs"
size-limit = "2 MiB"
[[file]]
guest = "/away"
content = "here\n"
[env]
B = "new"
"#;
    folder.write("second.toml", second);
    let text = session(
        &folder,
        &[
            &["bundle", "-q", "-m", "first.toml", "--no-lock"],
            &[
                "pack",
                "first.wasm",
                "-q",
                "--dir",
                "mnt::/mnt",
                "-o",
                "packed.wasm",
            ],
            &["diff", "first.wasm", "packed.wasm"],
            &["bundle", "-q", "-m", "second.toml"],
            &["diff", "first.wasm", "second.wasm"],
            &["verify", "second.wasm", "-m", "second.toml"],
            &["plan", "-m", "second.toml"],
            &["why", "/away", "-m", "second.toml"],
            &["why", "beside/file", "-m", "second.toml"],
            &["why", "/over", "-m", "second.toml"],
        ],
    );
    golden("cli/pack-again.txt", &text);
}

#[test]
fn what_another_tool_changed_is_refused() {
    let folder = folder();
    let said = folder.run(&["pack", "app.wat", "-q", "--dir", "mnt::/", "-o", "1.wasm"]);
    assert_eq!(said.code, Some(0));
    let good = folder.read("1.wasm");
    let mut changed = good.clone();
    let at = good
        .windows(6)
        .position(|bytes| bytes == b"_start")
        .unwrap();
    changed[at] = b'-';
    folder.write("changed.wasm", changed);
    let mut nameless = good.clone();
    let at = nameless
        .windows(13)
        .rposition(|bytes| bytes == b"wasi-vfs.undo");
    nameless[at.unwrap()] = b'-';
    folder.write("nameless.wasm", nameless);
    // In its files: whether one of them goes in again or, as here, not.
    let found = wasi_vfs::inspect::find(&good).unwrap();
    let end = found.image_offset() as usize + found.image_size() as usize;
    let mut damaged = good.clone();
    damaged[end - 1] ^= 1;
    folder.write("damaged.wasm", damaged);
    folder.write("cut.wasm", &good[..end - 4]);
    folder.write(
        "base.toml",
        "manifest-version = 1\n[module]\ninput = 'app.wat'\noutput = '2.wasm'\n\
         [[mount]]\nguest = '/base'\nsource = 'damaged.wasm'\nexclude = ['sub']\n",
    );
    let text = session(
        &folder,
        &[
            &["pack", "changed.wasm", "--dir", "over::/", "-o", "2.wasm"],
            &["pack", "nameless.wasm", "--dir", "over::/", "-o", "2.wasm"],
            &["pack", "damaged.wasm", "--dir", "over::/", "-o", "2.wasm"],
            &["bundle", "-m", "base.toml"],
            &["inspect", "damaged.wasm"],
            &["inspect", "cut.wasm"],
        ],
    );
    golden("cli/pack-changed.txt", &text);
}

/// A program that has an interposer of its own, and was bundled with the one of the release.
#[test]
fn the_interposer_stays_the_one_that_it_was_bundled_with() {
    let folder = folder();
    let program = r#"(module
  (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
  (memory (export "memory") 1)
  (table 3 3 funcref)
  (elem (i32.const 1) $close $read)
  (data (i32.const 8) "\ffwasi-vfs pre-linked form 1\ff\02\00\00\00\ff\ff\ff\ff\ff")
  (func $read (param i32 i32 i32)
    (loop (i32.store8 (local.get 0) (local.get 1)))
    (i32.store (i32.const 0) (i32.const 0x76667331)))
  (func (export "_start")))"#;
    folder.write("linked.wat", program);
    for mode in ["auto", "pre-linked", "post-link"] {
        let manifest = format!(
            "manifest-version = 1\n[module]\ninput = 'linked.wat'\noutput = 'first.wasm'\n[link]\nmode = '{mode}'\n"
        );
        folder.write("first.toml", &manifest);
        let said = folder.run(&["bundle", "-q", "-m", "first.toml", "--no-lock"]);
        assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""));
        let said = folder.run(&[
            "pack",
            "first.wasm",
            "-q",
            "--dir",
            "mnt::/",
            "-o",
            "2.wasm",
        ]);
        assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""));
        let interposer = |module: &str| {
            let module = folder.read(module);
            let found = wasi_vfs::inspect::find(&module).unwrap();
            found.record().unwrap().interposer.clone()
        };
        let expected = mode != "post-link";
        assert_eq!(interposer("first.wasm") == "pre-linked", expected, "{mode}");
        assert_eq!(interposer("2.wasm"), interposer("first.wasm"), "{mode}");
    }
}
