//! What is said of each wrong archive: the exact code and message. No entry of one ever comes in.

use std::fs;
use std::path::Path;

use miette::Diagnostic as _;
use wasi_vfs::plan::resolve;
use wasi_vfs::source::MemorySource;

use crate::support::{image_of, manifest};
use crate::wrong::wrong;

/// The code without its stage, and the message.
fn told(file: &str, name: &str, limit: &str) -> (String, String) {
    let src = MemorySource::new().file(file, wrong(name));
    let manifest = manifest(&format!(
        "[[mount]]\nguest = '/d'\nsource = '{file}'\n[limits]\narchive-size = '{limit}'\n"
    ));
    let plan = match resolve(&manifest, &src) {
        Ok(plan) => plan,
        Err(error) => {
            let [problem] = error.problems() else {
                panic!("{name}: one problem is expected");
            };
            let code = problem.code().expect("it has a code").to_string();
            return (code.replace("wasi_vfs::", ""), problem.to_string());
        }
    };
    let error = image_of(&plan, &src).expect_err(name);
    let code = error.code().expect("it has a code").to_string();
    (code.replace("wasi_vfs::", ""), error.to_string())
}

/// Checks a list of lines `FILE NAME CODE: MESSAGE`; `BLESS=1 cargo test` writes what comes behind the names anew.
fn check(name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/archives/hostile")
        .join(name);
    let list = fs::read_to_string(&path).unwrap();
    let mut lines = Vec::new();
    for line in list.lines() {
        let mut words = line.splitn(4, ' ');
        let mut word = || words.next().unwrap_or_default();
        let (file, name) = (word(), word());
        let (code, message) = told(file, name, "1 MiB");
        lines.push(format!("{file} {name} {code}: {message}\n"));
    }
    // Read when compiled: tests may not look at the environment.
    if option_env!("BLESS").is_some() {
        return fs::write(path, lines.concat()).unwrap();
    }
    assert_eq!(lines.concat(), list);
}

#[test]
fn tar_archives() {
    check("tar.txt");
}

#[test]
fn compressed_archives() {
    check("packed.txt");
}

#[test]
fn zip_archives() {
    check("zip.txt");
}

/// An archive that changes between the plan and the image is told, even when its bytes were read before.
#[test]
fn an_archive_that_changes() {
    for (file, name) in [("x.tar", "tar"), ("x.tgz", "gzip"), ("x.zip", "zip")] {
        let src = MemorySource::new().file(file, wrong(name));
        let manifest = manifest(&format!("[[mount]]\nguest = '/d'\nsource = '{file}'\n"));
        let plan = resolve(&manifest, &src).unwrap();
        image_of(&plan, &src).unwrap();
        let later = src.clone().with(file, |metadata| metadata.mtime_ns = 1);
        let larger = src.clone().with(file, |metadata| metadata.size += 1);
        for (src, change) in [
            (later, "the modification time of its archive is another"),
            (larger, "the size of its archive is another"),
            (
                MemorySource::new().directory(file),
                "its archive is no longer a regular file",
            ),
        ] {
            let error = image_of(&plan, &src).expect_err(name);
            assert_eq!(
                error.code().unwrap().to_string(),
                "wasi_vfs::image::changed"
            );
            let expected = format!("`{file}:a` changed while it was bundled as `/d/a`: {change}");
            assert_eq!(error.to_string(), expected);
        }
    }
}
