//! Which functions were being called when a run failed. The engine does not know; so a run that failed is done again with
//! a module that writes its calls down, in a memory of their own.
//!
//! The memory starts with the depth, an `i32`. Behind it are the indices of the functions, the outermost first. A function
//! knows its own depth and puts it back after each call, so that ways out of the callee need not be found.

use wasm_encoder::{Function, Instruction, MemArg};
use wasmparser::Operator;

/// Calls that are remembered; deeper ones overwrite the outermost.
const CALLS: u32 = 1 << 16;
/// Where the indices begin.
const FIRST: u32 = 16;
/// Pages of the memory.
pub(super) const PAGES: u64 = (((FIRST + CALLS * 4) >> 16) + 1) as u64;

/// How one function writes itself down.
pub(super) struct Trace {
    /// Index of the memory.
    pub(super) memory: u32,
    /// The local that holds the function's own depth.
    pub(super) depth: u32,
}

impl Trace {
    fn at(&self, offset: u32) -> MemArg {
        MemArg {
            offset: offset.into(),
            align: 2,
            memory_index: self.memory,
        }
    }

    /// At the start of the function's body.
    pub(super) fn enter(&self, body: &mut Function, index: u32) {
        for instruction in [
            Instruction::I32Const(0),
            Instruction::I32Load(self.at(0)),
            Instruction::LocalTee(self.depth),
            Instruction::I32Const(CALLS as i32 - 1),
            Instruction::I32And,
            Instruction::I32Const(2),
            Instruction::I32Shl,
            Instruction::I32Const(index as i32),
            Instruction::I32Store(self.at(FIRST)),
        ] {
            body.instruction(&instruction);
        }
        self.back(body);
    }

    /// Behind a call.
    pub(super) fn back(&self, body: &mut Function) {
        for instruction in [
            Instruction::I32Const(0),
            Instruction::LocalGet(self.depth),
            Instruction::I32Const(1),
            Instruction::I32Add,
            Instruction::I32Store(self.at(0)),
        ] {
            body.instruction(&instruction);
        }
    }

    /// Before a call that takes the function's place.
    pub(super) fn leave(&self, body: &mut Function) {
        for instruction in [
            Instruction::I32Const(0),
            Instruction::LocalGet(self.depth),
            Instruction::I32Store(self.at(0)),
        ] {
            body.instruction(&instruction);
        }
    }
}

/// Whether an operator calls a function and comes back.
pub(super) fn calls(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::Call { .. } | Operator::CallIndirect { .. } | Operator::CallRef { .. }
    )
}

/// The functions that were being called, the innermost first, from the memory as a run has left it.
pub(super) fn read(memory: &[u8]) -> Vec<u32> {
    let word = |at: usize| {
        let bytes = memory.get(at..at + 4).unwrap_or(&[0; 4]);
        u32::from_le_bytes(bytes.try_into().expect("four bytes"))
    };
    let depth = word(0);
    let first = depth.saturating_sub(CALLS);
    let entry = |depth: u32| word((FIRST + (depth % CALLS) * 4) as usize);
    (first..depth).rev().map(entry).collect()
}
