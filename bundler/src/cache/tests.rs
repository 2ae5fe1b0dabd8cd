use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Cache, LARGE, MOST, Stamp};
use crate::link::Guest;
use crate::output::Sealed;
use crate::{Error, Job, LockUse};

/// A cache that believes what was changed just now.
fn hasty(folder: &Path) -> Cache {
    Cache {
        settled: Duration::ZERO,
        ..Cache::new(folder)
    }
}

fn names(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).into_iter().flatten();
    let mut names: Vec<String> = names
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn large(folder: &Path, name: &str, byte: u8) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, vec![byte; LARGE as usize]).unwrap();
    path
}

#[test]
fn a_digest_belongs_to_a_file_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let cache = hasty(&folder.path().join("cache"));
    let path = large(folder.path(), "file", 1);
    let before = Stamp::of(&path).unwrap();
    assert_eq!(cache.digest(&before), None);
    cache.keep_digest(&before, &[7; 32]);
    assert_eq!(cache.digest(&before), Some([7; 32]));

    // Written again with as many bytes, and the modification time put back, by one who wants to deceive.
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    std::thread::sleep(Duration::from_millis(20));
    large(folder.path(), "file", 2);
    let file = File::options().write(true).open(&path).unwrap();
    file.set_modified(modified).unwrap();
    let after = Stamp::of(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), modified);
    assert_eq!(cache.digest(&after), None);

    // Another file of the same content and time has its own.
    let copy = large(folder.path(), "copy", 2);
    File::options()
        .write(true)
        .open(&copy)
        .and_then(|file| file.set_modified(modified))
        .unwrap();
    cache.keep_digest(&after, &[8; 32]);
    assert_eq!(cache.digest(&Stamp::of(&copy).unwrap()), None);
}

/// It could be changed once more at what its file system takes for the same time.
#[test]
fn a_file_that_was_changed_just_now_is_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let path = large(folder.path(), "file", 1);
    let stamp = Stamp::of(&path).unwrap();
    let cache = Cache::new(folder.path().join("cache"));
    cache.keep_digest(&stamp, &[7; 32]);
    assert_eq!(cache.digest(&stamp), None);
    assert_eq!(hasty(&cache.folder).digest(&stamp), Some([7; 32]));
}

#[test]
fn small_files_and_what_is_no_file_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let cache = hasty(&folder.path().join("cache"));
    let path = folder.path().join("small");
    fs::write(&path, vec![0; LARGE as usize - 1]).unwrap();
    let stamp = Stamp::of(&path).unwrap();
    cache.keep_digest(&stamp, &[7; 32]);
    assert_eq!(cache.digest(&stamp), None);
    assert!(!cache.folder.exists());
    assert_eq!(Stamp::of(folder.path()), None);
    assert_eq!(Stamp::of(&folder.path().join("missing")), None);
}

#[test]
fn a_damaged_entry_says_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let cache = hasty(folder.path());
    let digest = [3; 32];
    let size = LARGE as usize;
    cache.keep_program(&digest, size, b"what was found");
    assert_eq!(
        cache.program(&digest, size).as_deref(),
        Some(&b"what was found"[..])
    );
    assert!(cache.may_know_program(size));
    assert!(!cache.may_know_program(size / 10));
    assert_eq!(cache.program(&digest, size + 1), None);
    let entry = folder.path().join(&names(folder.path())[0]);
    let good = fs::read(&entry).unwrap();
    for end in 0..good.len() {
        fs::write(&entry, &good[..end]).unwrap();
        assert_eq!(cache.program(&digest, size), None, "{end}");
    }
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1;
        fs::write(&entry, bad).unwrap();
        assert_eq!(cache.program(&digest, size), None, "{at}");
    }
    // Another's entry under this one's name.
    cache.keep_program(&[4; 32], size, b"something else");
    let other = names(folder.path()).pop().unwrap();
    fs::rename(folder.path().join(other), &entry).unwrap();
    assert_eq!(cache.program(&digest, size), None);
    // One of a later or earlier version.
    let text = String::from_utf8_lossy(&good).into_owned();
    assert!(text.starts_with(concat!(
        "wasi-vfs ",
        env!("CARGO_PKG_VERSION"),
        " cache 1\n"
    )));
}

#[test]
fn where_nothing_can_be_kept_nothing_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let path = large(folder.path(), "file", 1);
    let cache = hasty(&path.join("cache"));
    let stamp = Stamp::of(&path).unwrap();
    cache.keep_digest(&stamp, &[7; 32]);
    cache.keep_program(&[7; 32], LARGE as usize, b"found");
    assert_eq!(cache.digest(&stamp), None);
    assert_eq!(cache.program(&[7; 32], LARGE as usize), None);
    assert!(!cache.may_know_program(LARGE as usize));
}

