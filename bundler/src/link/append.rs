//! What is appended to each section: so many items, and their bytes.

use wasm_encoder::Encode;
use wasmparser::{FuncType, ValType};

use super::interposer::Interposer;
use super::layout::{CODE, DATA, FUNCTION, GLOBAL, TYPE};
use super::leb;
use super::merge::{self, value_type};
use super::place::{Merged, Place, Source};
use super::slide;

/// Items for the end of one section.
#[derive(Debug, Default)]
pub(super) struct Items {
    pub(super) count: u32,
    pub(super) bytes: Vec<u8>,
}

/// Everything that is appended.
#[derive(Debug, Default)]
pub(super) struct Appendix {
    types: Items,
    functions: Items,
    globals: Items,
    code: Items,
    data: Items,
    /// Immediates that push the image's size, counted from the first appended body.
    pub(super) image_size_at: Vec<usize>,
}

impl Appendix {
    pub(super) fn new(interposer: &Interposer, place: &Place) -> Self {
        let mut appendix = Appendix::default();
        for ty in &place.types {
            appendix.types.push(|out| function_type(out, ty));
        }
        for function in &place.functions {
            appendix.functions.push(|out| leb::write(out, function.ty));
        }
        if let Some(merged) = &place.merged {
            appendix.region(interposer, merged);
            appendix.bodies(interposer, place, merged);
        }
        appendix.data.push(image_segment);
        appendix
    }

    /// What is appended to the section `id`.
    pub(super) fn items(&self, id: u8) -> Option<&Items> {
        let items = match id {
            TYPE => &self.types,
            FUNCTION => &self.functions,
            GLOBAL => &self.globals,
            CODE => &self.code,
            DATA => &self.data,
            _ => return None,
        };
        (items.count > 0).then_some(items)
    }

    /// The sections that something is appended to.
    pub(super) fn sections(&self) -> impl Iterator<Item = u8> {
        [TYPE, FUNCTION, GLOBAL, CODE, DATA]
            .into_iter()
            .filter(|&id| self.items(id).is_some())
    }

    /// The globals, and the initial contents of the region.
    fn region(&mut self, interposer: &Interposer, merged: &Merged) {
        let base = merged.program_pages << 16;
        for value in [merged.program_pages, base, interposer.pages] {
            self.globals.push(|out| {
                out.extend([value_type(ValType::I32), 1]);
                i32_const(out, value);
            });
        }
        for &own in merged.global_of.keys() {
            let global = &interposer.globals[own as usize];
            self.globals.push(|out| {
                out.extend([value_type(global.ty), u8::from(global.mutable)]);
                out.extend_from_slice(&interposer.bytes()[global.init.clone()]);
            });
        }
        for segment in &interposer.data {
            self.data.push(|out| {
                out.push(0); // active, memory 0
                i32_const(out, base + segment.offset);
                leb::write(out, segment.bytes.len() as u32);
                out.extend_from_slice(&interposer.bytes()[segment.bytes.clone()]);
            });
        }
    }

    fn bodies(&mut self, interposer: &Interposer, place: &Place, merged: &Merged) {
        for function in &place.functions {
            let mut image_size_at = Vec::new();
            let body = match &function.source {
                Source::Interposer(index) => {
                    let rewritten = merge::rewrite(interposer, place, merged, *index);
                    image_size_at = rewritten.image_size_at;
                    rewritten.bytes
                }
                Source::MemoryGrow => slide::memory_grow(merged.globals, merged.limit),
                Source::FoldedGrow(operators) => {
                    let grow = merged.helpers.memory_grow;
                    slide::folded_grow(operators, grow.expect("placed before what is folded"))
                }
                Source::RegionGrow => slide::region_grow(merged.globals),
                Source::NoSys(ty) => slide::nosys(ty),
            };
            self.code.push(|out| leb::write(out, body.len() as u32));
            let start = self.code.bytes.len();
            self.image_size_at
                .extend(image_size_at.iter().map(|at| start + at));
            self.code.bytes.extend(body);
        }
    }
}

impl Items {
    fn push(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        self.count += 1;
        write(&mut self.bytes);
    }
}

/// The header of the image's segment, passive, its length still 0: the hole is right behind.
fn image_segment(out: &mut Vec<u8>) {
    out.push(1);
    out.extend(leb::padded(0));
}

/// A constant expression.
fn i32_const(out: &mut Vec<u8>, value: u32) {
    wasm_encoder::ConstExpr::i32_const(value as i32).encode(out);
}

fn function_type(out: &mut Vec<u8>, ty: &FuncType) {
    out.push(0x60);
    for types in [ty.params(), ty.results()] {
        leb::write(out, types.len() as u32);
        out.extend(types.iter().map(|&ty| value_type(ty)));
    }
}
