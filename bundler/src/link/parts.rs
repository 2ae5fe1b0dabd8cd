//! Sections with items: the program's, patched, and what is appended to them.

use std::ops::Range;

use super::append::Appendix;
use super::guest::{Guest, Section, Site};
use super::layout::{CODE, DATA};
use super::leb;
use super::patch::{Code, Patches};
use super::pieces::Pieces;
use super::segments::Joined;

/// What the sections with items are made of.
pub(super) struct Parts<'a, 'p> {
    pub(super) guest: &'a Guest<'p>,
    pub(super) patches: Patches<'a>,
    pub(super) code: Code,
    pub(super) appendix: Appendix,
    pub(super) joined: &'a Joined,
}

impl<'p> Parts<'_, 'p> {
    /// Whether nothing in the program's section changes.
    pub(super) fn keeps(&self, section: &Section) -> bool {
        let changes = |site| self.patches.applies(site);
        section.id != CODE
            && self.appendix.items(section.id).is_none()
            && !section.sites.iter().any(changes)
    }

    /// A section's contents: the count of its items, as wide as the old one at least, the program's items, patched, and
    /// the appended ones.
    pub(super) fn contents(&self, id: u8, section: Option<&Section>) -> Pieces<'p> {
        let items = self.appendix.items(id);
        let added = items.map_or(0, |items| items.count);
        let mut count = Vec::new();
        let mut pieces = Pieces::new(self.guest.bytes);
        match section {
            Some(section) => {
                let at = self.guest.count(section);
                let old = leb::read(self.guest.bytes, &mut at.start.clone())
                    .expect("the parser has read this count");
                let fewer = if id == DATA {
                    self.joined.continued.len() as u32
                } else {
                    0
                };
                leb::write_padded(&mut count, old - fewer + added, at.len());
                pieces.bytes(&count);
                let items = at.end..section.contents.end;
                match id {
                    CODE => self.bodies(items, &mut pieces),
                    DATA => self.segments(items, &mut pieces),
                    _ => self.items(items, &section.sites, &mut pieces),
                }
            }
            None => {
                leb::write(&mut count, added);
                pieces.bytes(&count);
            }
        }
        if let Some(items) = items {
            pieces.bytes(&items.bytes);
        }
        pieces
    }

    /// The bodies at `range`: those without a change are one piece together with their neighbours.
    fn bodies(&self, range: Range<usize>, pieces: &mut Pieces<'p>) {
        let mut from = range.start;
        for changed in &self.code.changed {
            let body = &self.guest.bodies[changed.index];
            pieces.program(from..body.start);
            pieces.bytes(&changed.bytes);
            from = body.contents.end;
        }
        pieces.program(from..range.end);
    }

    /// The data segments at `range`, some of them joined. They name no function, so that nothing else changes.
    fn segments(&self, range: Range<usize>, pieces: &mut Pieces<'p>) {
        let mut from = range.start;
        for (at, instead) in &self.joined.edits {
            pieces.program(from..at.start);
            pieces.bytes(instead);
            from = at.end;
        }
        pieces.program(from..range.end);
    }

    fn items(&self, range: Range<usize>, sites: &[Site], pieces: &mut Pieces<'p>) {
        if !sites.iter().any(|site| self.patches.applies(site)) {
            pieces.program(range);
            return;
        }
        let mut patched = Vec::with_capacity(range.len() + 64);
        self.patches
            .copy(self.guest, range, sites, &mut patched, |_, _| {});
        pieces.own(patched);
    }
}
