//! Archives as sources: their trees are walked, and their files read, like those of a disk.
//!
//! An [`Archive`] has paths of its own, relative ones; the empty path is its root. What it holds is known when it is opened:
//! every header has been read and checked then, no content has. Contents are read where they are, in the archive itself or, when
//! that is compressed as a whole, in a temporary file without a name that it was unpacked to. They are never all in memory.

mod bundle;
mod context;
mod error;
mod name;
mod sparse;
mod tar;
mod tree;
mod unpack;
mod zip;

use std::ffi::OsString;
use std::fmt;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::layer::Bundle;
use crate::read_at::{Part, ReadAt};
use crate::source::{Kind, Metadata, Source, SourceError, Step, Visited};
use context::Context;
pub use error::ArchiveError;
use sparse::{Piece, Sparse};
use tree::{Lost, Member, Node, Tree, What};
use unpack::Packing;

/// An archive whose tree is known.
pub struct Archive {
    /// What messages and reports call it.
    shown: String,
    /// Where it is in the source it was opened from.
    path: PathBuf,
    /// What its file was when it was opened.
    opened: Metadata,
    /// What it is made of.
    bytes: Arc<dyn ReadAt>,
    tree: Tree,
    /// Where it is a bundle, that.
    bundle: Option<Arc<Bundle>>,
}

/// How an archive is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Tar,
    /// A tar archive that is compressed as a whole.
    Packed(Packing),
    Zip,
    /// A module that carries an image.
    Bundle,
}

impl Format {
    /// The format that a file's name promises.
    pub(crate) fn of(name: &str) -> Option<Self> {
        const ENDINGS: [(&str, Format); 10] = [
            (".tar", Format::Tar),
            (".tar.gz", Format::Packed(Packing::Gzip)),
            (".tgz", Format::Packed(Packing::Gzip)),
            (".tar.zst", Format::Packed(Packing::Zstd)),
            (".tzst", Format::Packed(Packing::Zstd)),
            (".tar.xz", Format::Packed(Packing::Xz)),
            (".txz", Format::Packed(Packing::Xz)),
            (".zip", Format::Zip),
            (".whl", Format::Zip),
            (".wasm", Format::Bundle),
        ];
        let name = name.to_ascii_lowercase();
        let format = ENDINGS.iter().find(|(ending, _)| name.ends_with(ending));
        format.map(|(_, format)| *format)
    }

    /// The endings of what is read, for messages; not of modules, which are more than archives.
    pub(crate) const READ: &str = "`.tar`, `.tar.gz`, `.tar.zst`, `.tar.xz`, `.zip`, `.whl`";

    /// The ending of a name that promises an archive which is not read.
    pub(crate) fn unread(name: &str) -> Option<&'static str> {
        const ENDINGS: [&str; 13] = [
            ".tar.bz2",
            ".tbz2",
            ".tbz",
            ".tar.br",
            ".tar.lz",
            ".tar.lz4",
            ".tar.lzma",
            ".tlz",
            ".tar.lzo",
            ".tar.z",
            ".7z",
            ".rar",
            ".cpio",
        ];
        let name = name.to_ascii_lowercase();
        ENDINGS.into_iter().find(|ending| name.ends_with(ending))
    }

    fn name(self) -> &'static str {
        match self {
            Self::Tar => "tar",
            Self::Packed(packing) => packing.name(),
            Self::Zip => "zip",
            Self::Bundle => "bundled module",
        }
    }

    /// The format of what starts like this.
    fn of_content(start: &[u8]) -> Option<Self> {
        match Packing::of(start) {
            Some(packing) => Some(Self::Packed(packing)),
            None if zip::is_zip(start) => Some(Self::Zip),
            None => tar::is_tar(start).then_some(Self::Tar),
        }
    }
}

impl Archive {
    /// Opens the archive at `path` of a source, which messages call `shown`. It may unpack to `limit` bytes of content.
    ///
    /// # Errors
    /// The first thing wrong with it: that it can't be read, is damaged, too large, or has entries that no directory could have.
    /// `None`: it is a module that carries no image, so no archive.
    pub(crate) fn open_in(
        src: &dyn Source,
        path: &Path,
        shown: &str,
        format: Format,
        limit: u64,
    ) -> Result<Option<Self>, ArchiveError> {
        let context = Context { shown, limit };
        let unreadable = |error: SourceError| context.unreadable(error.verb, error.error);
        let opened = src.metadata(path).map_err(unreadable)?;
        let file = src.open_random(path).map_err(unreadable)?;
        let mut bundle = None;
        let (bytes, tree) = match format {
            Format::Tar => {
                context.expect(&*file, format)?;
                let tree = tar::read(&context, &*file)?;
                (file, tree)
            }
            Format::Packed(packing) => {
                context.expect(&*file, format)?;
                let unpacked = unpack::unpack(&context, &*file, packing)?;
                let tree = tar::read(&context, &unpacked)?;
                (Arc::new(unpacked) as Arc<dyn ReadAt>, tree)
            }
            Format::Zip => {
                let tree = zip::read(&context, &*file)?;
                (file, tree)
            }
            Format::Bundle => {
                let Some((tree, read)) = bundle::read(&context, &file)? else {
                    return Ok(None);
                };
                bundle = Some(Arc::new(read));
                (file, tree)
            }
        };
        Ok(Some(Self {
            shown: shown.to_owned(),
            path: path.to_owned(),
            opened,
            bytes,
            tree,
            bundle,
        }))
    }

    /// What messages and reports call it: its path as the manifest writes it.
    #[must_use]
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Where it is in the source it was opened from.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// One of its entries as messages show it, such as `vendor/x.tar.gz:lib/foo.py`.
    #[must_use]
    pub fn shown_member(&self, member: &Path) -> String {
        format!("{}:{}", self.shown, member.display())
    }

