//! The names of an image's dirents, without the directories that they are in: [`Names`].

use vfs_image::Image;
use vfs_image::layout::{
    ArgumentRecord, DirentRecord, HeaderRecord, MountRecord, NodeRecord, PreopenRecord,
    VariableRecord,
};

use super::check::{ImageFlaw, header};
use super::head::Head;

/// Where an image has its names.
#[derive(Debug, Clone, Copy)]
pub(super) struct Names<'a> {
    bytes: &'a [u8],
    /// Where the dirents start.
    dirents: usize,
    /// Where the strings start.
    strings: usize,
}

impl<'a> Names<'a> {
    pub(super) fn of(image: &Image<Head<'a>>) -> Result<Self, ImageFlaw> {
        let bytes = image.bytes().bytes();
        let header = header(bytes.first_chunk())?;
        let dirents = HeaderRecord::SIZE
            + header.preopen_count as usize * PreopenRecord::SIZE
            + header.mount_count as usize * MountRecord::SIZE
            + header.variable_count as usize * VariableRecord::SIZE
            + header.argument_count as usize * ArgumentRecord::SIZE
            + header.node_count as usize * NodeRecord::SIZE;
        // `Image::open` found that the sections lie in their order, the strings last.
        let strings = (header.contents_offset - header.strings_size) as usize;
        Ok(Self {
            bytes,
            dirents,
            strings,
        })
    }

    /// The name of a dirent that was read, and found to be text, before.
    pub(super) fn get(&self, dirent: u32) -> &'a str {
        let at = self.dirents + dirent as usize * DirentRecord::SIZE;
        let record = self.bytes[at..].first_chunk().map(DirentRecord::decode);
        let record = record.expect("BUG: a dirent that was read can't be read");
        let start = self.strings + record.name_offset as usize;
        let name = &self.bytes[start..][..usize::from(record.name_size)];
        std::str::from_utf8(name).expect("BUG: a name that was text is none")
    }
}
