//! Sections with items: the program's, patched, and what is appended to them.

use std::borrow::Cow;
use std::ops::Range;

use super::append::Appendix;
use super::guest::{Guest, Section, Site};
use super::layout::CODE;
use super::leb;
use super::patch::{Code, Patches};

/// What the sections with items are made of.
pub(super) struct Parts<'a> {
    pub(super) guest: &'a Guest<'a>,
    pub(super) patches: Patches<'a>,
    pub(super) code: Code<'a>,
    pub(super) appendix: Appendix,
}

impl Parts<'_> {
    /// Whether nothing in the program's section changes.
    pub(super) fn keeps(&self, section: &Section) -> bool {
        let changes = |site| self.patches.applies(site);
        section.id != CODE
            && self.appendix.items(section.id).is_none()
            && !section.sites.iter().any(changes)
    }

    /// A section's contents: the count of its items, as wide as the old one at least, the program's items, patched, and
    /// the appended ones.
    pub(super) fn contents(&self, id: u8, section: Option<&Section>) -> Vec<Cow<'_, [u8]>> {
        let items = self.appendix.items(id);
        let added = items.map_or(0, |items| items.count);
        let mut count = Vec::new();
        let mut parts = Vec::new();
        match section {
            Some(section) => {
                let at = self.guest.count(section);
                let old = leb::read(self.guest.bytes, &mut at.start.clone())
                    .expect("the parser has read this count");
                leb::write_padded(&mut count, old + added, at.len());
                parts.push(count.into());
                match id {
                    CODE => {
                        parts.extend(self.code.pieces.iter().map(|piece| Cow::Borrowed(&**piece)))
                    }
                    _ => parts.push(self.items(at.end..section.contents.end, &section.sites)),
                }
            }
            None => {
                leb::write(&mut count, added);
                parts.push(count.into());
            }
        }
        parts.extend(items.map(|items| Cow::Borrowed(items.bytes.as_slice())));
        parts
    }

    fn items(&self, range: Range<usize>, sites: &[Site]) -> Cow<'_, [u8]> {
        if !sites.iter().any(|site| self.patches.applies(site)) {
            return self.guest.slice(&range).into();
        }
        let mut patched = Vec::with_capacity(range.len() + 64);
        self.patches
            .copy(self.guest, range, sites, &mut patched, |_, _| {});
        patched.into()
    }
}
