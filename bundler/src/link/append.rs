//! What is appended to each section: so many items, and their bytes.

use wasm_encoder::{Encode, Function};
use wasmparser::{FuncType, ValType};

use super::interposer::Interposer;
use super::layout::{CODE, DATA, FUNCTION, GLOBAL, MEMORY, TYPE};
use super::leb;
use super::merge::{self, value_type};
use super::place::{Merged, Place, Source};
use super::region::Region;
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
    memories: Items,
    globals: Items,
    code: Items,
    data: Items,
    /// Immediates that push the image's size, counted from the first appended body.
    pub(super) image_size_at: Vec<usize>,
}

impl Appendix {
    pub(super) fn new(interposer: Option<&Interposer>, place: &Place) -> Self {
        let mut appendix = Appendix::default();
        for ty in &place.types {
            appendix.types.push(|out| function_type(out, ty));
        }
        for function in &place.functions {
            appendix.functions.push(|out| leb::write(out, function.ty));
        }
        if let (Some(interposer), Some(merged)) = (interposer, &place.merged) {
            match &merged.region {
                Some(region) => appendix.region(interposer, region),
                None => appendix.memory(interposer),
            }
            appendix.state(interposer, merged);
            appendix.bodies(place, |source| body(interposer, place, merged, source));
        } else {
            appendix.bodies(place, |source| match source {
                Source::Always(errno, ty) => (always(*errno, ty), Vec::new()),
                _ => unreachable!("BUG: there is no interposer that this could come from"),
            });
        }
        appendix.data.push(image_segment);
        appendix
    }

    /// What is appended to the section `id`.
    pub(super) fn items(&self, id: u8) -> Option<&Items> {
        let items = match id {
            TYPE => &self.types,
            FUNCTION => &self.functions,
            MEMORY => &self.memories,
            GLOBAL => &self.globals,
            CODE => &self.code,
            DATA => &self.data,
            _ => return None,
        };
        (items.count > 0).then_some(items)
    }

    /// The sections that something is appended to.
    pub(super) fn sections(&self) -> impl Iterator<Item = u8> {
        [TYPE, FUNCTION, MEMORY, GLOBAL, CODE, DATA]
            .into_iter()
            .filter(|&id| self.items(id).is_some())
    }

    /// The globals that say where the region is.
    fn region(&mut self, interposer: &Interposer, region: &Region) {
        let pages = region.program_pages;
        for value in [pages, pages << 16, interposer.pages] {
            self.globals.push(|out| {
                out.extend([value_type(ValType::I32), 1]);
                i32_const(out, value);
            });
        }
    }

    /// The interposer's own memory, which may grow as far as the engine lets it.
    fn memory(&mut self, interposer: &Interposer) {
        self.memories.push(|out| {
            out.push(0); // no maximum
            leb::write(out, interposer.pages);
        });
    }

    /// The interposer's globals and the initial contents of its memory.
    fn state(&mut self, interposer: &Interposer, merged: &Merged) {
        for &own in merged.global_of.keys() {
            let global = &interposer.globals[own as usize];
            self.globals.push(|out| {
                out.extend([value_type(global.ty), u8::from(global.mutable)]);
                out.extend_from_slice(&interposer.bytes()[global.init.clone()]);
            });
        }
        let region = merged.region.as_ref();
        let base = region.map_or(0, |region| region.program_pages << 16);
        for segment in &interposer.data {
            self.data.push(|out| {
                match merged.memory {
                    0 => out.push(0), // active, memory 0
                    memory => {
                        out.push(2); // active, with the memory's index
                        leb::write(out, memory);
                    }
                }
                i32_const(out, base + segment.offset);
                leb::write(out, segment.bytes.len() as u32);
                out.extend_from_slice(&interposer.bytes()[segment.bytes.clone()]);
            });
        }
    }

    fn bodies(&mut self, place: &Place, mut body: impl FnMut(&Source) -> (Vec<u8>, Vec<usize>)) {
        for function in &place.functions {
            let (body, image_size_at) = body(&function.source);
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

/// The body of an appended function, and where in it the image's size is pushed.
fn body(
    interposer: &Interposer,
    place: &Place,
    merged: &Merged,
    source: &Source,
) -> (Vec<u8>, Vec<usize>) {
    let region = || {
        let region = merged.region.as_ref();
        region.expect("helpers are placed for a region only")
    };
    let body = match source {
        Source::Interposer(index) => {
            let rewritten = merge::rewrite(interposer, place, merged, *index);
            return (rewritten.bytes, rewritten.image_size_at);
        }
        Source::MemoryGrow => {
            let region = region();
            slide::memory_grow(region.globals, region.moves)
        }
        Source::FoldedGrow(operators) => {
            let grow = region().helpers.memory_grow;
            slide::folded_grow(operators, grow.expect("placed before what is folded"))
        }
        Source::RegionGrow => slide::region_grow(region().globals),
        Source::Always(errno, ty) => always(*errno, ty),
    };
    (body, Vec::new())
}

/// A function that always answers the same.
///
/// One without a result, such as `proc_exit`, can't answer: it traps.
fn always(errno: u16, ty: &FuncType) -> Vec<u8> {
    let mut function = Function::new([]);
    let mut code = function.instructions();
    match ty.results() {
        [ValType::I32] => code.i32_const(errno.into()),
        _ => code.unreachable(),
    };
    code.end();
    function.into_raw_body()
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
