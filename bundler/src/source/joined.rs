//! Whether a path can be kept as a folder and a name.

use std::ffi::OsStr;
use std::path::Path;

/// Whether `path` is, as it is written, what joining a name to a folder gives; `a//b` is not.
pub(crate) fn is_joined(path: &Path, folder: &Path, name: &OsStr) -> bool {
    let whole = path.as_os_str().as_encoded_bytes();
    let Some((before, last)) = whole.split_at_checked(whole.len().saturating_sub(name.len()))
    else {
        return false;
    };
    let folder = folder.as_os_str().as_encoded_bytes();
    let separator = |byte: &u8| std::path::is_separator(char::from(*byte));
    last == name.as_encoded_bytes()
        && match folder.last() {
            None => before.is_empty(),
            Some(end) if separator(end) => before == folder,
            Some(_) => {
                before.len() == folder.len() + 1
                    && before.starts_with(folder)
                    && before.last().is_some_and(separator)
            }
        }
}
