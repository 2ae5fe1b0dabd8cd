//! Entries as files of this machine.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::select::{Item, ItemKind};
use super::{CHUNK, ExtractError, Extracted, Selection, system};
use crate::embed::Progress;
use crate::inspect::{Found, InspectError};

/// The bits that lend somebody else's rights.
const SPECIAL_BITS: u32 = 0o6000;

pub(super) fn write(
    found: &Found<'_>,
    selection: &Selection,
    target: &Path,
    force: bool,
    progress: &dyn Progress,
) -> Result<Extracted, ExtractError> {
    let made = prepare(target, force)?;
    let mut writer = Writer {
        found,
        target,
        force,
        made,
        progress,
        chunk: vec![0; CHUNK],
    };
    progress.begin(selection.totals().bytes);
    match writer.all(selection) {
        Ok(()) => Ok(Extracted {
            totals: *selection.totals(),
            without_special_bits: count_special(selection),
            relative: selection.relative,
        }),
        Err(error) => {
            if made {
                // What can't be removed is told by the error that comes.
                let _ = fs::remove_dir_all(target);
            }
            Err(error)
        }
    }
}

/// Makes sure that there is a directory; whether it was made here.
fn prepare(target: &Path, force: bool) -> Result<bool, ExtractError> {
    let failed = |error| ExtractError::at(target, error);
    match fs::metadata(target) {
        Ok(found) if !found.is_dir() => Err(ExtractError::NotADirectory {
            target: target.to_owned(),
        }),
        Ok(_) => {
            let empty = fs::read_dir(target).map_err(failed)?.next().is_none();
            match empty || force {
                true => Ok(false),
                false => Err(ExtractError::NotEmpty {
                    target: target.to_owned(),
                }),
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            system::make_directory(target).map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => ExtractError::FolderMissing {
                    target: target.to_owned(),
                },
                _ => failed(error),
            })?;
            Ok(true)
        }
        Err(error) => Err(failed(error)),
    }
}

struct Writer<'a> {
    found: &'a Found<'a>,
    target: &'a Path,
    force: bool,
    /// Whether the target was made here.
    made: bool,
    progress: &'a dyn Progress,
    chunk: Vec<u8>,
}

impl Writer<'_> {
    /// Directories first and symlinks last: nothing is ever written through a symlink of the image. Modes and times of
    /// directories at the very end, inner ones first: what is put into a directory changes its time, and needs its `w`.
    fn all(&mut self, selection: &Selection) -> Result<(), ExtractError> {
        let items = &selection.items;
        let of_kind = |wanted: fn(&ItemKind) -> bool| {
            items.iter().filter(move |(_, item)| wanted(&item.kind))
        };
        let is_directory = |kind: &ItemKind| matches!(kind, ItemKind::Directory);
        for (place, _) in of_kind(is_directory) {
            if !place.is_empty() {
                self.directory(&self.path(place))?;
            }
        }
        for (place, item) in of_kind(|kind| !matches!(kind, ItemKind::Directory)) {
            if let ItemKind::File { offset, size, .. } = item.kind {
                self.file(&self.path(place), item, offset, size)?;
            }
        }
        for (place, item) in items {
            if let ItemKind::HardLink { to } = &item.kind {
                let path = self.path(place);
                self.clear(&path)?;
                fs::hard_link(self.path(to), &path)
                    .map_err(|error| ExtractError::at(&path, error))?;
            }
        }
        for (place, item) in items {
            if let ItemKind::Symlink { target } = &item.kind {
                let path = self.path(place);
                self.clear(&path)?;
                system::make_symlink(target, &path, item.time_ns)
                    .map_err(|error| ExtractError::at(&path, error))?;
            }
        }
        for (place, item) in of_kind(is_directory).rev() {
            if !place.is_empty() || self.made {
                let path = self.path(place);
                system::finish_directory(&path, item.mode & !SPECIAL_BITS, item.time_ns)
                    .map_err(|error| ExtractError::at(&path, error))?;
            }
        }
        Ok(())
    }

    fn path(&self, place: &str) -> PathBuf {
        match place {
            "" => self.target.to_owned(),
            place => self.target.join(place),
        }
    }

    /// A directory that can be written to. The one it is in came before, so it is a real one.
    fn directory(&self, path: &Path) -> Result<(), ExtractError> {
        let failed = |error| ExtractError::at(path, error);
        match fs::symlink_metadata(path) {
            Ok(found) if found.is_dir() && self.force => {
                return system::open_directory(path).map_err(failed);
            }
            Ok(_) => self.clear(path)?,
            // Anything else is told better by what comes next.
            Err(_) => {}
        }
        system::make_directory(path).map_err(failed)
    }

    fn file(
        &mut self,
        path: &Path,
        item: &Item,
        offset: u32,
        size: u32,
    ) -> Result<(), ExtractError> {
        self.clear(path)?;
        let failed = |error| ExtractError::at(path, error);
        let mut file = system::make_file(path).map_err(failed)?;
        let mut content = self.found.content(offset, size);
        loop {
            let read = content.read(&mut self.chunk).map_err(InspectError::Read)?;
            if read == 0 {
                break;
            }
            file.write_all(&self.chunk[..read]).map_err(failed)?;
            self.progress.advance(read as u64);
        }
        system::finish_file(&file, item.mode & !SPECIAL_BITS, item.time_ns).map_err(failed)
    }

    /// Takes away what stands where an entry goes, if that is allowed; a symlink, not what it leads to.
    fn clear(&self, path: &Path) -> Result<(), ExtractError> {
        let Ok(there) = fs::symlink_metadata(path) else {
            // Nothing, or an error that comes again when the entry is made.
            return Ok(());
        };
        let what = match (there.is_dir(), self.force) {
            (true, _) => "a directory",
            (false, false) => "something of that name already",
            (false, true) => {
                return fs::remove_file(path).map_err(|error| ExtractError::at(path, error));
            }
        };
        Err(ExtractError::Occupied {
            path: path.to_owned(),
            what,
        })
    }
}

/// How many entries have a bit that they don't get; a hard link is the same file once more.
fn count_special(selection: &Selection) -> u64 {
    let items = selection.items.iter().map(|(_, item)| item);
    let special = items.filter(|item| {
        item.mode & SPECIAL_BITS != 0
            && matches!(item.kind, ItemKind::File { .. } | ItemKind::Directory)
    });
    special.count() as u64
}
