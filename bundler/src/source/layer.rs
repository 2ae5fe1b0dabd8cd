//! The image of a bundle that is bundled again: what lies below everything that is added.

use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Kind, Metadata, Part, ReadAt, Source, SourceError};
use crate::image::{MountRow, Row};
use crate::inspect::{self, InspectError};
use crate::manifest::{EnvPolicy, Link, Memory, Mode};
use crate::plan::Start;

/// A bundle's image with everything that it says.
pub struct Layer {
    /// What messages and reports call the bundle.
    shown: String,
    path: PathBuf,
    /// What the bundle's file was when it was opened.
    opened: Metadata,
    bytes: Arc<dyn ReadAt>,
    /// Where the image is in it.
    offset: u64,
    preopens: Vec<String>,
    rows: Vec<Row>,
    mounts: Vec<MountRow>,
    start: Start,
    memory: Memory,
}

impl Layer {
    /// The image of the module at `path` of a source, which messages call `shown`; `None`: it is no bundle that says it is one.
    ///
    /// # Errors
    /// When the image is damaged. What is wrong with the module otherwise, the linker tells.
    pub(crate) fn open(
        src: &dyn Source,
        path: &Path,
        shown: &str,
    ) -> Result<Option<Self>, InspectError> {
        let Some((opened, bytes)) = regular(src, path) else {
            return Ok(None);
        };
        let Ok(found) = inspect::find_in(Box::new(Arc::clone(&bytes))) else {
            return Ok(None);
        };
        if found.record().is_none() {
            return Ok(None);
        }
        Ok(Some(Self {
            shown: shown.to_owned(),
            path: path.to_owned(),
            opened,
            bytes,
            offset: found.image_offset(),
            preopens: found.preopens()?,
            rows: found.rows()?,
            mounts: found.mounts()?,
            start: found.start()?,
            memory: found.memory(),
        }))
    }

    /// What messages and reports call the bundle.
    #[must_use]
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// One of its entries as messages show it, such as `app.wasm:/etc/motd`.
    #[must_use]
    pub fn shown_entry(&self, path: &str) -> String {
        format!("{}:{path}", self.shown)
    }

    /// The directories that its program finds open.
    pub(crate) fn preopens(&self) -> &[String] {
        &self.preopens
    }

    /// Every name in it, parents first.
    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Its mounts with the paths they are rooted at.
    pub(crate) fn mounts(&self) -> impl Iterator<Item = (&str, &MountRow)> {
        self.mounts.iter().filter_map(|mount| {
            let row = self.rows.iter().find(|row| row.node == mount.node)?;
            Some((row.path.as_str(), mount))
        })
    }

    /// What the bundle is started with.
    pub(crate) fn start(&self) -> &Start {
        &self.start
    }

    /// How its interposer was put into the program.
    pub(crate) fn link(&self) -> Link {
        Link {
            mode: Mode::Auto,
            memory: self.memory,
            host: self.start.host,
            env: match self.start.environment_fixed {
                true => EnvPolicy::Fixed,
                false => EnvPolicy::default(),
            },
        }
    }

    /// Content of the image by its place there.
    pub(crate) fn content(&self, offset: u32, size: u64) -> Box<dyn Read + '_> {
        let start = self.offset + u64::from(offset);
        Box::new(Part::new(&*self.bytes, start, start + size))
    }

    /// How the bundle's file, in the source it was opened from, differs from what it was; `None`: not at all.
    ///
    /// # Errors
    /// When it can't be looked at.
    pub(crate) fn change(&self, src: &dyn Source) -> Result<Option<&'static str>, SourceError> {
        let real = src.resolve(&self.path)?;
        let now = src.metadata(&real)?;
        let same = now.mtime_ns == self.opened.mtime_ns && now.size == self.opened.size;
        Ok((!same).then_some("the bundle that it is in is another"))
    }
}

/// The bytes of a regular file, and what it is now; `None` when there is none, or it can't be read.
pub(crate) fn regular(src: &dyn Source, path: &Path) -> Option<(Metadata, Arc<dyn ReadAt>)> {
    let found = src.metadata(path).ok()?;
    // A symlink is followed by opening it; what it is, is asked of what it names.
    let found = match found.kind {
        Kind::Symlink => src.metadata(&src.resolve(path).ok()?).ok()?,
        _ => found,
    };
    // A pipe can be read but once.
    if found.kind != Kind::File {
        return None;
    }
    Some((found, src.open_random(path).ok()?))
}

impl fmt::Debug for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Layer").field(&self.shown).finish()
    }
}
