//! The folder that an output goes into.

use std::path::{Component, Path, PathBuf};
use std::{fs, io};

use super::FileError;

/// Folders made for an output, the outermost first; taken away again unless the output came to be.
#[derive(Debug, Default)]
pub(super) struct Created(Vec<PathBuf>);

impl Drop for Created {
    fn drop(&mut self) {
        for folder in self.0.iter().rev() {
            // One that has got something in it meanwhile stays.
            let _ = fs::remove_dir(folder);
        }
    }
}

impl Created {
    /// The output came to be: its folders stay.
    pub(super) fn keep(mut self) {
        self.0.clear();
    }
}

/// Makes sure that there is a folder. A manifest's own `dist/` in a fresh checkout is created; a mistyped `-o` is not.
pub(super) fn prepare(folder: &Path, root: Option<&Path>) -> Result<Created, FileError> {
    if folder.is_dir() {
        return Ok(Created::default());
    }
    if folder.exists() {
        return Err(FileError::Folder {
            folder: folder.to_owned(),
            error: io::ErrorKind::NotADirectory.into(),
        });
    }
    let below = root.is_some_and(|root| is_below(folder, root));
    if !below {
        return Err(FileError::FolderMissing {
            folder: folder.to_owned(),
        });
    }
    let missing = folder
        .ancestors()
        .take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists());
    let mut created = Created(missing.map(Path::to_owned).collect());
    created.0.reverse();
    fs::create_dir_all(folder).map_err(|error| FileError::Folder {
        folder: folder.to_owned(),
        error,
    })?;
    Ok(created)
}

/// Whether `folder` is inside `root` by its name; an empty `root` is the working directory.
fn is_below(folder: &Path, root: &Path) -> bool {
    let down = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    folder
        .strip_prefix(root)
        .is_ok_and(|rest| rest.components().all(down))
}
