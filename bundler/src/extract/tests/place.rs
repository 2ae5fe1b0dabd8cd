//! Modes, times, links and places; what `force` replaces; tars.

use std::collections::BTreeMap;
use std::io::Read as _;

use miette::Diagnostic as _;
use vfs_image::fuzz::Rng;

use super::*;
use crate::embed::tests::random;
use crate::image::{Row, RowKind};
use crate::read_at::ReadAt;

const TREE: [&str; 11] = [
    "drwxr-x--- 0 7  ",
    "drwxr-xr-x 0 0 @cwd ",
    "drwxr-xr-x 0 0 @cwd/data ",
    "-rw-r----- 1 2000000000000000000 @cwd/data/x ",
    "dr-xr-xr-x 0 3 bin ",
    "-rwxr-xr-x 2 4 bin/tool tool",
    "-rwxr-xr-x 2 4 bin/z tool",
    "d--------- 0 1000000000 closed ",
    "---------- 1 2000000001 closed/secret s",
    "lrwxrwxrwx 0 5500000000 link -> ../../etc",
    "drwxrwxrwt 0 6 tmp ",
];

#[test]
fn modes_and_times_are_kept() {
    let folder = Folder::new();
    let target = folder.path().join("new");
    let done = extract(&tree(), &target, false).unwrap();
    let seen = lines(&target);
    assert_eq!(seen, TREE);
    // `tool`, once, and `/tmp`.
    assert_eq!(done.without_special_bits, 2);
    assert!(done.relative);
    let totals = done.totals;
    assert_eq!(
        (
            totals.files,
            totals.hard_links,
            totals.symlinks,
            totals.directories,
            totals.bytes
        ),
        (3, 1, 1, 5, 5)
    );
}

#[test]
fn a_target_that_was_there_keeps_its_own_mode_and_time() {
    let folder = Folder::new();
    let before = fs::metadata(folder.path()).unwrap().permissions().mode();
    extract(&tree(), folder.path(), false).unwrap();
    assert_eq!(
        fs::metadata(folder.path()).unwrap().permissions().mode(),
        before
    );
    assert_eq!(lines(folder.path())[1..], TREE[1..]);
}

/// A second time, everything is replaced: also read-only directories, also what is now of another kind.
#[test]
fn force_replaces_what_has_the_same_names_and_leaves_the_rest() {
    let folder = Folder::new();
    let target = folder.path().join("t");
    extract(&tree(), &target, false).unwrap();
    assert_eq!(
        extract(&tree(), &target, false)
            .unwrap_err()
            .code()
            .unwrap()
            .to_string(),
        "wasi_vfs::extract::not_empty"
    );
    fs::write(target.join("tmp/mine"), "mine").unwrap();
    fs::remove_file(target.join("link")).unwrap();
    fs::write(target.join("link"), "a file").unwrap();
    extract(&tree(), &target, true).unwrap();
    let mut seen = lines(&target);
    assert!(seen.pop().unwrap().ends_with(" tmp/mine mine"));
    // A target that was there keeps its own.
    assert_eq!(seen[1..], TREE[1..]);
}

#[test]
fn a_directory_is_never_replaced_by_a_file() {
    let folder = Folder::new();
    fs::create_dir_all(folder.path().join("link/full")).unwrap();
    let error = extract(&tree(), folder.path(), true).unwrap_err();
    assert_eq!(
        error.code().unwrap().to_string(),
        "wasi_vfs::extract::occupied"
    );
    assert!(folder.path().join("link/full").is_dir());
}

/// Symlinks that lie in the target before lead nowhere: what they lead to stays as it was.
#[test]
fn nothing_goes_through_a_symlink_or_a_hard_link_of_the_target() {
    let folder = Folder::new();
    let outside = folder.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("tool"), "theirs").unwrap();
    fs::write(outside.join("x"), "theirs").unwrap();
    let before = lines(&outside);
    let target = folder.path().join("t");
    fs::create_dir_all(target.join("@cwd/data")).unwrap();
    std::os::unix::fs::symlink(&outside, target.join("bin")).unwrap();
    std::os::unix::fs::symlink(outside.join("new"), target.join("link")).unwrap();
    fs::hard_link(outside.join("x"), target.join("@cwd/data/x")).unwrap();
    extract(&tree(), &target, true).unwrap();
    assert_eq!(lines(&outside), before);
    assert_eq!(lines(&target)[1..], TREE[1..]);
}

