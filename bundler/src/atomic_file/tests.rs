//! An output is there whole or not at all, in every place that it may have.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::Path;

use miette::Diagnostic as _;

use super::*;

fn listing(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn refused(path: &Path, input: &Path, root: Option<&Path>) -> String {
    let error = Pending::create(path, input, root).unwrap_err();
    error.code().unwrap().to_string()
}

#[test]
fn nothing_shows_before_commit_and_nothing_stays_without() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("app.wasm");
    fs::write(&out, "old").unwrap();
    let none = dir.path().join("none");

    let mut dropped = Pending::create(&out, &none, None).unwrap();
    dropped.writer().write_all(b"new").unwrap();
    drop(dropped);
    assert_eq!(fs::read(&out).unwrap(), b"old");
    assert_eq!(listing(dir.path()), ["app.wasm"]);

    let mut kept = Pending::create(&out, &none, None).unwrap();
    kept.writer().write_all(b"new").unwrap();
    assert_eq!(fs::read(&out).unwrap(), b"old");
    kept.commit().unwrap();
    assert_eq!(fs::read(&out).unwrap(), b"new");
    assert_eq!(listing(dir.path()), ["app.wasm"]);
}

#[test]
fn only_the_manifests_own_folder_is_created() {
    let dir = tempfile::tempdir().unwrap();
    let none = dir.path().join("none");
    let out = dir.path().join("dist/deep/app.wasm");
    assert_eq!(
        refused(&out, &none, None),
        "wasi_vfs::output::folder_missing"
    );
    let elsewhere = dir.path().join("other");
    assert_eq!(
        refused(&out, &none, Some(&elsewhere)),
        "wasi_vfs::output::folder_missing"
    );
    assert_eq!(
        refused(&out, &none, Some(Path::new(""))),
        "wasi_vfs::output::folder_missing"
    );
    // What is made for an output that never comes is taken away again.
    drop(Pending::create(&out, &none, Some(dir.path())).unwrap());
    assert_eq!(listing(dir.path()), [""; 0]);
    let up = dir.path().join("a/../../b/app.wasm");
    assert_eq!(
        refused(&up, &none, Some(dir.path())),
        "wasi_vfs::output::folder_missing"
    );
    Pending::create(&out, &none, Some(dir.path()))
        .unwrap()
        .commit()
        .unwrap();
    assert_eq!(listing(&dir.path().join("dist/deep")), ["app.wasm"]);
}

#[test]
fn a_place_that_is_no_file_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let none = dir.path().join("none");
    assert_eq!(
        refused(dir.path(), &none, None),
        "wasi_vfs::output::not_a_file"
    );
    assert_eq!(
        refused(&dir.path().join("x/"), &none, None),
        "wasi_vfs::output::not_a_file"
    );
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    assert_eq!(
        refused(&file, &file, None),
        "wasi_vfs::output::same_as_input"
    );
    assert_eq!(
        refused(&file.join("x"), &none, None),
        "wasi_vfs::output::folder"
    );
}

#[cfg(unix)]
#[test]
fn a_device_is_refused_and_links_are_written_through() {
    use std::os::unix::fs::symlink;
    let dir = tempfile::tempdir().unwrap();
    let none = dir.path().join("none");
    assert_eq!(
        refused(Path::new("/dev/null"), &none, None),
        "wasi_vfs::output::not_a_file"
    );

    fs::create_dir(dir.path().join("real")).unwrap();
    let link = dir.path().join("link");
    symlink("real/app.wasm", &link).unwrap();
    // Dangling at first, existing the second time.
    for text in ["one", "two"] {
        let mut out = Pending::create(&link, &none, None).unwrap();
        out.writer().write_all(text.as_bytes()).unwrap();
        out.commit().unwrap();
        assert_eq!(
            fs::read(dir.path().join("real/app.wasm")).unwrap(),
            text.as_bytes()
        );
        assert!(link.is_symlink());
    }
    assert_eq!(
        refused(&link, &dir.path().join("real/app.wasm"), None),
        "wasi_vfs::output::same_as_input"
    );

    let looped = dir.path().join("loop");
    symlink("loop", &looped).unwrap();
    assert_eq!(refused(&looped, &none, None), "wasi_vfs::output::write");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let out = Pending::create(&dir.path().join("a"), &dir.path().join("b"), None).unwrap();
    let full = File::options()
        .write(true)
        .open("/dev/full")
        .unwrap()
        .write_all(b"x")
        .unwrap_err();
    assert_eq!(
        out.explain(full).code().unwrap().to_string(),
        "wasi_vfs::output::disk_full"
    );
}

#[test]
fn a_draft_with_a_name_of_its_own_becomes_the_output_too() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("app.wasm");
    fs::write(&out, "old").unwrap();

    let mut dropped = Draft::named(dir.path()).unwrap();
    dropped.file.write_all(b"new").unwrap();
    let mut again = String::new();
    dropped
        .reopen()
        .unwrap()
        .read_to_string(&mut again)
        .unwrap();
    assert_eq!(again, "new");
    assert_eq!(listing(dir.path()).len(), 2);
    drop(dropped);
    assert_eq!(listing(dir.path()), ["app.wasm"]);

    let mut kept = Draft::named(dir.path()).unwrap();
    kept.file.write_all(b"new").unwrap();
    kept.persist(&out).unwrap();
    assert_eq!(fs::read(&out).unwrap(), b"new");
    assert_eq!(listing(dir.path()), ["app.wasm"]);
}

/// A process that is killed leaves what has a name; a draft has none.
#[cfg(target_os = "linux")]
#[test]
fn a_draft_shows_nowhere() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("app.wasm");
    let mut draft = Pending::create(&out, &dir.path().join("none"), None).unwrap();
    draft.writer().write_all(b"new").unwrap();
    let mut again = String::new();
    draft.reopen().unwrap().read_to_string(&mut again).unwrap();
    assert_eq!(again, "new");
    assert_eq!(listing(dir.path()), [""; 0]);
    draft.commit().unwrap();
    assert_eq!(listing(dir.path()), ["app.wasm"]);
}

#[cfg(unix)]
#[test]
fn the_umask_decides_who_may_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let none = dir.path().join("none");
    let mode = |name: &str| {
        fs::metadata(dir.path().join(name))
            .unwrap()
            .permissions()
            .mode()
    };
    fs::write(dir.path().join("any"), "").unwrap();
    let out = Pending::create(&dir.path().join("app.wasm"), &none, None).unwrap();
    out.commit().unwrap();
    assert_eq!(mode("app.wasm"), mode("any"));
}
