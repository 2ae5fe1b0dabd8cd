//! What the tools of today get wrong, one named case each, and right here.
//!
//! Most cases are a line of a transcript. Those are in golden files, which `oracle.rs` holds equal to what the
//! guests say on both engines; here it is said which lines matter and why, so that blessing can't lose them.

#[path = "peers/writing.rs"]
mod writing;

use std::fs;

use wasi_vfs_tests::bundle;
use wasi_vfs_tests::engine::{Engine, Run};
use wasi_vfs_tests::golden;
use wasi_vfs_tests::guest;
use wasi_vfs_tests::transcript::Transcript;

fn transcript(name: &str) -> Transcript {
    let path = golden::path(&format!("transcripts/{name}.txt"));
    Transcript::parse(&fs::read_to_string(path).expect("oracle.rs blesses it"))
}

/// Asserts lines of a section of a golden transcript, the guest in C with both libraries.
#[track_caller]
fn c(section: &str, lines: &[(&str, &str)]) {
    for name in ["c-debian", "c-zig"] {
        check(name, section, lines);
    }
}

/// The same for the guest that calls preview1 directly.
#[track_caller]
fn raw(section: &str, lines: &[(&str, &str)]) {
    check("raw", section, lines);
}

#[track_caller]
fn check(name: &str, section: &str, lines: &[(&str, &str)]) {
    let transcript = transcript(name);
    for (label, value) in lines {
        assert_eq!(
            transcript.value(section, label),
            *value,
            "{name}: [{section}] {label}"
        );
    }
}

#[test]
fn finished_modules_need_no_relinking() {
    for name in ["c-debian", "c-zig", "cpp", "rust", "raw", "cpython"] {
        let text = fs::read_to_string(golden::path(&format!("transcripts/{name}.txt")))
            .expect("oracle.rs blesses it");
        assert!(text.ends_with("done\n"), "{name}");
    }
}

#[test]
fn pread_works_so_mmap_does() {
    c(
        "read pread",
        &[
            ("pread 16 at 0", "16"),
            ("pread 16 at 65530", "6"),
            ("offset stays 7", "7"),
        ],
    );
    c(
        "read mmap",
        &[("mmap", "fnv 2497f10f375373c5"), ("munmap", "0")],
    );
}

#[test]
fn advise_sync_datasync_are_answered() {
    raw(
        "read hints",
        &[
            ("fd_advise 0", "success"),
            ("fd_advise 5", "success"),
            ("fd_sync", "success"),
            ("fd_datasync", "success"),
        ],
    );
}

#[test]
fn renumber_works() {
    raw(
        "read renumber",
        &[
            ("to itself", "success"),
            ("a to b", "success"),
            ("a is closed", "badf"),
            ("b is a", "success 9"),
        ],
    );
    c(
        "read renumber",
        &[
            ("offset moved along to", "1000"),
            ("size moved along to", "4096"),
            ("openat through it file.txt", "0"),
        ],
    );
}

#[test]
fn writes_are_refused_with_the_errno_of_a_read_only_file_system() {
    raw(
        "image change paths",
        &[
            ("path_create_directory new", "rofs"),
            ("path_remove_directory empty-dir", "rofs"),
            ("path_unlink_file file.txt", "rofs"),
            ("path_rename file.txt new", "rofs"),
            ("path_link file.txt new", "rofs"),
            ("path_symlink new", "rofs"),
            ("path_filestat_set_times file.txt", "rofs"),
        ],
    );
    raw(
        "image change descriptors",
        &[
            ("fd_write", "badf"),
            ("fd_pwrite", "badf"),
            ("fd_allocate", "badf"),
            ("fd_filestat_set_size", "inval"),
            ("fd_filestat_set_times", "rofs"),
        ],
    );
}

#[test]
fn poll_answers_for_embedded_descriptors() {
    raw(
        "poll files",
        &[
            (
                "read a file",
                "success 1 [11 success type 1 bytes 4096 flags 0]",
            ),
            (
                "a file and a minute",
                "success 1 [1 success type 1 bytes 0 flags 0]",
            ),
            (
                "a closed descriptor",
                "success 1 [5 badf type 1 bytes 0 flags 0]",
            ),
            (
                "write to stdout and read a file",
                "success, the file is ready: 1",
            ),
        ],
    );
}

#[test]
fn symlinks_are_kept_and_read() {
    c(
        "read paths",
        &[
            ("readlink /link-file", "file.txt"),
            ("readlink /link-dir", "dir"),
            ("readlink /dangling", "nowhere"),
        ],
    );
    raw(
        "read short targets",
        &[(
            "path_readlink link-file into 3",
            "success 3 fil~~~~~~~~~~~~~",
        )],
    );
    raw(
        "read lengths",
        &[("path_readlink file.txt of file.txtGARBAGE", "inval")],
    );
}

