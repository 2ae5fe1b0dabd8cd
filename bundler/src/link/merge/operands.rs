//! Which bytes pushed which operand, as far as that is plain to see.

use wasmparser::Operator;

/// Where the code of each operand on the stack ends, for those pushed since the last call, branch or block: only what
/// always runs one after the other, and can't move the region meanwhile.
#[derive(Debug, Default)]
pub(super) struct Operands(Vec<usize>);

impl Operands {
    /// Notes an operator that takes `pops` operands and leaves `pushes`, and whose code ends at `end`.
    pub(super) fn apply(&mut self, pops: usize, pushes: usize, end: usize) {
        self.0.truncate(self.0.len().saturating_sub(pops));
        self.0.extend(std::iter::repeat_n(end, pushes));
    }

    /// Forgets them all.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }

    /// Where the operand below the last `above` ones ends; `None` when it is not known.
    pub(super) fn below(&self, above: usize) -> Option<usize> {
        let index = self.0.len().checked_sub(above + 1)?;
        Some(self.0[index])
    }
}

/// How many operands an operator takes and leaves; `None` for one that may do more than that.
pub(super) fn arity(operator: &Operator<'_>, opcode: u8) -> Option<(usize, usize)> {
    match operator {
        Operator::LocalGet { .. } | Operator::GlobalGet { .. } | Operator::MemorySize { .. } => {
            Some((0, 1))
        }
        Operator::LocalSet { .. } | Operator::GlobalSet { .. } | Operator::Drop => Some((1, 0)),
        Operator::LocalTee { .. } => Some((1, 1)),
        Operator::Select => Some((3, 1)),
        Operator::MemoryCopy { .. } | Operator::MemoryFill { .. } => Some((3, 0)),
        _ => match opcode {
            // Constants.
            0x41..=0x44 => Some((0, 1)),
            // Loads, tests, and operators on one number: counting bits, roots, conversions, extensions.
            0x28..=0x35 | 0x45 | 0x50 | 0x67..=0x69 | 0x79..=0x7b | 0x8b..=0x91 => Some((1, 1)),
            0x99..=0x9f | 0xa7..=0xc4 => Some((1, 1)),
            // Stores.
            0x36..=0x3e => Some((2, 0)),
            // Comparisons and operators on two numbers.
            0x46..=0x4f | 0x51..=0x66 | 0x6a..=0x78 | 0x7c..=0x8a => Some((2, 1)),
            0x92..=0x98 | 0xa0..=0xa6 => Some((2, 1)),
            _ => None,
        },
    }
}
