//! What can go wrong while an image is made.

use std::io;

use miette::Diagnostic;
use thiserror::Error;

use crate::inspect::InspectError;
use crate::report::counted;
use crate::source::SourceError;

/// Why an image could not be made.
#[derive(Debug, Error, Diagnostic)]
pub enum ImageError {
    /// The image would take 4 GiB or more.
    #[error("the image would take {size} bytes; the maximum is {}", u32::MAX)]
    #[diagnostic(
        code(wasi_vfs::image::too_large),
        help(
            "leave files out with `exclude`, or leave a mount to the host with `kind = \"host\"`; the largest files are {}",
            listed(largest)
        )
    )]
    TooLarge {
        /// Bytes it would take at least.
        size: u64,
        /// The largest files with their sizes in bytes, largest first.
        largest: Vec<(String, u64)>,
    },

    /// A name is longer than 255 bytes.
    #[error("the file name of `{path}` is longer than 255 bytes")]
    #[diagnostic(
        code(wasi_vfs::image::name_too_long),
        help("rename it, or leave it out with `exclude`")
    )]
    NameTooLong {
        /// The guest path.
        path: String,
    },

    /// A symlink's target is longer than 4095 bytes.
    #[error("the target of the symlink `{path}` is longer than 4095 bytes")]
    #[diagnostic(
        code(wasi_vfs::image::target_too_long),
        help("shorten it, or leave the symlink out with `exclude`")
    )]
    TargetTooLong {
        /// The symlink's guest path.
        path: String,
    },

    /// A file is not what it was when the plan was made.
    #[error("`{source_path}` changed while it was bundled as `{path}`: {change}")]
    #[diagnostic(
        code(wasi_vfs::image::changed),
        help("run the command again once nothing writes to the file")
    )]
    Changed {
        /// The guest path.
        path: String,
        /// Where the content was read from.
        source_path: String,
        /// What differs.
        change: String,
    },

    /// A file can't be read.
    #[error("{error}, which is bundled as `{path}`")]
    #[diagnostic(
        code(wasi_vfs::image::unreadable),
        help("make the file readable, or leave it out with `exclude`")
    )]
    Unreadable {
        /// The guest path.
        path: String,
        /// What the source said, with the path there.
        #[source]
        error: SourceError,
    },

    /// A bundle whose files go in is not what was made. None of its files can be relied on.
    #[error("the source bundle `{bundle}` is damaged: {flaw}")]
    #[diagnostic(
        code(wasi_vfs::image::source_damaged),
        help("download or bundle it again; it was modified after it was made")
    )]
    SourceDamaged {
        /// What messages call the bundle.
        bundle: String,
        /// What is wrong with its image.
        flaw: Box<InspectError>,
    },

    /// The output can't be written. The caller knows its path.
    #[error("cannot write the image: {0}")]
    #[diagnostic(
        code(wasi_vfs::image::write),
        help("check the free space and the permissions of the output's folder")
    )]
    Write(#[source] io::Error),
}

impl ImageError {
    /// How many of the largest files a message names.
    const LARGEST: usize = 5;

    pub(super) fn too_large(size: u64, files: impl Iterator<Item = (String, u64)>) -> Self {
        let mut largest: Vec<_> = files.collect();
        largest.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        largest.truncate(Self::LARGEST);
        Self::TooLarge { size, largest }
    }
}

/// Files and their sizes in a sentence.
fn listed(files: &[(String, u64)]) -> String {
    let files: Vec<_> = files
        .iter()
        .map(|(path, size)| format!("`{path}` ({})", counted(*size, "byte")))
        .collect();
    files.join(", ")
}
