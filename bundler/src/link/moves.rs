//! Where code has gone: places in the program's code section, and in the linked one.

/// Places of one code section in another, which has the same instructions in the same order.
///
/// Places count from the start of the section's contents, as DWARF does.
#[derive(Debug, Default)]
pub(super) struct Moves {
    /// From the first place on, up to the next one, code is as far behind its old place as the second behind the first.
    steps: Vec<(u32, u32)>,
    /// Where the old code ends.
    end: u32,
}

impl Moves {
    /// Code from `old` on is at `new` and behind; in ascending order.
    pub(super) fn add(&mut self, old: usize, new: usize) {
        // A section has less than 4 GiB.
        self.steps.push((old as u32, new as u32));
    }

    /// Code ends at `old`.
    pub(super) fn end(&mut self, old: usize) {
        self.end = old as u32;
    }

    /// Where the instruction at `old` is, or what ends there; `None` when there is no code: linkers write such places for
    /// functions that they left out.
    pub(super) fn of(&self, old: u32) -> Option<u32> {
        let behind = self.steps.partition_point(|&(from, _)| from <= old);
        let &(from, to) = self.steps.get(behind.checked_sub(1)?)?;
        (old <= self.end).then(|| to + (old - from))
    }
}
