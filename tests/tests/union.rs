//! Host directories at the places of embedded ones, and mounts whose names wasi-libc takes for one: a program sees what it
//! sees when all of it are directories of the host.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use wasi_vfs_tests::bundle;
use wasi_vfs_tests::engine::{Engine, Run};
use wasi_vfs_tests::guest::{self, Libc, behaviour, pre_linked};

/// A folder with these files, each of which says whose it is.
fn folder(files: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().expect("can't create a temporary folder");
    for file in files {
        write(folder.path(), file, file.split('/').next().expect("a name"));
    }
    folder
}

fn write(folder: &Path, file: &str, owner: &str) {
    let path = folder.join(file);
    let parent = path.parent().expect("lies in the folder");
    fs::create_dir_all(parent).expect("can't create a folder");
    fs::write(path, format!("{owner}\n")).expect("can't write a file");
}

/// The program with both C libraries, linked afterwards and with `libwasi_vfs.a`.
fn programs() -> Vec<PathBuf> {
    let programs = Libc::ALL.map(|libc| {
        [
            behaviour(libc, "union.c", &["-O1"]),
            pre_linked::behaviour(libc, "union.c", &["-O1"]),
        ]
    });
    programs.into_iter().flatten().collect()
}

/// The program in a bundle with these tables.
fn bundled(folder: &Path, program: &Path, tables: &str) -> PathBuf {
    let program = program.display();
    let head =
        format!("manifest-version = 1\n[module]\ninput = \"{program}\"\noutput = \"o.wasm\"\n");
    bundle::bundle(folder, &format!("{head}{tables}"))
}

/// What a module says of these words, with directories below the folder at these guest paths.
fn say(module: &Path, folder: &Path, dirs: &[(&str, &str)], words: &str) -> String {
    let words: Vec<&str> = words.split_whitespace().collect();
    let mut run = Run::with_args(&words);
    for (host, guest) in dirs {
        run = run.dir(&folder.join(host), guest);
    }
    Engine::Wasmtime.run(module, &run).ok()
}

const READING: &str = "cat /data/both cat /data/one cat /data/two cat /data/none \
    cat /data/sub/both cat /data/sub/one cat /data/sub/two cat /data/sub/../both cat /data/alone/../two \
    ls /data ls /data/sub ls /data/alone at /data both at /data two at /data sub/two at /data/sub two at /data/sub ../both";

/// Of two directories that are united, the program sees what it sees of one in which the first was copied over the second.
#[test]
fn two_directories_read_as_one() {
    let files = ["both", "sub/both"];
    let first = ["one", "sub/one", "alone/one"];
    let second = ["two", "sub/two"];
    for (policy, embedded) in [("fallback", &first[..]), ("override", &second[..])] {
        let host = if policy == "fallback" {
            &second[..]
        } else {
            &first[..]
        };
        let folder = folder(&[]);
        for file in files.iter().chain(embedded) {
            write(folder.path(), &format!("embedded/{file}"), "embedded");
        }
        for file in files.iter().chain(host) {
            for place in ["host", "above/data", "outer/data"] {
                write(folder.path(), &format!("{place}/{file}"), "host");
            }
        }
        // Host first, so that what comes first is copied over it.
        let order = if policy == "fallback" {
            ["host", "embedded"]
        } else {
            ["embedded", "host"]
        };
        for owner in order {
            let of_owner = if owner == "host" { host } else { embedded };
            for file in files.iter().chain(of_owner) {
                write(folder.path(), &format!("merged/{file}"), owner);
            }
        }
        for program in programs() {
            let alone = say(&program, folder.path(), &[("merged", "/data")], READING);
            // From a preopen no `..` leads out.
            let nested = [("merged", "/data"), ("merged/sub", "/data/sub")];
            let nested = say(&program, folder.path(), &nested, READING);
            let tables = format!(
                "[link]\nhost = \"{policy}\"\n[[mount]]\nguest = \"/data\"\nsource = \"embedded\"\n"
            );
            for writable in ["", "writable = true\n"] {
                let bundle = bundled(folder.path(), &program, &format!("{tables}{writable}"));
                for dirs in [
                    &[("host", "/data")][..],
                    &[("host", "data")],
                    &[("outer", "/"), ("host", "/data")],
                    &[("host", "/data"), ("outer", "/")],
                    &[("host", "/data"), ("host/sub", "/data/sub")],
                    &[("above", "/")],
                ] {
                    // What is above a writable mount does not show in it.
                    if dirs == [("above", "/")] && !writable.is_empty() {
                        continue;
                    }
                    let said = say(&bundle, folder.path(), dirs, READING);
                    let inside = dirs.iter().any(|dir| dir.1 == "/data/sub");
                    let expected = if inside { &nested } else { &alone };
                    assert_eq!(
                        &said,
                        expected,
                        "{} {policy} {writable}{dirs:?}",
                        program.display()
                    );
                }
            }
        }
    }
}

