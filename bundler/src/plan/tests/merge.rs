//! Several requests in one tree.

use super::{codes, lines, plan, roots};
use crate::source::MemorySource;

#[test]
fn relative_paths_have_roots_of_their_own() {
    let src = MemorySource::new();
    let dir = |guests: &[&str]| {
        let tables = guests
            .iter()
            .map(|guest| format!("[[dir]]\nguest = '{guest}'\n"));
        plan(&tables.collect::<String>(), &src)
    };
    assert_eq!(
        roots(&dir(&["data", "/usr", "data/x", "other"])),
        ["/", "data", "other"]
    );
    assert_eq!(roots(&dir(&["data/x", "data/y"])), ["data/x", "data/y"]);
    assert_eq!(roots(&dir(&["data/x", "data/y", "data"])), ["data"]);
    assert_eq!(roots(&dir(&["data", ".", "-x"])), ["."]);
    assert_eq!(roots(&dir(&["-x", "/", "."])), ["/", "."]);
    // A file is in a directory: that is the root.
    let lone = plan(
        "[[file]]\nguest = 'a.txt'\ncontent = ''\n[[dir]]\nguest = '-d/e'",
        &src,
    );
    assert_eq!(
        lines(&lone),
        ["d0755 .", "d0755 -d", "d0755 -d/e", "f0644 a.txt 0"]
    );
    assert_eq!(roots(&lone), ["."]);
    let deep = plan(
        "[[file]]\nguest = 'x/y/a.txt'\ncontent = ''\n[[file]]\nguest = 'x/y-z'\ncontent = ''",
        &src,
    );
    assert_eq!(
        lines(&deep),
        ["d0755 x", "d0755 x/y", "f0644 x/y-z 0", "f0644 x/y/a.txt 0"]
    );
}

#[test]
fn directories_merge_and_files_override() {
    let src = MemorySource::new()
        .file("m/a/x", "1")
        .file("m/a/sub/y", "1")
        .file("m/b/x", "22")
        .file("m/b/sub/z", "22");
    let text = "[[mount]]\nguest = '/'\nsource = 'a'\n[[mount]]\nguest = '/'\nsource = 'b'\n";
    assert_eq!(codes(text, &src), ["wasi_vfs::plan::clash"]);
    let overriding = format!("{text}overrides = true\ndir-permissions = '0700'\n");
    assert_eq!(
        lines(&plan(&overriding, &src)),
        [
            "d0700 /",
            "d0700 /sub",
            "f0644 /sub/y 1",
            "f0644 /sub/z 2",
            "f0644 /x 2"
        ]
    );
    // A directory that only something below it brought gives way to one that was asked for.
    let asked = "[[dir]]\nguest = '/sub'\npermissions = '0500'\n\
                 [[mount]]\nguest = '/'\nsource = 'a'\ninclude = ['sub/*']\n";
    assert_eq!(
        lines(&plan(asked, &src)),
        ["d0755 /", "d0500 /sub", "f0644 /sub/y 1"]
    );
    // A later table may also replace a directory by a file, or a file by a directory.
    let mount = "[[mount]]\nguest = '/'\nsource = 'a'\n";
    let by_file = format!("{mount}[[file]]\nguest = '/sub'\ncontent = ''\noverrides = true\n");
    assert_eq!(
        lines(&plan(&by_file, &src)),
        ["d0755 /", "f0644 /sub 0", "f0644 /x 1"]
    );
    let by_directory =
        format!("{mount}[[mount]]\nguest = '/x/b'\nsource = 'b/sub'\noverrides = true\n");
    assert_eq!(
        lines(&plan(&by_directory, &src)),
        [
            "d0755 /",
            "d0755 /sub",
            "f0644 /sub/y 1",
            "d0755 /x",
            "d0755 /x/b",
            "f0644 /x/b/z 2"
        ]
    );
    // Only what is later replaces.
    let earlier = format!("[[file]]\nguest = '/sub'\ncontent = ''\noverrides = true\n{mount}");
    assert_eq!(codes(&earlier, &src), ["wasi_vfs::plan::clash"]);
}

#[test]
fn hard_links_stay_links() {
    let linked = |src: MemorySource, path: &str| {
        src.file(path, "x")
            .with(path, |it| it.link_id = Some((1, 2)))
    };
    let mut src = MemorySource::new();
    for path in ["m/s/b", "m/s/a/z", "m/s/c.sh", "m/t/d"] {
        src = linked(src, path);
    }
    let text = "[[mount]]\nguest = '/s'\nsource = 's'\n[[mount.rule]]\nmatch = '*.sh'\npermissions = '+x'\n\
                [[mount]]\nguest = '/t'\nsource = 't'\n";
    // One mode each inode: `c.sh` is a file of its own, as is what another mount has.
    assert_eq!(
        lines(&plan(text, &src)),
        [
            "d0755 /",
            "d0755 /s",
            "d0755 /s/a",
            "f0644 /s/a/z 1",
            "h0644 /s/b = /s/a/z",
            "f0755 /s/c.sh 1",
            "d0755 /t",
            "f0644 /t/d 1",
        ]
    );
}