#[test]
fn a_target_that_was_made_is_gone_after_a_failure() {
    /// Contents can't be read; metadata can.
    #[derive(Debug)]
    struct Broken(Vec<u8>, u64);
    impl ReadAt for Broken {
        fn size(&self) -> u64 {
            self.0.len() as u64
        }
        fn read_at(&self, out: &mut [u8], offset: u64) -> std::io::Result<usize> {
            match offset >= self.1 {
                true => Err(std::io::Error::other("bad sector")),
                false => self.0.read_at(out, offset),
            }
        }
    }
    let bytes = tree();
    let found = inspect::find(&bytes).unwrap();
    let contents = found.image_offset() + u64::from(found.metadata_size());
    let found = inspect::find_in(Box::new(Broken(bytes.clone(), contents))).unwrap();
    let selection = Selection::new(found.rows().unwrap().iter(), &[]).unwrap();
    let folder = Folder::new();
    let target = folder.path().join("new");
    let error = to_directory(&found, &selection, &target, false, &()).unwrap_err();
    assert_eq!(error.to_string(), "it can't be read: bad sector");
    assert!(!target.exists());
    let failed = to_tar(&found, &selection, &mut Vec::new(), &()).unwrap_err();
    assert_eq!(failed.to_string(), "it can't be read: bad sector");
}

#[test]
fn only_what_is_asked_for_with_the_directories_above() {
    let bytes = tree();
    let found = inspect::find(&bytes).unwrap();
    let rows = found.rows().unwrap();
    let places = |paths: &[&str]| -> Result<Vec<String>, String> {
        let paths: Vec<_> = paths.iter().map(|path| (*path).to_owned()).collect();
        match Selection::new(rows.iter(), &paths) {
            Ok(selection) => Ok(selection
                .items
                .into_iter()
                .map(|(place, _)| place.into())
                .collect()),
            Err(error) => Err(error.to_string()),
        }
    };
    assert_eq!(places(&["/bin/z"]).unwrap(), ["", "bin", "bin/z"]);
    assert_eq!(
        places(&["/bin/", "data"]).unwrap(),
        [
            "",
            "@cwd",
            "@cwd/data",
            "@cwd/data/x",
            "bin",
            "bin/tool",
            "bin/z"
        ]
    );
    assert_eq!(places(&["/"]).unwrap().len(), 8);
    assert_eq!(places(&["/bni"]).unwrap_err(), "it has no entry `/bni`");
    assert_eq!(
        places(&["/../etc"]).unwrap_err(),
        "invalid guest path `/../etc`: it contains `..`"
    );

    // The second name of a file is its content when the first is not asked for.
    let selection = Selection::new(rows.iter(), &["/bin/z".to_owned()]).unwrap();
    let folder = Folder::new();
    to_directory(&found, &selection, folder.path(), false, &()).unwrap();
    assert_eq!(fs::read(folder.path().join("bin/z")).unwrap(), b"tool");
}

#[test]
fn a_tar_says_the_same_and_is_always_the_same() {
    let bytes = tree();
    let found = inspect::find(&bytes).unwrap();
    let written = tar(&found);
    assert_eq!(written, tar(&found));
    let mut archive = tar::Archive::new(&written[..]);
    let entries: Vec<_> = archive
        .entries()
        .unwrap()
        .map(|entry| {
            let mut entry = entry.unwrap();
            let header = entry.header();
            let kind = header.entry_type().as_byte() as char;
            let ids = (header.uid().unwrap(), header.gid().unwrap());
            assert_eq!(ids, (0, 0));
            let (mode, time) = (header.mode().unwrap(), header.mtime().unwrap());
            let link = entry.link_name().unwrap();
            let link = link.map(|link| format!(" = {}", link.display()));
            let path = entry.path().unwrap().display().to_string();
            let mut text = String::new();
            entry.read_to_string(&mut text).unwrap();
            format!(
                "{kind} {mode:04o} {time} {path} {text}{}",
                link.unwrap_or_default()
            )
        })
        .collect();
    assert_eq!(
        entries,
        [
            "5 0750 0 ./ ",
            "5 0755 0 @cwd/ ",
            "5 0755 0 @cwd/data/ ",
            "0 0640 2000000000 @cwd/data/x ",
            "5 0555 0 bin/ ",
            "0 6755 0 bin/tool tool",
            "1 6755 0 bin/z  = bin/tool",
            "5 0000 1 closed/ ",
            "0 0000 2 closed/secret s",
            "2 0777 5 link  = ../../etc",
            "5 3777 0 tmp/ ",
        ]
    );
    // What the headers can't tell.
    let text = String::from_utf8_lossy(&written);
    for record in [
        " mtime=0.000000007\n",
        " mtime=5.5\n",
        " mtime=2.000000001\n",
    ] {
        assert!(text.contains(record), "{record}");
    }
}