/// The names of the files below a folder that have been written or made.
fn changed(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut left = vec![folder.to_owned()];
    while let Some(directory) = left.pop() {
        for entry in fs::read_dir(directory).expect("can't list a folder") {
            let path = entry.expect("can't list a folder").path();
            if path.is_dir() {
                left.push(path);
            } else if fs::read_to_string(&path).expect("can't read a file") != "host\n" {
                let name = path.strip_prefix(folder).expect("lies in the folder");
                found.push(name.display().to_string());
            }
        }
    }
    found.sort();
    found
}

/// New names are the host's; embedded ones are what their mount is.
#[test]
fn what_is_written_goes_to_its_owner() {
    let words = "put /data/new put /data/sub/new mkdir /data/made put /data/made/new put /data/host \
        put /data/embedded put /data/alone/new mv /data/new /data/moved mv /data/embedded /data/renamed mv /data/host /data/embedded \
        ln /data/moved /data/linked rm /data/sub/new cat /data/embedded cat /data/renamed ls /data ls /data/alone";
    for (kind, expected, kept) in [
        (
            "source = \"embedded\"\n",
            "put /data/embedded: EROFS|put /data/alone/new: EROFS|mv /data/embedded: EXDEV|mv /data/host: EXDEV|\
             /data/embedded: embedded|/data/renamed: ENOENT|ls /data: alone embedded host linked made moved sub|ls /data/alone: embedded",
            "host linked made/new moved",
        ),
        (
            "source = \"embedded\"\nwritable = true\n",
            "put /data/embedded: done|put /data/alone/new: done|mv /data/embedded: done|mv /data/host: EXDEV|\
             /data/embedded: ENOENT|/data/renamed: written|ls /data: alone host linked made moved renamed sub|ls /data/alone: embedded new",
            "host linked made/new moved",
        ),
        (
            "kind = \"tmpfs\"\n",
            "put /data/embedded: done|put /data/alone/new: ENOENT|mv /data/embedded: done|mv /data/host: done|\
             /data/embedded: written|/data/renamed: written|ls /data: embedded linked made moved renamed sub|ls /data/alone: ENOENT",
            "embedded linked made/new moved renamed",
        ),
    ] {
        for program in programs() {
            let folder = folder(&[
                "embedded/embedded",
                "embedded/alone/embedded",
                "embedded/sub/embedded",
                "host/host",
                "host/sub/host",
            ]);
            let tables = format!("[[mount]]\nguest = \"/data\"\n{kind}");
            let bundle = bundled(folder.path(), &program, &tables);
            let said = say(&bundle, folder.path(), &[("host", "/data")], words);
            for line in expected.split('|') {
                assert!(
                    said.lines().any(|said| said == line),
                    "{kind}: no `{line}` in\n{said}"
                );
            }
            for line in [
                "put /data/new",
                "put /data/sub/new",
                "mkdir /data/made",
                "put /data/made/new",
                "put /data/host",
                "mv /data/new",
                "ln /data/moved",
                "rm /data/sub/new",
            ] {
                assert!(
                    said.contains(&format!("{line}: done\n")),
                    "{kind}: {line}\n{said}"
                );
            }
            assert_eq!(
                changed(&folder.path().join("host")).join(" "),
                kept,
                "{kind}"
            );
        }
    }
}

