//! What the memory of a linked program should be, written as plainly as can be.

use super::{PAGE, REGION, Setup};

/// What should be in memory, from below.
pub(super) struct Model {
    pub(super) program: Vec<u8>,
    /// Pages that nobody sees.
    pub(super) gap: usize,
    pub(super) region: Vec<u8>,
    pub(super) foreign: Vec<u8>,
    setup: Setup,
}

impl Model {
    pub(super) fn new(setup: Setup) -> Self {
        let mut region = vec![0; REGION * PAGE];
        region[131_068..].copy_from_slice(&[1, 2, 3, 4]);
        Model {
            program: vec![0; PAGE],
            gap: 0,
            region,
            foreign: Vec::new(),
            setup,
        }
    }

    /// Pages of the whole memory.
    pub(super) fn real(&self) -> usize {
        (self.program.len() + self.region.len() + self.foreign.len()) / PAGE + self.gap
    }

    /// Pages that the memory can have.
    fn room(&self) -> usize {
        let declared = match self.setup.maximum {
            Some(pages) if !self.setup.ahead => pages + 2 * REGION,
            _ => 65536,
        };
        declared.min(self.setup.engine)
    }

    /// Puts the region on top: what is below comes into the program's sight.
    fn surface(&mut self) {
        if !self.foreign.is_empty() {
            let hole = self.gap * PAGE + self.region.len();
            self.program.resize(self.program.len() + hole, 0);
            self.program.append(&mut self.foreign);
            self.gap = 0;
        }
    }

    /// What the program's `memory.grow` answers: unless there are foreign pages or the engine has no more, what it would
    /// answer unbundled.
    pub(super) fn grow(&mut self, pages: usize) -> Option<usize> {
        let visible = self.program.len() / PAGE;
        if pages == 0 {
            return Some(visible);
        }
        let old = match self.foreign.is_empty() {
            true => visible,
            false => self.real(),
        };
        let limit = self.setup.maximum.unwrap_or(65536);
        let end = old + pages;
        if end > limit {
            return None;
        }
        let gap = match self.foreign.is_empty() && pages <= self.gap {
            true => self.gap - pages,
            false => self.moved(end, limit)?,
        };
        self.surface();
        self.program.resize(end * PAGE, 0);
        self.gap = gap;
        Some(old)
    }

    /// The gap that a region leaves below itself when the program is to end at the page `end`.
    fn moved(&self, end: usize, limit: usize) -> Option<usize> {
        let region = self.region.len() / PAGE;
        let mut gap = match self.setup.ahead {
            true => (region / 2).min(limit - end),
            false => 0,
        };
        while end + gap + region > self.room() {
            if gap == 0 {
                return None;
            }
            gap /= 2;
        }
        Some(gap)
    }

    pub(super) fn grow_region(&mut self, pages: usize) -> Option<usize> {
        let old = self.region.len() / PAGE;
        let moves = match self.foreign.is_empty() {
            true => 0,
            false => old,
        };
        if self.real() + pages + moves > self.room() {
            return None;
        }
        self.surface();
        self.region.resize((old + pages) * PAGE, 0);
        Some(old)
    }

    pub(super) fn grow_from_outside(&mut self, pages: usize) -> Option<usize> {
        let real = self.real();
        if real + pages > self.room() {
            return None;
        }
        self.foreign.resize(self.foreign.len() + pages * PAGE, 0);
        Some(real)
    }
}