#[test]
fn sockets_calls_do_not_reach_another_descriptor() {
    raw(
        "read hints",
        &[
            ("sock_recv file", "notsock"),
            ("sock_send file", "notsock"),
            ("sock_shutdown file", "notsock"),
        ],
    );
}

#[test]
fn trailing_slashes_and_the_root() {
    c(
        "read paths",
        &[
            ("open /", "2"),
            ("open /dir/", "2"),
            ("opendir /dir/", "0"),
            ("open /file.txt/", "notdir"),
            ("open DIRECTORY /", "2"),
        ],
    );
}

#[test]
fn the_empty_path_is_nothing() {
    raw(
        "read lengths",
        &[
            ("path_open length 0", "noent"),
            ("path_filestat_get length 0", "noent"),
        ],
    );
}

#[test]
fn absolute_paths_do_not_start_at_a_descriptor() {
    raw(
        "read lengths",
        &[
            ("path_open absolute /file.txt", "perm"),
            ("path_filestat_get absolute /", "perm"),
        ],
    );
}

#[test]
fn dot_dot_above_the_root_is_refused() {
    raw(
        "read lengths",
        &[
            ("path_open dot dot", "perm"),
            ("path_open dir/../..", "perm"),
            ("path_open dir/..", "success directory"),
        ],
    );
    raw(
        "image open to change",
        &[("from a directory, dot dot", "perm")],
    );
}

#[test]
fn paths_end_at_their_length() {
    raw(
        "read lengths",
        &[
            ("path_open file.txt of file.txtGARBAGE", "success file"),
            ("path_open dir of dir/file.txt", "success directory"),
            ("path_open file.txt NUL x", "inval"),
        ],
    );
}

#[test]
fn negative_and_large_offsets() {
    c(
        "read seek",
        &[
            ("lseek set -1", "inval"),
            ("lseek cur -1 at 0", "inval"),
            ("  offset after cur -1 at 0", "0"),
            ("lseek end -4097", "inval"),
            ("lseek set 4 GiB + 5", "4294967301"),
            ("  read 1 there set 4 GiB + 5", "0"),
            ("lseek on a directory at 0", "badf"),
        ],
    );
    c("read pread", &[("pread 16 at 4 GiB + 3", "0")]);
}

#[test]
fn listings_are_whole_and_sorted() {
    let raw = transcript("raw");
    let names: Vec<&str> = raw
        .lines("image listing")
        .iter()
        .filter_map(|line| line.split_once(" name "))
        .map(|(_, name)| name)
        .collect();
    assert_eq!(
        names,
        [
            ".",
            "..",
            "dangling-deep",
            "file.txt",
            "hard-3",
            "link-up",
            "nested"
        ]
    );
    check(
        "raw",
        "read listing cookies",
        &[
            ("entries", "302"),
            ("the cookie leads to the rest", "302"),
            ("no cookie twice", "1"),
            ("one by one", "302"),
        ],
    );
    check(
        "raw",
        "read listing buffers",
        &[
            ("whole", "success 211 bytes 7 entries"),
            ("smaller buffers", "210 tried, 210 filled, 210 a prefix"),
        ],
    );
    c(
        "read positions",
        &[
            ("entries", "302"),
            ("positions that led elsewhere", "0"),
            ("interleaved listing is the same", "1"),
        ],
    );
}

#[test]
fn open_flags_are_checked() {
    c(
        "read paths",
        &[
            ("open DIRECTORY /file.txt", "notdir"),
            ("open NOFOLLOW /link-file", "loop"),
        ],
    );
    c(
        "image open for writing",
        &[
            ("WRONLY CREAT EXCL /file.txt", "exist"),
            ("WRONLY TRUNC /file.txt", "rofs"),
            ("RDONLY TRUNC /file.txt", "rofs"),
            ("WRONLY /file.txt", "rofs"),
            ("RDWR /file.txt", "rofs"),
            ("WRONLY /dir", "isdir"),
            ("WRONLY CREAT /missing", "rofs"),
            ("RDONLY CREAT /file.txt", "0"),
        ],
    );
}

#[test]
fn closed_descriptors_stay_closed() {
    raw(
        "image the preopen itself",
        &[("close it again", "badf"), ("open from it", "badf")],
    );
    c(
        "read stale descriptors",
        &[
            ("close twice e", "badf"),
            ("read stale e", "badf"),
            ("fstat stale e", "badf"),
        ],
    );
    c(
        "read relative to a descriptor",
        &[("openat on a closed descriptor file.txt", "badf")],
    );
}

