//! The order of the names in a directory: lists, and where listings of them stopped.

use super::entry::{AFTER, BEFORE, PLACE, Slot};
use super::node::{FIRST, HIDING, LAST, Node};
use super::{Pages, Ram};

/// Where a listing stopped: the name it would go on with.
///
/// A few of these spare each call of a long listing the way from the first name on.
#[derive(Clone, Copy)]
pub(super) struct Cursor {
    /// The directory's record; 0 for an unused cursor.
    dir: u32,
    /// The cookie it stopped at.
    place: u64,
    /// The first name from there on; 0 at the end.
    slot: u32,
}

impl Cursor {
    pub(super) const NONE: Self = Self {
        dir: 0,
        place: 0,
        slot: 0,
    };
}

impl<P: Pages> Ram<P> {
    /// Adds a name at the end of a list of a directory, which starts at `list`; only the first list knows its end.
    pub(super) fn enlist(&mut self, dir: Node, list: u32, slot: Slot) {
        let at = slot.0;
        let (before, after) = if list == HIDING {
            (0, self.get32(dir.0 + list))
        } else {
            (self.get32(dir.0 + LAST), 0)
        };
        self.join(dir, list, before, at);
        self.join(dir, list, at, after);
        // A listing that has come to the end goes on with it.
        if list == FIRST {
            for cursor in &mut self.cursors {
                if cursor.dir == dir.0 && cursor.slot == 0 {
                    cursor.slot = at;
                }
            }
        }
    }

    /// Takes a name out of a list of a directory.
    pub(super) fn unlist(&mut self, dir: Node, list: u32, slot: Slot) {
        let at = slot.0;
        let (before, after) = (self.get32(at + BEFORE), self.get32(at + AFTER));
        self.join(dir, list, before, after);
        for cursor in &mut self.cursors {
            if cursor.slot == at {
                cursor.slot = after;
            }
        }
    }

    /// Lets one name come after another; 0 is the start or the end of the list.
    fn join(&mut self, dir: Node, list: u32, before: u32, after: u32) {
        if before == 0 {
            self.put32(dir.0 + list, after);
        } else {
            self.put32(before + AFTER, after);
        }
        if after != 0 {
            self.put32(after + BEFORE, before);
        } else if list == FIRST {
            self.put32(dir.0 + LAST, before);
        }
    }

    /// The first made name of a directory whose cookie is `place` or more.
    pub(crate) fn listed_from(&self, dir: Node, place: u64) -> Option<Slot> {
        let known = self
            .cursors
            .iter()
            .find(|cursor| cursor.dir == dir.0 && cursor.place == place);
        let mut at = match known {
            Some(cursor) => cursor.slot,
            None => self.get32(dir.0 + FIRST),
        };
        while at != 0 && self.get64(at + PLACE) < place {
            at = self.get32(at + AFTER);
        }
        (at != 0).then_some(Slot(at))
    }

    /// The made name that comes after another.
    pub(crate) fn listed_after(&self, slot: Slot) -> Option<Slot> {
        match self.get32(slot.0 + AFTER) {
            0 => None,
            after => Some(Slot(after)),
        }
    }

    /// Remembers where a listing stopped: before `slot`, whose cookie is `place` or more.
    pub(crate) fn stop_listing(&mut self, dir: Node, place: u64, slot: Option<Slot>) {
        self.turn = (self.turn + 1) % self.cursors.len();
        if let Some(cursor) = self.cursors.get_mut(self.turn) {
            *cursor = Cursor {
                dir: dir.0,
                place,
                slot: slot.map_or(0, |slot| slot.0),
            };
        }
    }

    /// Forgets the listings of a directory that is no more.
    pub(super) fn forget_listings(&mut self, dir: Node) {
        for cursor in &mut self.cursors {
            if cursor.dir == dir.0 {
                *cursor = Cursor::NONE;
            }
        }
    }
}
