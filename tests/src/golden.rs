//! Golden files under `tests/golden`: `BLESS=1 cargo test -p wasi-vfs-tests` writes them anew.

use std::fs;
use std::path::PathBuf;

use crate::cache;

/// The golden file `name`.
#[must_use]
pub fn path(name: &str) -> PathBuf {
    cache::package_dir().join("golden").join(name)
}

/// Compares `actual` with the golden file `name`, or writes it when `BLESS` is set.
///
/// # Panics
/// When they differ; the message shows the lines.
#[track_caller]
pub fn check(name: &str, actual: &str) {
    let path = path(name);
    let expected = fs::read_to_string(&path).unwrap_or_default();
    if expected == actual {
        return;
    }
    if cache::setting("BLESS").is_some() {
        let folder = path.parent().expect("golden files lie in a folder");
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&path, actual))
            .expect("can't write a golden file");
        return;
    }
    let (old, new): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), actual.lines().collect());
    let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let show = |lines: &[&str]| {
        lines
            .iter()
            .skip(same)
            .take(12)
            .map(|line| format!("  {line}\n"))
            .collect::<String>()
    };
    panic!(
        "`{}` line {} differs (BLESS=1 rewrites it)\nexpected:\n{}actual:\n{}",
        path.display(),
        same + 1,
        show(&old),
        show(&new)
    );
}
