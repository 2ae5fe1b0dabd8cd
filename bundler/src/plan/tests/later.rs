//! Files are looked at many at a time: nothing of that shows.

use std::ffi::OsString;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::{lines, manifest, resolve};
use crate::source::{MemorySource, Metadata, Source, SourceError};

/// A tree some of whose files, and the listing of one directory, can't be read.
struct Torn {
    tree: MemorySource,
    /// Beginnings of the paths of those files.
    lost: &'static [&'static str],
    asked: Mutex<Vec<PathBuf>>,
}

fn torn(tree: MemorySource, lost: &'static [&'static str]) -> Torn {
    let asked = Mutex::default();
    Torn { tree, lost, asked }
}

impl Source for Torn {
    fn metadata(&self, path: &Path) -> Result<Metadata, SourceError> {
        self.tree.metadata(path)
    }
    fn metadata_of(&self, paths: &[&Path]) -> Vec<Result<Metadata, SourceError>> {
        let look = |path: &&Path| {
            self.asked.lock().unwrap().push(path.to_path_buf());
            let text = path.to_str().unwrap();
            match self.lost.iter().any(|lost| text.starts_with(lost)) {
                false => self.tree.metadata(path),
                true => Err(SourceError {
                    verb: "cannot look at",
                    path: path.to_path_buf(),
                    error: io::ErrorKind::NotFound.into(),
                }),
            }
        };
        paths.iter().map(look).collect()
    }
    fn list(&self, path: &Path) -> Result<Vec<OsString>, SourceError> {
        let mut names = self.tree.list(path)?;
        names.sort();
        Ok(names)
    }
    fn read_link(&self, path: &Path) -> Result<PathBuf, SourceError> {
        self.tree.read_link(path)
    }
    fn resolve(&self, path: &Path) -> Result<PathBuf, SourceError> {
        self.tree.resolve(path)
    }
    fn open(&self, path: &Path) -> Result<Box<dyn Read + '_>, SourceError> {
        self.tree.open(path)
    }
}

fn messages(text: &str, src: &dyn Source) -> Vec<String> {
    let error = resolve(&manifest(text), src).expect_err("files can't be read");
    error.problems().iter().map(ToString::to_string).collect()
}

const MOUNT: &str = "[[mount]]\nguest = '/d'\nsource = 's'\n";

#[test]
fn what_can_t_be_read_is_one_problem_for_each_reason() {
    let tree = MemorySource::new()
        .file("m/s/a", "")
        .file("m/s/b", "")
        .directory("m/s/c")
        .unreadable("m/s/c")
        .file("m/s/d/x", "")
        .file("m/s/e", "");
    let src = torn(tree, &["m/s/a", "m/s/d/x", "m/s/e"]);
    assert_eq!(
        messages(MOUNT, &src),
        [
            "cannot list `s/c`: permission denied",
            "cannot look at `s/a`, `s/d/x`, `s/e`: entity not found",
        ]
    );
    // Nothing that is out was looked at.
    let mut src = src;
    src.lost = &[];
    src.asked = Mutex::default();
    let keys = format!("{MOUNT}exclude = ['c', 'd', 'b']\n");
    resolve(&manifest(&keys), &src).expect("all of that can be read");
    let asked = src.asked.into_inner().unwrap();
    assert_eq!(asked, [Path::new("m/s/a"), Path::new("m/s/e")]);
}

/// A file that can't be read was matched all the same, and is no file that another could clash with.
#[test]
fn nothing_follows_from_a_file_that_can_t_be_read() {
    let tree = MemorySource::new().file("m/s/x.py", "").file("m/y.py", "");
    let src = torn(tree, &["m/s/x.py"]);
    let text = format!("{MOUNT}include = ['x.py']\n[[file]]\nguest = '/d/x.py'\nsource = 'y.py'\n");
    let expected = ["cannot look at `s/x.py`: entity not found"];
    assert_eq!(messages(&text, &src), expected);
}