/// A mount at `.`, or at another relative path, hides no absolute mount: wasi-libc takes the longest name.
#[test]
fn absolute_mounts_are_seen_beside_relative_ones() {
    let folder = folder(&[
        "src/a",
        "src/sub/b",
        "dot/b",
        "dot/src/hidden",
        "work/w",
        "work/b",
    ]);
    let words = "cat /src/a cat /src/sub/b cat src/a cat ./src/a cat b cat ./b cat /b cat /src/hidden cat src/hidden cat /x/y/a cat x/b cat /usr/lib/src/a cat /no \
        ls . ls /src ls src ls /x/y ls x at /src sub/b at . b";
    for guests in [
        &[("src", "/src"), ("dot", ".")][..],
        &[("src", "/usr/lib/src"), ("dot", ".")],
        &[("src", "/x/y"), ("dot", "x")],
        &[("src", "/x/y"), ("src", "/src"), ("dot", ".")],
        &[("src", "/src"), ("src", "/src/sub/deep"), ("dot", "./")],
    ] {
        let tables: String = guests
            .iter()
            .map(|(source, guest)| {
                format!("[[mount]]\nguest = \"{guest}\"\nsource = \"{source}\"\noverrides = true\n")
            })
            .collect();
        for program in programs() {
            let bundle = bundled(folder.path(), &program, &tables);
            let said = say(&bundle, folder.path(), &[], words);
            // The tree shows what is mounted inside a mount; a directory of the host does not.
            if guests.iter().all(|guest| guest.1 != "/src/sub/deep") {
                let expected = say(&program, folder.path(), guests, words);
                assert_eq!(said.lines().count(), expected.lines().count());
                for (said, expected) in said.lines().zip(expected.lines()) {
                    // Without a root, wasi-libc has no preopen for some paths: each version says so by another error.
                    let failed = ["Capabilities insufficient", "ENOENT"];
                    let root = guests.iter().any(|guest| guest.1.starts_with('.'));
                    if root || !failed.iter().any(|failed| expected.ends_with(failed)) {
                        assert_eq!(said, expected, "{} {guests:?}", program.display());
                    }
                }
            }
            assert!(
                said.contains(": src\n") && said.contains(": dot\n"),
                "{said}"
            );
            // A host directory at `.` is united with what is embedded there.
            if guests[0].1 == "/src" {
                let said = say(
                    &bundle,
                    folder.path(),
                    &[("work", ".")],
                    "cat w cat b cat /src/a ls .",
                );
                assert_eq!(said, "w: work\nb: dot\n/src/a: src\nls .: b src w\n");
            }
        }
    }
}

/// A host directory at `.` beside what is embedded below `/`.
#[test]
fn a_host_directory_at_dot_is_seen_beside_the_tree() {
    let folder = folder(&["src/a", "work/w", "work/src/a"]);
    for program in programs() {
        let tables = "[[mount]]\nguest = \"/src\"\nsource = \"src\"\n";
        let bundle = bundled(folder.path(), &program, tables);
        let said = say(
            &bundle,
            folder.path(),
            &[("work", ".")],
            "cat w cat ./w cat /src/a cat src/a ls .",
        );
        assert_eq!(
            said,
            "w: work\n./w: work\n/src/a: src\nsrc/a: src\nls .: src w\n"
        );
    }
}

/// Through the root alone, as a program without a C library looks.
#[test]
fn a_program_that_knows_the_root_only_sees_both() {
    let folder = folder(&["embedded/both.txt", "embedded/only.txt", "host/both.txt"]);
    let program = guest::sources().join("wat/both.wat");
    let tables = "[[mount]]\nguest = \"/data\"\nsource = \"embedded\"\n";
    for (link, both) in [("", "embedded"), ("[link]\nhost = \"override\"\n", "host")] {
        let bundle = bundled(folder.path(), &program, &format!("{link}{tables}"));
        for (dirs, both) in [(&[][..], "embedded"), (&[("host", "/data")], both)] {
            let said = say(&bundle, folder.path(), dirs, "");
            assert_eq!(said, format!("embedded\n{both}\n"), "{link}{dirs:?}");
        }
    }
}