    /// The bundle that it is; `None`: it is an archive of another kind.
    #[must_use]
    pub fn bundle(&self) -> Option<&Arc<Bundle>> {
        self.bundle.as_ref()
    }

    /// The bundle that it is, and where in the image there the content of a file begins.
    pub(crate) fn in_bundle(&self, member: &Path) -> Option<(&Arc<Bundle>, u32)> {
        let bundle = self.bundle.as_ref()?;
        let What::File(Member::Plain { offset }) = &self.tree.find(member)?.what else {
            return None;
        };
        let offset = offset.checked_sub(bundle.found().image_offset())?;
        Some((bundle, u32::try_from(offset).ok()?))
    }

    /// Whether its file, in the source it was opened from, is still what it was; `None`: it is. Else what is different.
    ///
    /// # Errors
    /// When it can't be looked at.
    pub fn change(&self, src: &dyn Source) -> Result<Option<&'static str>, SourceError> {
        let now = src.metadata(&self.path)?;
        Ok(if now.kind != Kind::File {
            Some("its archive is no longer a regular file")
        } else if now.mtime_ns != self.opened.mtime_ns {
            Some("the modification time of its archive is another")
        } else if now.size != self.opened.size {
            Some("the size of its archive is another")
        } else {
            None
        })
    }

    fn node(&self, verb: &'static str, path: &Path) -> Result<&Node, SourceError> {
        let found = self.tree.find(path);
        found.ok_or_else(|| self.fail(verb, path, io::ErrorKind::NotFound.into()))
    }

    fn fail(&self, verb: &'static str, path: &Path, error: io::Error) -> SourceError {
        SourceError {
            verb,
            path: self.shown_member(path).into(),
            error,
        }
    }

    fn walk_in(
        &self,
        directory: &Node,
        path: &mut PathBuf,
        depth: usize,
        visit: &mut dyn FnMut(Result<Visited<'_>, SourceError>) -> Step,
    ) {
        let What::Directory(names) = &directory.what else {
            return;
        };
        // The innermost last, so that a tree as deep as a path can be takes no stack.
        let mut open = vec![(names.iter(), depth)];
        while let Some((names, depth)) = open.last_mut() {
            let depth = *depth;
            let Some((name, number)) = names.next() else {
                open.pop();
                path.pop();
                continue;
            };
            let node = self.tree.node(*number);
            path.push(name);
            let step = visit(Ok(Visited {
                path,
                name,
                depth,
                kind: node.metadata.kind,
                metadata: &mut || Ok(node.metadata.clone()),
            }));
            match &node.what {
                What::Directory(below) if step == Step::Into => {
                    open.push((below.iter(), depth + 1));
                }
                _ => {
                    path.pop();
                }
            }
        }
    }
}

impl fmt::Debug for Archive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Archive").field(&self.shown).finish()
    }
}

impl Source for Archive {
    fn metadata(&self, path: &Path) -> Result<Metadata, SourceError> {
        Ok(self.node("cannot look at", path)?.metadata.clone())
    }

    fn list(&self, path: &Path) -> Result<Vec<OsString>, SourceError> {
        match &self.node("cannot list", path)?.what {
            What::Directory(names) => Ok(names.keys().cloned().collect()),
            _ => Err(self.fail("cannot list", path, io::ErrorKind::NotADirectory.into())),
        }
    }

    fn read_link(&self, path: &Path) -> Result<PathBuf, SourceError> {
        match &self.node("cannot read the link", path)?.what {
            What::Symlink(target) => Ok(target.into()),
            _ => {
                let error = io::ErrorKind::InvalidInput.into();
                Err(self.fail("cannot read the link", path, error))
            }
        }
    }

    /// # Errors
    /// [`io::ErrorKind::CrossesDevices`] when it leads out of the archive.
    fn resolve(&self, path: &Path) -> Result<PathBuf, SourceError> {
        let names = self.tree.resolve(path).map_err(|lost| {
            let error = match lost {
                Lost::Missing => io::ErrorKind::NotFound.into(),
                Lost::Leaves => {
                    io::Error::new(io::ErrorKind::CrossesDevices, "it leads out of the archive")
                }
                Lost::Circle => io::Error::other("symlinks lead in a circle"),
            };
            self.fail("cannot find", path, error)
        })?;
        Ok(names.into_iter().collect())
    }

    fn open(&self, path: &Path) -> Result<Box<dyn Read + '_>, SourceError> {
        let node = self.node("cannot read", path)?;
        match &node.what {
            What::File(Member::Plain { offset }) => {
                let end = offset + node.metadata.size;
                Ok(Box::new(Part::new(&*self.bytes, *offset, end)))
            }
            What::File(Member::Sparse(pieces)) => {
                let size = node.metadata.size;
                Ok(Box::new(Sparse::new(&*self.bytes, pieces, size)))
            }
            What::File(Member::Zipped(zipped)) => {
                let opened = zip::open(&*self.bytes, zipped, node.metadata.size);
                opened.map_err(|error| self.fail("cannot read", path, error))
            }
            What::Directory(_) => {
                Err(self.fail("cannot read", path, io::ErrorKind::IsADirectory.into()))
            }
            _ => Err(self.fail("cannot read", path, io::ErrorKind::InvalidInput.into())),
        }
    }

    fn walk(
        &self,
        directory: &Path,
        visit: &mut dyn FnMut(Result<Visited<'_>, SourceError>) -> Step,
    ) {
        match self.node("cannot list", directory) {
            Ok(node) => self.walk_in(node, &mut directory.to_owned(), 1, visit),
            Err(error) => drop(visit(Err(error))),
        }
    }
}
