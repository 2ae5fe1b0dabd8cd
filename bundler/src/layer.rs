//! The image of a bundle that is bundled again: what lies below everything that is added.

mod bundle;

use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::source::{Metadata, Source, SourceError, regular};

use crate::image::{MountRow, Row};
use crate::inspect::{self, Found, InspectError};
use crate::record::PRE_LINKED;
use crate::settings::Start;
use crate::settings::{EnvPolicy, Link, Mode};
pub use bundle::Bundle;

/// A bundle's image with everything that it says.
pub struct Layer {
    bundle: Arc<Bundle>,
    /// Where the bundle's file is and what it was when it was opened; none: it was in memory.
    opened: Option<(PathBuf, Metadata)>,
    preopens: Vec<String>,
    rows: Vec<Row>,
    mounts: Vec<MountRow>,
    start: Start,
    link: Link,
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
        match inspect::find_recorded(Box::new(bytes)) {
            Some(found) => Self::read(found, shown, Some((path.to_owned(), opened))),
            None => Ok(None),
        }
    }

    /// The same of a module in memory.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub(crate) fn of_bytes(
        module: &Arc<Vec<u8>>,
        shown: &str,
    ) -> Result<Option<Self>, InspectError> {
        match inspect::find_recorded(Box::new(Arc::clone(module))) {
            Some(found) => Self::read(found, shown, None),
            None => Ok(None),
        }
    }

    fn read(
        found: Found<'static>,
        shown: &str,
        opened: Option<(PathBuf, Metadata)>,
    ) -> Result<Option<Self>, InspectError> {
        let Some(record) = found.record() else {
            return Ok(None);
        };
        // A program that has an interposer of its own may have got another all the same.
        let mode = match record.interposer == PRE_LINKED {
            true => Mode::Auto,
            false => Mode::PostLink,
        };
        let (preopens, rows) = (found.preopens()?, found.rows()?.iter().collect());
        let (mounts, start) = (found.mounts()?, found.start()?);
        let link = Link {
            mode,
            memory: found.memory(),
            host: start.host,
            env: match start.environment_fixed {
                true => EnvPolicy::Fixed,
                false => EnvPolicy::default(),
            },
            rebundle: record.rebundle,
        };
        Ok(Some(Self {
            bundle: Arc::new(Bundle::new(shown, found)),
            opened,
            preopens,
            rows,
            mounts,
            start,
            link,
        }))
    }

    /// The bundle that it is in.
    #[must_use]
    pub fn bundle(&self) -> &Arc<Bundle> {
        &self.bundle
    }

    /// One of its entries as messages show it, such as `app.wasm:/etc/motd`.
    #[must_use]
    pub fn shown_entry(&self, path: &str) -> String {
        format!("{}:{path}", self.bundle.shown())
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
    pub(crate) fn link(&self) -> &Link {
        &self.link
    }

    /// Content of the image by its place there.
    pub(crate) fn content(&self, offset: u32, size: u32) -> Box<dyn Read + '_> {
        Box::new(self.bundle.found().content(offset, size))
    }

    /// How the bundle's file, in the source it was opened from, differs from what it was; `None`: not at all.
    ///
    /// # Errors
    /// When it can't be looked at.
    pub(crate) fn change(&self, src: &dyn Source) -> Result<Option<&'static str>, SourceError> {
        let Some((path, opened)) = &self.opened else {
            return Ok(None);
        };
        let (_, now) = src.followed(path)?;
        let same = now.mtime_ns == opened.mtime_ns && now.size == opened.size;
        Ok((!same).then_some("the bundle that it is in is another"))
    }
}

impl fmt::Debug for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Layer").field(&self.bundle.shown()).finish()
    }
}
