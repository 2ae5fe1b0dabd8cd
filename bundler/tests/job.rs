//! `wasi_vfs::Job`: the whole job as a library, on disk.

use std::fs;
use std::path::{Path, PathBuf};

use miette::Diagnostic as _;
use tempfile::TempDir;
use wasi_vfs::{Error, Job, LockUse, inspect};

const MANIFEST: &str = r#"manifest-version = 1
[module]
input = "app.wat"
output = "dist/app.wasm"
[[mount]]
guest = "/data"
source = "tree"
exclude = ["skipped"]
[[file]]
guest = "/etc/motd"
source = "motd.txt"
[[mount]]
guest = "/more"
source = "none"
optional = true
"#;

const PROGRAM: &str = r#"(module (memory (export "memory") 1) (func (export "_start")))"#;

fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, content) in [
        ("wasi-vfs.toml", MANIFEST),
        ("app.wat", PROGRAM),
        ("motd.txt", "hello\n"),
        ("tree/a", "1"),
        ("tree/sub/b", "2"),
        ("tree/skipped/c", "3"),
    ] {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

fn below(folder: &TempDir, paths: impl Iterator<Item = impl AsRef<Path>>) -> Vec<String> {
    let name = |path: &Path| path.strip_prefix(folder.path()).map(Path::to_path_buf);
    paths
        .map(|path| name(path.as_ref()).unwrap().display().to_string())
        .collect()
}

#[test]
fn a_job_makes_the_bundle_and_tells_what_it_depends_on() {
    let folder = folder();
    let done = Job::new(folder.path().join("wasi-vfs.toml")).run().unwrap();
    assert_eq!(done.output(), folder.path().join("dist/app.wasm"));
    assert_eq!(done.digest(), None);
    let module = fs::read(done.output()).unwrap();
    assert_eq!(done.bundled().sealed.size, module.len() as u64);
    inspect::find(&module).unwrap().check().unwrap();

    let inputs = done.inputs();
    assert_eq!(
        below(&folder, inputs.files()),
        [
            "app.wat",
            "motd.txt",
            "tree/a",
            "tree/sub/b",
            "wasi-vfs.toml"
        ]
    );
    assert_eq!(below(&folder, inputs.directories()), ["tree", "tree/sub"]);
    assert_eq!(below(&folder, inputs.missing()), ["none"]);
    assert_eq!(inputs.all().count(), 7);
}

#[test]
fn the_output_can_be_elsewhere_in_a_folder_that_exists() {
    let (folder, out) = (folder(), TempDir::new().unwrap());
    let job = Job::new(folder.path().join("wasi-vfs.toml"));
    let done = job
        .clone()
        .output(out.path().join("x.wasm"))
        .with_digest()
        .run()
        .unwrap();
    assert!(done.digest().unwrap().starts_with("sha256:"));
    assert!(!folder.path().join("dist").exists());
    assert!(out.path().join("x.wasm").is_file());

    let error = job.output(out.path().join("no/x.wasm")).run().unwrap_err();
    assert_eq!(
        error.code().unwrap().to_string(),
        "wasi_vfs::output::folder_missing"
    );
}

#[test]
fn what_was_read_is_told_even_when_it_went_wrong() {
    let folder = folder();
    fs::remove_file(folder.path().join("motd.txt")).unwrap();
    let (inputs, done) = Job::new(folder.path().join("wasi-vfs.toml")).attempt(&());
    let Err(Error::Plan(_)) = done else {
        panic!("a bundle without its file");
    };
    assert_eq!(below(&folder, inputs.files()), ["app.wat", "wasi-vfs.toml"]);
    assert_eq!(below(&folder, inputs.missing()), ["motd.txt", "none"]);

    fs::write(folder.path().join("wasi-vfs.toml"), "[").unwrap();
    let (inputs, done) = Job::new(folder.path().join("wasi-vfs.toml")).attempt(&());
    assert!(matches!(done, Err(Error::Manifest(_))));
    let files: Vec<PathBuf> = inputs.files().collect();
    assert_eq!(files, [folder.path().join("wasi-vfs.toml")]);
}

#[test]
fn a_locked_job_writes_nothing_when_something_has_changed() {
    let folder = folder();
    let job = Job::new(folder.path().join("wasi-vfs.toml"));
    let locked = job.clone().lock(LockUse::Check);
    let code = |job: &Job| job.run().unwrap_err().code().unwrap().to_string();
    assert_eq!(code(&locked), "wasi_vfs::lock::missing");
    assert!(!folder.path().join("dist").exists());

    let done = job.run().unwrap();
    let (lock, output) = (folder.path().join("wasi-vfs.lock"), done.output());
    let written = done.lock().unwrap();
    assert_eq!((&written.path, written.written), (&lock, true));
    assert_eq!(written.differences, None);
    assert!(!locked.run().unwrap().lock().unwrap().written);

    let before = (fs::read(&lock).unwrap(), fs::read(output).unwrap());
    fs::write(folder.path().join("tree/a"), "9").unwrap();
    assert_eq!(code(&locked), "wasi_vfs::lock::drift");
    assert!(before == (fs::read(&lock).unwrap(), fs::read(output).unwrap()));
    assert!(
        job.clone()
            .lock(LockUse::Ignore)
            .run()
            .unwrap()
            .lock()
            .is_none()
    );
    assert!(fs::read(&lock).unwrap() == before.0);
    let again = job.run().unwrap();
    let differences = again.lock().unwrap().differences.clone().unwrap();
    assert_eq!(
        differences.to_string(),
        "changed  /data/a: content (1 byte)"
    );
    assert_eq!(differences.summary(), "1 changed");
}

/// As `make -j` does it: each job reads the lock, and writes it with its own profile in it.
#[cfg(unix)]
#[test]
fn jobs_at_the_same_time_keep_each_others_profiles() {
    let folder = folder();
    let manifest = folder.path().join("wasi-vfs.toml");
    let profiles = ["a", "b", "c", "d", "e", "f"];
    let tables = profiles.map(|name| format!("[profile.{name}]\noutput = \"{name}.wasm\"\n"));
    fs::write(&manifest, MANIFEST.to_owned() + &tables.concat()).unwrap();
    for round in 0..5 {
        let _ = fs::remove_file(folder.path().join("wasi-vfs.lock"));
        std::thread::scope(|scope| {
            for profile in profiles {
                let job = Job::new(&manifest).profile(profile);
                scope.spawn(move || job.run().unwrap());
            }
        });
        for profile in profiles {
            let locked = Job::new(&manifest).profile(profile).lock(LockUse::Check);
            locked
                .run()
                .unwrap_or_else(|error| panic!("round {round}, {profile}: {error}"));
        }
    }
}
