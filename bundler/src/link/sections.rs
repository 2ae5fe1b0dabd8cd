//! Sections of a module that is known to be valid, as they lie there.

use std::ops::Range;

use super::layout::CODE;
use super::leb;

/// One section.
#[derive(Debug, Clone)]
pub(crate) struct Section {
    pub(crate) id: u8,
    /// Where its identifier is.
    pub(crate) start: usize,
    /// What follows its length.
    pub(crate) contents: Range<usize>,
}

/// The sections of `module`, in order.
pub(crate) fn read(module: &[u8]) -> impl Iterator<Item = Section> {
    let mut at = 8;
    std::iter::from_fn(move || {
        let start = at;
        let id = *module.get(at)?;
        at += 1;
        let size = leb::read(module, &mut at).expect("the module is valid") as usize;
        let contents = at..at + size;
        at = contents.end;
        Some(Section {
            id,
            start,
            contents,
        })
    })
}

/// Where the contents of the code section begin. `module` may end behind it.
pub(crate) fn code_start(module: &[u8]) -> Option<usize> {
    read(module)
        .find(|section| section.id == CODE)
        .map(|section| section.contents.start)
}

/// Appends a section.
pub(crate) fn put(out: &mut Vec<u8>, id: u8, contents: &[u8]) {
    out.push(id);
    leb::write(
        out,
        u32::try_from(contents.len()).expect("it is no longer than the module it came from"),
    );
    out.extend_from_slice(contents);
}
