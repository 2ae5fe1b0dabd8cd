//! Guest paths that were written for another system.

use super::Plan;
use super::error::{Paths, quoted};

/// Paths that look like those of Windows or a shell: `C:\a`, `a\b`, `~/a`, `$HOME/a`. For the program they are names like any other.
pub(super) fn paths(plan: &Plan) -> Paths {
    let entries = plan.entries();
    let mut paths = Paths::default();
    // A relative directory may be open itself, with no entry for what it is in.
    for root in plan.roots() {
        let first = root.as_str().split_once('/').map(|(first, _)| first);
        if first.is_some_and(is_elsewhere) {
            paths.add(|| quoted(root.as_str()));
        }
    }
    for number in 0..entries.len() {
        let name = entries.name(number);
        let is_first = || {
            let directory = entries.directory(number);
            directory.is_some_and(|directory| matches!(directory.as_str(), "/" | "."))
        };
        if name.contains('\\') || is_elsewhere(name) && is_first() {
            paths.add(|| quoted(entries.path(number).as_str()));
        }
    }
    paths
}

/// Whether a path begins with a drive, a home directory or a variable of a shell if this is its first name.
fn is_elsewhere(name: &str) -> bool {
    let drive = |name: &[u8]| name.len() == 2 && name[0].is_ascii_alphabetic() && name[1] == b':';
    let variable = |name: &str| {
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    };
    name == "~" || drive(name.as_bytes()) || name.strip_prefix('$').is_some_and(variable)
}