#[test]
fn the_oldest_half_goes_when_there_are_too_many() {
    let folder = tempfile::tempdir().unwrap();
    let cache = hasty(folder.path());
    for number in 0..=MOST as u64 {
        let mut digest = [0; 32];
        digest[..8].copy_from_slice(&number.to_be_bytes());
        cache.keep_program(&digest, LARGE as usize, b"found");
        if number == 0 {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    assert_eq!(names(folder.path()).len(), MOST / 2);
    assert_eq!(cache.program(&[0; 32], LARGE as usize), None);
}

/// A program of more than a megabyte that calls WASI in two of its functions, and a folder with large files, two of them alike.
fn project(folder: &Path) -> Job {
    let padding = "\\01".repeat(LARGE as usize);
    let program = format!(
        r#"(module
          (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
          (import "wasi_snapshot_preview1" "path_open"
            (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
          (memory (export "memory") 32)
          (data (i32.const 0) "{padding}")
          (func $none)
          (func (export "_start") (drop (call $close (i32.const 3))) (drop (memory.grow (i32.const 1))))
          (func (export "open") (result i32)
            (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
              (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 0))
            (i32.const 65535) i32.and (drop (memory.size)))
        )"#
    );
    fs::write(folder.join("app.wasm"), wat::parse_str(program).unwrap()).unwrap();
    let tree = folder.join("tree");
    fs::create_dir_all(&tree).unwrap();
    large(&tree, "a", 1);
    large(&tree, "b", 2);
    large(&tree, "c", 1);
    let manifest = "manifest-version = 1\n[module]\ninput = \"app.wasm\"\noutput = \"out.wasm\"\n\
                    [[mount]]\nguest = \"/\"\nsource = \"tree\"\n";
    let path = folder.join("wasi-vfs.toml");
    fs::write(&path, manifest).unwrap();
    Job::new(path)
}

fn bundle(job: &Job, lock: LockUse) -> (Sealed, Vec<u8>) {
    let done = job.clone().lock(lock).run().unwrap();
    let bytes = fs::read(done.output()).unwrap();
    (done.bundled().sealed.clone(), bytes)
}

#[test]
fn a_bundle_is_the_same_whatever_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let job = project(folder.path());
    let (plain, expected) = bundle(&job, LockUse::Ignore);
    assert_eq!(plain.image.saved, LARGE);
    let cache = folder.path().join("cache");
    let job = job.cache(hasty(&cache));
    for kept in [4, 5, 5] {
        let (sealed, bytes) = bundle(&job, LockUse::Ignore);
        assert!(bytes == expected);
        assert_eq!(sealed.image, plain.image);
        // `c` is read to find out that it is `a`, and kept the next time; the program is there twice.
        assert!(names(&cache).len() <= kept, "{:?}", names(&cache));
    }
    let kinds = |kind: &str| {
        let names = names(&cache);
        names.iter().filter(|name| name.starts_with(kind)).count()
    };
    assert_eq!(kinds("program-"), 1);
    assert!(kinds("file-") >= 3);
}

#[test]
fn what_is_known_is_used_but_not_where_a_lock_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    let job = project(folder.path());
    let (honest, expected) = bundle(&job, LockUse::Write);
    let cache = hasty(&folder.path().join("cache"));
    let job = job.cache(cache.clone());
    let stamp = Stamp::of(&folder.path().join("tree/b")).unwrap();
    cache.keep_digest(&stamp, &[7; 32]);
    let (fooled, _) = bundle(&job, LockUse::Ignore);
    let says_so = |sealed: &Sealed| {
        let mut digests = sealed.image.contents.iter();
        digests.any(|digest| digest == Some([7; 32]))
    };
    assert!(says_so(&fooled) && !says_so(&honest));
    let (checked, bytes) = bundle(&job, LockUse::Check);
    assert_eq!(checked.image, honest.image);
    assert!(bytes == expected);
}

/// Between looking a digest up and reading there is time for a change.
#[test]
fn a_known_file_that_changes_meanwhile_is_told() {
    use crate::embed::Progress;
    use std::sync::atomic::{AtomicBool, Ordering};

    /// Writes to a file when the first bytes of it have been read.
    struct Meddler(PathBuf, AtomicBool);
    impl Progress for Meddler {
        fn advance(&self, bytes: u64) {
            if bytes < LARGE && !self.1.swap(true, Ordering::Relaxed) {
                let modified = fs::metadata(&self.0).unwrap().modified().unwrap();
                let file = File::options().write(true).open(&self.0).unwrap();
                std::thread::sleep(Duration::from_millis(20));
                file.set_modified(modified).unwrap();
            }
        }
    }

    let folder = tempfile::tempdir().unwrap();
    let job = project(folder.path()).lock(LockUse::Ignore);
    let job = job.cache(hasty(&folder.path().join("cache")));
    job.run().unwrap();
    let meddler = Meddler(folder.path().join("tree/a"), AtomicBool::new(false));
    let error = job.run_with(&meddler).unwrap_err();
    let Error::Seal(error) = error else {
        panic!("{error:?}");
    };
    let said = format!("{error:?}");
    assert!(said.contains("it was changed while it was read"), "{said}");
}

#[test]
fn a_program_is_known_again_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    project(folder.path());
    let module = fs::read(folder.path().join("app.wasm")).unwrap();
    let guest = Guest::inspect(&module).unwrap();
    let found = guest.found();
    let known = Guest::known(&module, &found).unwrap();
    assert_eq!(format!("{known:?}"), format!("{guest:?}"));
    for end in 0..found.len() {
        assert!(Guest::known(&module, &found[..end]).is_none(), "{end}");
    }
    // Where a number is another, it is refused or names a place where there is such a thing.
    for at in 0..found.len() {
        for change in [1, 2, 0x40, 0x80] {
            let mut other = found.clone();
            other[at] ^= change;
            if let Some(known) = Guest::known(&module, &other) {
                assert_ne!(known.found(), found);
            }
        }
    }
    let other = wat::parse_str(r#"(module (memory (export "memory") 1))"#).unwrap();
    assert!(Guest::known(&other, &found).is_none());
}