#[test]
fn descriptors_are_used_again() {
    c(
        "image descriptor numbers",
        &[
            ("three in a row", "4 5 6"),
            ("lowest free number again", "1"),
            ("2000 in a row", "1, last 2003"),
            ("first hole is filled", "1"),
            (
                "300000 times open and close",
                "highest number 4, 0 pages taken",
            ),
        ],
    );
}

#[test]
fn link_counts_devices_inodes_and_times() {
    raw(
        "read filestat",
        &[(
            "path_filestat_get 1 hard-1",
            "success type 4 mtim 1067901185790123395 size 22 nlink 3 dev set ino set",
        )],
    );
    c(
        "read identities",
        &[
            ("hard links: one inode", "1"),
            ("two files: two inodes", "1"),
            ("root by two names: one inode", "1"),
        ],
    );
    c(
        "image unchanged",
        &[
            ("mtime", "1076543154.654320918"),
            ("atime is mtime", "1"),
            ("ctime is mtime", "1"),
        ],
    );
}

#[test]
fn every_parent_can_be_listed() {
    check(
        "cpython",
        "read tree",
        &[
            ("listdir /", "['app', 'data', 'etc', 'opt', 'var']"),
            ("listdir /opt", "['bin', 'lib']"),
        ],
    );
}

#[test]
fn names_of_any_script_and_length() {
    c(
        "read paths",
        &[
            ("open /日本語/ファイル.txt", "1"),
            ("open /emoji-🦀", "1"),
            ("open /...", "1"),
            ("open /new\\x0aline", "1"),
        ],
    );
    c(
        "read long paths",
        &[(
            "open /nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn...(256 bytes)",
            "1",
        )],
    );
}

/// The old tool's second mount on a directory hid the first, and the order of packing mattered.
#[test]
fn mounts_on_one_directory_are_united_in_any_order() {
    let folder = tempfile::tempdir().expect("can't create a temporary folder");
    for (name, file) in [("one", "a.txt"), ("two", "b.txt")] {
        fs::create_dir(folder.path().join(name)).expect("can't create a folder");
        fs::write(folder.path().join(name).join(file), format!("{file}\n"))
            .expect("can't write a file");
    }
    let module = guest::mix();
    let manifest = |mounts: [&str; 2]| {
        let mounts = mounts.map(|source| {
            format!("[[mount]]\nname = \"{source}\"\nguest = \"/dir\"\nsource = \"{source}\"\n")
        });
        format!(
            "manifest-version = 1\n[module]\ninput = \"{}\"\noutput = \"bundle.wasm\"\n{}",
            module.display(),
            mounts.concat()
        )
    };
    let first =
        fs::read(bundle::bundle(folder.path(), &manifest(["one", "two"]))).expect("was written");
    let bundle = bundle::bundle(folder.path(), &manifest(["two", "one"]));
    assert!(
        first == fs::read(&bundle).expect("was written"),
        "the order of mounts changes the bundle"
    );
    let text = Engine::Wasmtime
        .run(&bundle, &Run::with_args(&["union"]))
        .ok();
    check_text(&text, "list /dir", "a.txt b.txt");
}

#[track_caller]
fn check_text(text: &str, label: &str, value: &str) {
    assert_eq!(
        Transcript::parse(text).value("read a host directory at the same place", label),
        value
    );
}

/// A sparse file of 5 GiB: an error that says so, not a dropped file or a panic.
#[test]
fn a_file_over_4_gib_is_an_error() {
    let folder = tempfile::tempdir().expect("can't create a temporary folder");
    let file = fs::File::create(folder.path().join("large")).expect("can't create a file");
    file.set_len(5 << 30).expect("can't make a sparse file");
    let manifest = format!(
        "manifest-version = 1\n[module]\ninput = \"{}\"\noutput = \"bundle.wasm\"\n[limits]\nfile-size = \"100 GiB\"\nimage-size = \"100 GiB\"\n[[file]]\nguest = \"/large\"\nsource = \"large\"\n",
        guest::mix().display()
    );
    fs::write(folder.path().join("wasi-vfs.toml"), manifest).expect("can't write a manifest");
    let said = bundle::wasi_vfs(folder.path(), &["bundle"]);
    assert_eq!(said.code, Some(1), "{}", said.stderr);
    assert!(
        said.stderr.contains("wasi_vfs::image::too_large"),
        "{}",
        said.stderr
    );
    assert!(!folder.path().join("bundle.wasm").exists());
}
