//! The interposer's code, rewritten for where its memory is.
//!
//! In the program's memory, every own address is rebased: `$vfs_base`, where the region is at the moment, is added right
//! before the access and never kept, because a call in between may move the region. In a memory of its own, addresses stay
//! as they are and the memory's index is written into every access.

use wasmparser::{BinaryReader, FunctionBody, Operator};

use super::interposer::{Interposer, InterposerImport};
use super::intrinsic::Intrinsic;
use super::leb;
use super::place::{Merged, Place};
use super::region::RegionGlobals;

mod operands;

use operands::Operands;

mod op {
    pub(super) const CALL: u8 = 0x10;
    pub(super) const LOCAL_GET: u8 = 0x20;
    pub(super) const LOCAL_SET: u8 = 0x21;
    pub(super) const GLOBAL_GET: u8 = 0x23;
    pub(super) const GLOBAL_SET: u8 = 0x24;
    pub(super) const MEMORY_SIZE: u8 = 0x3f;
    pub(super) const MEMORY_GROW: u8 = 0x40;
    pub(super) const I32_CONST: u8 = 0x41;
    pub(super) const I32_ADD: u8 = 0x6a;
    pub(super) const BULK: u8 = 0xfc;
    pub(super) const MEMORY_INIT: u8 = 0x08;
    pub(super) const MEMORY_COPY: u8 = 0x0a;
    pub(super) const MEMORY_FILL: u8 = 0x0b;
    /// `i32.load` to `i64.load32_u`.
    pub(super) const LOADS: std::ops::RangeInclusive<u8> = 0x28..=0x35;
    /// `i32.store` to `i64.store32`.
    pub(super) const STORES: std::ops::RangeInclusive<u8> = 0x36..=0x3e;
}

const I32: u8 = 0x7f;

/// The program's memory.
const PROGRAM: u32 = 0;

/// In the alignment of an access: a memory's index follows.
const HAS_INDEX: u8 = 0x40;

/// A rewritten body.
#[derive(Debug)]
pub(super) struct Rewritten {
    /// From the local declarations to the final `end`.
    pub(super) bytes: Vec<u8>,
    /// Where in `bytes` the five bytes of an `i32.const` that pushes the image's size are.
    pub(super) image_size_at: Vec<usize>,
}

/// Rewrites the body of the interposer's function `index` for its new place.
pub(super) fn rewrite(
    interposer: &Interposer,
    place: &Place,
    merged: &Merged,
    index: u32,
) -> Rewritten {
    const VALID: &str = "the interposer was validated when it was parsed";
    let function = interposer.function(index);
    let source = function.body.as_slice();
    let body = FunctionBody::new(BinaryReader::new(source, 0));
    let params = interposer.types[function.ty as usize].params().len() as u32;

    let mut groups = Vec::new();
    let mut locals = params;
    for group in body.get_locals_reader().expect(VALID) {
        let (count, ty) = group.expect(VALID);
        locals += count;
        groups.push((count, value_type(ty)));
    }
    let mut rewriter = Rewriter {
        interposer,
        merged,
        region: merged.region.as_ref().map(|region| region.globals),
        segment: place.segment,
        out: Vec::with_capacity(source.len() * 2),
        leaves: [None, None],
        operands: Operands::default(),
        locals,
        scratch: Vec::new(),
        image_size_at: Vec::new(),
    };
    let mut operators = body.get_operators_reader().expect(VALID);
    while !operators.eof() {
        let start = operators.original_position();
        let operator = operators.read().expect(VALID);
        rewriter.operator(&operator, &source[start..operators.original_position()]);
    }
    rewriter.finish(groups)
}

struct Rewriter<'a> {
    interposer: &'a Interposer,
    merged: &'a Merged,
    /// Where the interposer's memory begins; `None` when at 0.
    region: Option<RegionGlobals>,
    segment: u32,
    out: Vec<u8>,
    /// The last two operators written, the last one first, when they only push a value.
    leaves: [Option<Leaf>; 2],
    operands: Operands,
    /// Parameters and locals so far.
    locals: u32,
    /// Types of the locals added, with what each is for.
    scratch: Vec<(u8, Slot)>,
    image_size_at: Vec<usize>,
}