/// More than are looked at together, with a rule, a prefix, and something of each other kind in between.
#[test]
fn many_files() {
    let mut tree = MemorySource::new()
        .symlink("m/s/usr/l05000", "f00001")
        .file("m/s/usr/f05000/x", "12");
    let files = (0..20_000).filter(|number| *number != 5000);
    for number in files.clone() {
        tree = tree.file(format!("m/s/usr/f{number:05}"), "1");
    }
    let keys = "strip-prefix = 'usr'\n[[mount.rule]]\nmatch = 'usr/*9'\npermissions = '0755'\n";
    let plan = resolve(&manifest(&format!("{MOUNT}{keys}")), &tree).expect("all is well");
    let mut expected = vec!["d0755 /".to_owned(), "d0755 /d".to_owned()];
    for number in 0..20_000 {
        match number {
            5000 => expected.extend(["d0755 /d/f05000".into(), "f0644 /d/f05000/x 2".into()]),
            number if number % 10 == 9 => expected.push(format!("f0755 /d/f{number:05} 1")),
            number => expected.push(format!("f0644 /d/f{number:05} 1")),
        }
    }
    expected.push("l0777 /d/l05000 -> f00001".to_owned());
    assert_eq!(lines(&plan), expected);
    // Where messages name a file, they name it as the manifest would.
    let src = torn(tree, &["m/s/usr/f1999"]);
    let told = messages(&format!("{MOUNT}{keys}"), &src);
    assert_eq!(told.len(), 1);
    assert!(
        told[0].ends_with("`s/usr/f19999`: entity not found"),
        "{told:?}"
    );
}

/// The first ten are named, and the others counted, each request and each reason for itself.
#[test]
fn thousands_that_can_t_be_read_are_one_problem() {
    let mut tree = MemorySource::new();
    for number in 0..5000 {
        let directory = format!("m/s/lib/{}/{number:04}", number % 2);
        tree = tree.directory(&directory).unreadable(directory);
    }
    for number in 0..11 {
        tree = tree.file(format!("m/t/f{number:02}"), "");
    }
    let src = torn(tree, &["m/t/f"]);
    let told = messages(
        "[[mount]]\nguest = '/d'\nsource = 's'\n[[mount]]\nguest = '/e'\nsource = 't'\n",
        &src,
    );
    let [of_s, of_t] = &told[..] else {
        panic!("{told:?}");
    };
    assert!(
        of_s.starts_with("cannot list `s/lib/0/0000`, `s/lib/0/0002`"),
        "{of_s}"
    );
    assert!(
        of_s.ends_with("`s/lib/0/0018` and 4990 more: permission denied"),
        "{of_s}"
    );
    assert!(
        of_t.ends_with("`t/f09` and 1 more: entity not found"),
        "{of_t}"
    );
}

/// A tree that is mounted twice at one place.
#[test]
fn thousands_of_clashes_are_one_problem() {
    let mut tree = MemorySource::new();
    for number in 0..5400 {
        tree = tree.file(format!("m/s/{number:04}"), "");
        tree = tree.file(format!("m/t/{number:04}"), "");
    }
    let told = messages(
        "[[mount]]\nguest = '/d'\nsource = 's'\n[[mount]]\nguest = '/d'\nsource = 't'\n",
        &tree,
    );
    assert_eq!(
        told,
        [
            "5400 guest paths come from two sources: `/d/0000`, `/d/0001`, `/d/0002`, `/d/0003`, `/d/0004` and 5395 more; \
             the first one from `m/s/0000` and `m/t/0000`"
        ]
    );
}

#[test]
fn secrets_are_named_as_the_manifest_would() {
    let src = MemorySource::new()
        .file("m/s/usr/sub/id_rsa", "-----BEGIN RSA PRIVATE KEY-----")
        .file("m/s/usr/id_dsa", "-----BEGIN DSA PRIVATE KEY-----")
        .file("m/s/usr/key", "no key");
    let text = format!("{MOUNT}strip-prefix = 'usr'\ndefault-excludes = false\n");
    assert_eq!(
        messages(&text, &src),
        ["refusing to embed what looks like a private key: `s/usr/id_dsa`, `s/usr/sub/id_rsa`"]
    );
}
