//! Files are looked at many at a time, once the patterns have decided which.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::{Level, Walk};
use crate::manifest::Attributes;
use crate::path::GuestPath;
use crate::plan::{native, secret, shown};
use crate::source::{Kind, Metadata, SourceError, Visited};

/// So many are looked at together: enough for all processors, and what is known of them does not add up.
const MANY: usize = 8192;

/// A file that is an entry already, and was not looked at.
pub(super) struct Waiting {
    /// The entry's number.
    draft: usize,
    /// Where it is in the source.
    path: PathBuf,
    attributes: Rc<Attributes>,
    /// Its name may be that of a secret, and no pattern names just it.
    suspect: bool,
    /// Its name may be that of native code, and likewise.
    native: bool,
}

impl Walk<'_> {
    /// A wanted file of the last level.
    pub(super) fn file_later(
        &mut self,
        visited: &mut Visited<'_>,
        guest: GuestPath,
        level: &Level,
    ) {
        let path = self.named(visited.path);
        let (suspect, native) = (secret::may_be(visited.path), native::may_be(visited.path));
        let named = (suspect || native) && self.is_named(level);
        let waiting = Waiting {
            attributes: self.rules_for(&level.rules, Kind::File),
            suspect: suspect && !named,
            native: native && !named,
            draft: self.found.unseen(guest, path.clone()),
            path,
        };
        // An archive has it at hand.
        if self.found.archive.is_some() {
            let answer = visited.metadata();
            if !self.answered(&waiting, answer) {
                self.found.lose(waiting.draft);
            }
            return;
        }
        self.waiting.push(waiting);
        if self.waiting.len() == MANY {
            self.look();
        }
    }

    /// Looks at the files that wait for it, in their order.
    pub(super) fn look(&mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        if waiting.is_empty() {
            return;
        }
        let paths: Vec<&Path> = waiting.iter().map(|one| one.path.as_path()).collect();
        let answers = self.src.metadata_of(&paths);
        for (one, answer) in waiting.iter().zip(answers) {
            if !self.answered(one, answer) {
                self.found.lose(one.draft);
            }
        }
    }

    /// Completes an entry; otherwise tells what is wrong with it, and it is to be dropped.
    fn answered(&mut self, waiting: &Waiting, answer: Result<Metadata, SourceError>) -> bool {
        let metadata = match answer {
            Ok(metadata) => metadata,
            Err(error) => {
                let error = self.shown_error(error);
                self.found.unreadable(error, &self.request.span);
                return false;
            }
        };
        if waiting.suspect {
            let shown = self.shown_again(waiting);
            self.guard(&waiting.path, &metadata, || shown.clone());
        }
        if waiting.native && native::is_native(self.src, &waiting.path, &metadata) {
            let shown = self.shown_again(waiting);
            self.found.native.push(shown);
        }
        let seen = self
            .found
            .seen(waiting.draft, &metadata, &waiting.attributes);
        match seen {
            Ok(()) => true,
            Err(offence) => {
                let shown = self.shown_again(waiting);
                self.found.offend(self.request, offence, shown);
                false
            }
        }
    }

    /// A file as messages show it, from where the program sees it.
    fn shown_again(&self, waiting: &Waiting) -> String {
        let guest = self.found.drafts.entries.path(waiting.draft);
        let names = shown::names_below(&guest, &self.request.guest);
        shown::in_source(self.mount, &names, self.found.archive.is_some())
    }
}