/// An operator that pushes a value and does nothing else.
#[derive(Clone, Copy)]
struct Leaf {
    start: usize,
    /// Its value, when it is an `i32.const`.
    constant: Option<u32>,
}

/// What a scratch local holds: operands above the one that is rebased.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Slot {
    /// The last operand.
    Top,
    /// The one before.
    Second,
}

impl Rewriter<'_> {
    fn operator(&mut self, operator: &Operator<'_>, bytes: &[u8]) {
        let start = self.out.len();
        let own = self.merged.memory;
        let mut leaf = None;
        match operator {
            Operator::Call { function_index } => {
                if let Some(InterposerImport::Intrinsic(intrinsic)) =
                    self.interposer.imports.get(*function_index as usize)
                {
                    return self.intrinsic(*intrinsic);
                }
                self.indexed(op::CALL, self.merged.function_of[function_index]);
            }
            Operator::GlobalGet { global_index } => {
                self.indexed(op::GLOBAL_GET, self.merged.global_of[global_index]);
                leaf = Some(Leaf {
                    start,
                    constant: None,
                });
            }
            Operator::GlobalSet { global_index } => {
                self.indexed(op::GLOBAL_SET, self.merged.global_of[global_index])
            }
            Operator::MemorySize { .. } => match self.region {
                Some(region) => self.indexed(op::GLOBAL_GET, region.region),
                None => self.indexed(op::MEMORY_SIZE, own),
            },
            Operator::MemoryGrow { .. } => match &self.merged.region {
                Some(region) => {
                    let grow = region.helpers.region_grow;
                    let grow = grow.expect("placed, as this function grows the region");
                    self.indexed(op::CALL, grow);
                }
                None => self.indexed(op::MEMORY_GROW, own),
            },
            Operator::MemoryCopy { .. } => {
                self.rebase_two();
                self.bulk(op::MEMORY_COPY, &[own, own]);
            }
            Operator::MemoryFill { .. } => {
                self.rebase_third();
                self.bulk(op::MEMORY_FILL, &[own]);
            }
            _ => {
                match bytes[0] {
                    opcode if op::LOADS.contains(&opcode) => self.load(bytes),
                    opcode if op::STORES.contains(&opcode) => self.store(bytes),
                    _ => self.out.extend(bytes),
                }
                leaf = match operator {
                    Operator::I32Const { value } => Some(Leaf {
                        start,
                        constant: Some(*value as u32),
                    }),
                    Operator::LocalGet { .. } | Operator::I64Const { .. } => Some(Leaf {
                        start,
                        constant: None,
                    }),
                    _ => None,
                };
            }
        }
        self.leaves = match leaf {
            Some(_) => [leaf, self.leaves[0]],
            None => [None, None],
        };
        match operands::arity(operator, bytes[0]) {
            Some((pops, pushes)) => self.operands.apply(pops, pushes, self.out.len()),
            None => self.operands.forget(),
        }
    }

    fn intrinsic(&mut self, intrinsic: Intrinsic) {
        self.expand(intrinsic);
        self.leaves = [None, None];
        let ty = intrinsic.ty();
        let end = self.out.len();
        self.operands
            .apply(ty.params().len(), ty.results().len(), end);
    }

    fn expand(&mut self, intrinsic: Intrinsic) {
        let own = self.merged.memory;
        match intrinsic {
            // Alignment and offset 0: the address may be odd.
            Intrinsic::Access(access) => self.out.extend([access.opcode, 0, 0]),
            Intrinsic::CopyIn => {
                self.rebase_third();
                self.bulk(op::MEMORY_COPY, &[own, PROGRAM]);
            }
            Intrinsic::CopyOut => {
                self.rebase_second(I32);
                self.bulk(op::MEMORY_COPY, &[PROGRAM, own]);
            }
            Intrinsic::ImageToProgram => self.bulk(op::MEMORY_INIT, &[self.segment, PROGRAM]),
            Intrinsic::ImageToOwn => {
                self.rebase_third();
                self.bulk(op::MEMORY_INIT, &[self.segment, own]);
            }
            Intrinsic::ImageSize => {
                self.out.push(op::I32_CONST);
                self.image_size_at.push(self.out.len());
                self.out.extend(leb::padded_signed(0));
            }
            Intrinsic::ProgramPages => match self.region {
                Some(region) => self.indexed(op::GLOBAL_GET, region.pages),
                None => self.indexed(op::MEMORY_SIZE, PROGRAM),
            },
            Intrinsic::Snapshot
            | Intrinsic::HostPolicy
            | Intrinsic::RequiresHost
            | Intrinsic::IsSaved => {
                unreachable!("BUG: what is known was decided before")
            }
        }
    }

    /// A bulk operation with its indices.
    fn bulk(&mut self, operation: u8, indices: &[u32]) {
        self.out.extend([op::BULK, operation]);
        for &index in indices {
            leb::write(&mut self.out, index);
        }
    }

    fn load(&mut self, bytes: &[u8]) {
        let access = Access::read(bytes);
        let Some(region) = self.region else {
            access.write_indexed(&mut self.out, self.merged.memory);
            return;
        };
        match self.leaves[0].and_then(|leaf| access.folded(leaf)) {
            Some((start, offset)) => {
                self.out.truncate(start);
                self.indexed(op::GLOBAL_GET, region.base);
                access.write(&mut self.out, offset);
            }
            None => {
                self.out.extend(rebase(region));
                access.write(&mut self.out, access.offset);
            }
        }
    }

    fn store(&mut self, bytes: &[u8]) {
        let access = Access::read(bytes);
        let Some(region) = self.region else {
            access.write_indexed(&mut self.out, self.merged.memory);
            return;
        };
        let mut offset = access.offset;
        match self.leaves {
            // A constant address disappears in the operator's offset.
            [Some(value), Some(address)] if access.folded(address).is_some() => {
                let (start, sum) = access.folded(address).expect("tested above");
                let mut base = vec![op::GLOBAL_GET];
                leb::write(&mut base, region.base);
                self.out.splice(start..value.start, base);
                offset = sum;
            }
            _ => self.rebase_second(stored_type(access.opcode)),
        }
        access.write(&mut self.out, offset);
    }

    /// Rebases the operand below the last one, which has the type `ty`.
    fn rebase_second(&mut self, ty: u8) {
        let Some(region) = self.region else { return };
        if let Some(end) = self.second_end() {
            return self.insert(end, &rebase(region));
        }
        let top = self.scratch(ty, Slot::Top);
        self.indexed(op::LOCAL_SET, top);
        self.out.extend(rebase(region));
        self.indexed(op::LOCAL_GET, top);
    }

    /// Rebases the operand below the last two, both `i32`.
    fn rebase_third(&mut self) {
        let Some(region) = self.region else { return };
        if let Some(end) = self.third_end() {
            return self.insert(end, &rebase(region));
        }
        let (top, second) = (
            self.scratch(I32, Slot::Top),
            self.scratch(I32, Slot::Second),
        );
        self.indexed(op::LOCAL_SET, top);
        self.indexed(op::LOCAL_SET, second);
        self.out.extend(rebase(region));
        self.indexed(op::LOCAL_GET, second);
        self.indexed(op::LOCAL_GET, top);
    }

    /// Rebases both addresses below a length.
    fn rebase_two(&mut self) {
        let Some(region) = self.region else { return };
        let rebase = rebase(region);
        if let (Some(third), Some(second)) = (self.third_end(), self.second_end()) {
            // The one behind first: the other stays where it is.
            self.insert(second, &rebase);
            return self.insert(third, &rebase);
        }
        let (top, second) = (
            self.scratch(I32, Slot::Top),
            self.scratch(I32, Slot::Second),
        );
        self.indexed(op::LOCAL_SET, top);
        self.indexed(op::LOCAL_SET, second);
        self.out.extend(&rebase);
        self.indexed(op::LOCAL_GET, second);
        self.out.extend(&rebase);
        self.indexed(op::LOCAL_GET, top);
    }

    /// Where the code of the operand below the last one ends.
    fn second_end(&self) -> Option<usize> {
        let leaf = self.leaves[0].map(|last| last.start);
        self.operands.below(1).or(leaf)
    }

    /// Where the code of the operand below the last two ends.
    fn third_end(&self) -> Option<usize> {
        let leaf = match self.leaves {
            [Some(_), Some(second)] => Some(second.start),
            _ => None,
        };
        self.operands.below(2).or(leaf)
    }

    /// Puts `code` between what was written before, right behind an operand.
    fn insert(&mut self, at: usize, code: &[u8]) {
        self.out.splice(at..at, code.iter().copied());
        let behind = self.image_size_at.iter_mut().filter(|size| **size > at);
        behind.for_each(|size| *size += code.len());
    }

    fn indexed(&mut self, opcode: u8, index: u32) {
        self.out.push(opcode);
        leb::write(&mut self.out, index);
    }

    fn scratch(&mut self, ty: u8, slot: Slot) -> u32 {
        let index = self
            .scratch
            .iter()
            .position(|&known| known == (ty, slot))
            .unwrap_or_else(|| {
                self.scratch.push((ty, slot));
                self.scratch.len() - 1
            });
        self.locals + index as u32
    }

    fn finish(self, mut groups: Vec<(u32, u8)>) -> Rewritten {
        for (ty, _) in self.scratch {
            match groups.last_mut() {
                Some((count, last)) if *last == ty => *count += 1,
                _ => groups.push((1, ty)),
            }
        }
        let mut bytes = Vec::with_capacity(self.out.len() + 16);
        leb::write(&mut bytes, groups.len() as u32);
        for (count, ty) in groups {
            leb::write(&mut bytes, count);
            bytes.push(ty);
        }
        let code = bytes.len();
        bytes.extend(self.out);
        Rewritten {
            bytes,
            image_size_at: self.image_size_at.iter().map(|at| at + code).collect(),
        }
    }
}

