//! Absolute paths beside relative mounts.

use super::{plan, roots};
use crate::source::MemorySource;

fn source() -> MemorySource {
    MemorySource::new()
        .file("m/s/f", "")
        .file("m/s/sub/g", "")
        .file("m/root/usr/lib/x", "")
        .file("m/root/etc/conf", "")
        .file("m/root/var/empty/.keep", "")
        .file("m/root/top", "")
        .file("m/dot/etc/other", "")
}

/// The preopens, and what is warned of.
fn opened(text: &str) -> (String, Vec<String>) {
    let plan = plan(text, &source());
    let warnings = plan.warnings().iter().map(ToString::to_string).collect();
    (roots(&plan).join(" "), warnings)
}

const DOT: &str = "[[mount]]\nguest = '.'\nsource = 's'\n";

#[test]
fn a_mount_beside_one_at_dot_is_open_by_itself() {
    for (tables, open) in [
        ("[[mount]]\nguest = '/src'\nsource = 's'\n", "/ . /src"),
        (
            "[[mount]]\nguest = '/usr/lib/py'\nsource = 's'\n",
            "/ . /usr/lib/py",
        ),
        ("[[mount]]\nguest = '/tmp'\nkind = 'tmpfs'\n", "/ . /tmp"),
        ("[[mount]]\nguest = '/h'\nkind = 'host'\n", "/ . /h"),
        (
            "[[mount]]\nguest = '/w'\nsource = 's'\nwritable = true\n",
            "/ . /w",
        ),
        // It is there under the very name that the relative mount has, too.
        ("[[mount]]\nguest = '/sub'\nsource = 's'\n", "/ . /sub"),
        ("[[dir]]\nguest = '/var/cache'\n", "/ . /var/cache"),
        // One inside another has the longer name.
        (
            "[[mount]]\nguest = '/a'\nsource = 's'\n[[mount]]\nguest = '/a/b'\nsource = 's'\n",
            "/ . /a /a/b",
        ),
        // What is no mount is in the highest directory that the relative mount does not have.
        (
            "[[file]]\nguest = '/etc/ssl/cert'\ncontent = ''\n",
            "/ . /etc",
        ),
        (
            "[[file]]\nguest = '/sub/own/f'\ncontent = ''\n",
            "/ . /sub/own",
        ),
        ("[[symlink]]\nguest = '/bin/sh'\ntarget = 'f'\n", "/ . /bin"),
        (
            "[[mount]]\nguest = '/usr/lib/py.zip'\nsource = 's/f'\n",
            "/ . /usr",
        ),
    ] {
        let (found, warnings) = opened(&format!("{DOT}{tables}"));
        assert_eq!((found.as_str(), warnings.len()), (open, 0), "{tables}");
    }
}

#[test]
fn without_a_relative_mount_in_the_way_nothing_more_is_open() {
    let src = "[[mount]]\nguest = '/src'\nsource = 's'\n";
    for (tables, open) in [
        (src.to_owned(), "/"),
        (DOT.to_owned(), "."),
        (format!("{src}[[mount]]\nguest = 'x'\nsource = 's'\n"), "/ x"),
        // `/src-2` does not begin with `src`.
        ("[[mount]]\nguest = 'src'\nsource = 's'\n[[mount]]\nguest = '/src-2'\nsource = 's'\n".to_owned(), "/ src"),
        ("[[mount]]\nguest = 'src'\nsource = 's'\n[[mount]]\nguest = '/src/in/it'\nsource = 's'\n".to_owned(), "/ /src/in/it src"),
    ] {
        let (found, warnings) = opened(&tables);
        assert_eq!((found.as_str(), warnings.len()), (open, 0), "{tables}");
    }
}

#[test]
fn a_whole_root_beside_dot_is_open_by_its_directories() {
    let root = "[[mount]]\nguest = '/'\nsource = 'root'\n";
    let dot = "[[mount]]\nguest = '.'\nkind = 'tmpfs'\n";
    let (found, warnings) = opened(&format!("{root}{dot}"));
    assert_eq!(found, "/ . /etc /usr /var");
    assert_eq!(
        warnings,
        [
            "most programs can't see `/top`: wasi-libc makes no difference between `/` and `.`, and looks in the mount at `.` only"
        ]
    );
    // Where both have a directory, its files are those of the relative mount.
    let dot = "[[mount]]\nguest = '.'\nsource = 'dot'\n";
    let (found, warnings) = opened(&format!("{root}{dot}"));
    assert_eq!(found, "/ . /usr /var");
    assert!(
        warnings[0].contains("can't see `/etc/conf`, `/top`:"),
        "{warnings:?}"
    );
    // A writable root is one tree.
    let root = "[[mount]]\nguest = '/'\nsource = 'root'\nwritable = true\n";
    let (found, warnings) = opened(&format!("{root}{dot}"));
    assert_eq!((found.as_str(), warnings.len()), ("/ .", 1));
}

#[test]
fn one_name_with_and_without_a_slash_is_one_for_wasi_libc() {
    let both = "[[mount]]\nguest = 'x'\nsource = 's'\n[[mount]]\nguest = '/x'\nsource = 's'\n";
    let (found, warnings) = opened(both);
    assert_eq!(found, "/ /x x");
    assert_eq!(warnings.len(), 1, "{warnings:?}");
}