/// Names and targets longer than a header's field, also where the limit falls into a character; times after 2242.
#[test]
fn a_tar_holds_what_a_header_has_no_room_for() {
    let name = format!("{}é{}", "n".repeat(98), "m".repeat(100));
    let path = format!("/{name}/{name}");
    let late = u64::MAX;
    let bytes = module(&image(vec![
        dir("/"),
        dir(&format!("/{name}")),
        with(file(&path, b"x"), 0o644, late),
        link(&format!("{path}-z"), &path),
        symlink("/s", &format!("{name}/{name}")),
    ]));
    let written = tar(&inspect::find(&bytes).unwrap());
    let mut archive = tar::Archive::new(&written[..]);
    let mut names = Vec::new();
    for entry in archive.entries().unwrap() {
        let entry = entry.unwrap();
        let link = entry
            .link_name()
            .unwrap()
            .map(|link| link.display().to_string());
        names.push((entry.path().unwrap().display().to_string(), link));
    }
    let long = &path[1..];
    assert_eq!(
        names,
        [
            ("./".to_owned(), None),
            (format!("{name}/"), None),
            (long.to_owned(), None),
            (format!("{long}-z"), Some(long.to_owned())),
            ("s".to_owned(), Some(long.to_owned())),
        ]
    );
    assert!(String::from_utf8_lossy(&written).contains(" mtime=18446744073.709551615\n"));
}

/// What can be compared with the work of the crate that unpacks tars: it knows whole seconds only, and no times of
/// symlinks and directories.
fn shape(root: &Path) -> Vec<String> {
    let lines = lines(root).into_iter().skip(1);
    let line = |line: String| {
        let mut parts: Vec<_> = line.splitn(4, ' ').collect();
        parts.remove(2);
        let mode = parts[0].replace('s', "x").replace('S', "-");
        format!("{mode} {}", parts[1..].join(" "))
    };
    lines.map(line).collect()
}

/// `/z` is listed before `a`, and its place comes after that of `a`.
#[test]
fn the_first_place_of_a_file_has_its_content() {
    let bytes = module(&image(vec![
        dir("/"),
        file("/z", b"content"),
        dir("."),
        link("a", "/z"),
    ]));
    let found = inspect::find(&bytes).unwrap();
    let written = tar(&found);
    let mut archive = tar::Archive::new(&written[..]);
    let kinds: Vec<_> = archive
        .entries()
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let path = entry.path().unwrap().display().to_string();
            (path, entry.header().entry_type())
        })
        .collect();
    assert_eq!(kinds[2], ("@cwd/a".to_owned(), tar::EntryType::Regular));
    assert_eq!(kinds[3], ("z".to_owned(), tar::EntryType::Link));
}

/// Random trees: what lies in the directory, and in the tar, is what the image lists.
#[test]
fn random_trees_come_back() {
    let mut rng = Rng::new(4);
    for _ in 0..30 {
        let bytes = module(&image(random::entries(&mut rng, 60)));
        let found = inspect::find(&bytes).unwrap();
        let rows = found.rows().unwrap();
        let folder = Folder::new();
        let target = folder.path().join("t");
        extract(&bytes, &target, false).unwrap();

        let on_disk = |row: &Row| match row.path.strip_prefix('/') {
            Some(path) => target.join(path),
            None => target.join("@cwd").join(&row.path),
        };
        let seen = shape(&target);
        let mut inodes = BTreeMap::new();
        for row in &rows {
            let path = on_disk(&row);
            let there = fs::symlink_metadata(&path).unwrap();
            let time = there.mtime() as u64 * 1_000_000_000 + there.mtime_nsec() as u64;
            // Symlinks have no mode of their own, and file systems no times as late as an image (ext4: 2446).
            if !there.is_symlink() {
                assert_eq!(there.mode(), row.mode & !0o6000, "{}", row.path);
            }
            if row.time_ns < 15_000_000_000 * 1_000_000_000 {
                assert_eq!(time, row.time_ns, "{}", row.path);
            }
            match &row.kind {
                // Others than root see what is in it only now.
                RowKind::Directory => {
                    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
                }
                RowKind::Symlink { target } => {
                    assert_eq!(
                        fs::read_link(&path).unwrap().to_str(),
                        Some(target.as_str())
                    );
                }
                RowKind::File { offset, .. } => {
                    let mut content = Vec::new();
                    found
                        .content(*offset, row.size)
                        .read_to_end(&mut content)
                        .unwrap();
                    let mode = fs::Permissions::from_mode;
                    fs::set_permissions(&path, mode(0o600)).unwrap();
                    assert_eq!(fs::read(&path).unwrap(), content);
                    fs::set_permissions(&path, mode(row.mode & 0o1777)).unwrap();
                    let inode = inodes.entry(row.node).or_insert(there.ino());
                    assert_eq!((*inode, there.nlink()), (there.ino(), u64::from(row.nlink)));
                }
            }
        }
        let known: std::collections::BTreeSet<_> = rows.iter().map(|row| on_disk(&row)).collect();
        for entry in walkdir::WalkDir::new(&target) {
            let path = entry.unwrap().into_path();
            let above = path == target || path == target.join("@cwd");
            assert!(above || known.contains(&path), "{}", path.display());
        }

        let unpacked = folder.path().join("u");
        fs::create_dir(&unpacked).unwrap();
        let mut archive = tar::Archive::new(std::io::Cursor::new(tar(&found)));
        archive.set_preserve_permissions(true);
        archive.unpack(&unpacked).unwrap();
        assert_eq!(shape(&unpacked), seen);
    }
}