/// Adds the region's base to the address on top of the stack.
fn rebase(region: RegionGlobals) -> Vec<u8> {
    let mut code = vec![op::GLOBAL_GET];
    leb::write(&mut code, region.base);
    code.push(op::I32_ADD);
    code
}

/// A load or store: opcode, alignment, offset.
struct Access {
    opcode: u8,
    align: u8,
    offset: u32,
}

impl Access {
    fn read(bytes: &[u8]) -> Self {
        const VALID: &str = "the operator was decoded before";
        let mut at = 1;
        let align = leb::read(bytes, &mut at).expect(VALID) as u8;
        let offset = leb::read(bytes, &mut at).expect(VALID);
        Access {
            opcode: bytes[0],
            align,
            offset,
        }
    }

    fn write(&self, out: &mut Vec<u8>, offset: u32) {
        out.extend([self.opcode, self.align]);
        leb::write(out, offset);
    }

    /// The same access to a memory other than the first.
    fn write_indexed(&self, out: &mut Vec<u8>, memory: u32) {
        out.extend([self.opcode, self.align | HAS_INDEX]);
        leb::write(out, memory);
        leb::write(out, self.offset);
    }

    /// Where the constant `address` was pushed, and the offset that takes its place.
    fn folded(&self, address: Leaf) -> Option<(usize, u32)> {
        let offset = self.offset.checked_add(address.constant?)?;
        Some((address.start, offset))
    }
}

fn stored_type(opcode: u8) -> u8 {
    match opcode {
        0x36 | 0x3a | 0x3b => I32,
        0x38 => 0x7d,
        0x39 => 0x7c,
        _ => 0x7e,
    }
}

/// The encoding of a number type; an interposer has no other.
pub(super) fn value_type(ty: wasmparser::ValType) -> u8 {
    use wasmparser::ValType;
    match ty {
        ValType::I32 => I32,
        ValType::I64 => 0x7e,
        ValType::F32 => 0x7d,
        ValType::F64 => 0x7c,
        _ => unreachable!("BUG: the features of an interposer exclude {ty}"),
    }
}
