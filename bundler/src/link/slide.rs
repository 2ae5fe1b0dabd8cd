//! The functions that keep the interposer's region on top of the memory, out of the program's sight.

use wasm_encoder::{BlockType, Function, InstructionSink, ValType};
use wasmparser::FuncType;

use super::place::{MAX_PAGES, RegionGlobals};

const ENOSYS: i32 = 52;

/// `memory.grow` for the program: grows the memory and moves the region up.
///
/// `limit` is the program's declared maximum in pages. Bytes that the region vacates become zero, as fresh pages are.
///
/// When the memory is larger than booked, someone else has grown it (an embedder, an adapter) and owns the pages above
/// the region. Then the region moves above those, and the program finds them, and the hole that the region leaves, below
/// its new pages: what it would have found unbundled, and some zeros.
pub(super) fn memory_grow(globals: RegionGlobals, limit: u32) -> Vec<u8> {
    const N: u32 = 0;
    const OLD: u32 = 1;
    const EXTRA: u32 = 2;
    let mut function = Function::new([(2, ValType::I32)]);
    let mut code = function.instructions();

    // Asking for nothing tells the size.
    code.local_get(N).i32_eqz();
    code.if_(BlockType::Empty)
        .global_get(globals.pages)
        .return_()
        .end();

    split_foreign(&mut code, globals, OLD, EXTRA);

    // The declared maximum is the program's: n > limit || old + n > limit. The first test keeps the sum in range.
    code.local_get(N).i32_const(limit as i32).i32_gt_u();
    code.local_get(OLD)
        .local_get(N)
        .i32_add()
        .i32_const(limit as i32)
        .i32_gt_u();
    code.i32_or();
    code.if_(BlockType::Empty).i32_const(-1).return_().end();
    grow_or_return(&mut code, N, EXTRA);

    // The region begins behind the new pages.
    code.local_get(OLD).local_get(N).i32_add().local_set(N);
    move_region(&mut code, globals, N, EXTRA);
    code.local_get(OLD).end();
    function.into_raw_body()
}

/// `operators`, which make the operand of `memory.grow` from the parameter, and then the growth.
pub(super) fn folded_grow(operators: &[u8], memory_grow: u32) -> Vec<u8> {
    let mut function = Function::new([]);
    function.instructions().local_get(0);
    function.raw(operators.iter().copied());
    function.instructions().call(memory_grow).end();
    function.into_raw_body()
}

/// `memory.grow` for the interposer: extends the region.
///
/// In place when it is on top; otherwise it moves above the foreign pages first.
pub(super) fn region_grow(globals: RegionGlobals) -> Vec<u8> {
    const N: u32 = 0;
    const OLD: u32 = 1;
    const EXTRA: u32 = 2;
    let mut function = Function::new([(2, ValType::I32)]);
    let mut code = function.instructions();

    split_foreign(&mut code, globals, OLD, EXTRA);

    // More than there can be; below it the sum stays in range.
    code.local_get(N).i32_const(MAX_PAGES as i32).i32_gt_u();
    code.if_(BlockType::Empty).i32_const(-1).return_().end();
    grow_or_return(&mut code, N, EXTRA);

    code.local_get(EXTRA);
    code.if_(BlockType::Empty);
    move_region(&mut code, globals, OLD, EXTRA);
    code.end();
    code.global_get(globals.region);
    code.global_get(globals.region)
        .local_get(N)
        .i32_add()
        .global_set(globals.region);
    code.end();
    function.into_raw_body()
}

/// Sets `old` to the pages below where the region is to be, `extra` to the pages that a move beyond them takes.
///
/// On top: the program's pages, and none. Below foreign pages: the real size, and the region's.
fn split_foreign(code: &mut InstructionSink<'_>, globals: RegionGlobals, old: u32, extra: u32) {
    code.global_get(globals.pages).local_set(old);
    code.memory_size(0)
        .global_get(globals.pages)
        .global_get(globals.region)
        .i32_add()
        .i32_ne();
    code.if_(BlockType::Empty);
    code.memory_size(0).local_set(old);
    code.global_get(globals.region).local_set(extra);
    code.end();
}

/// Grows the real memory by `n + extra` pages; the function returns −1, with nothing changed, when that can't be.
fn grow_or_return(code: &mut InstructionSink<'_>, n: u32, extra: u32) {
    code.local_get(n)
        .local_get(extra)
        .i32_add()
        .memory_grow(0)
        .i32_const(-1)
        .i32_eq();
    code.if_(BlockType::Empty).i32_const(-1).return_().end();
}

/// Moves the region to begin at page `pages`, clears what it leaves, books it. `scratch` is overwritten.
fn move_region(code: &mut InstructionSink<'_>, globals: RegionGlobals, pages: u32, scratch: u32) {
    // memory.copy(pages << 16, base, region << 16)
    code.local_get(pages).i32_const(16).i32_shl();
    code.global_get(globals.base);
    code.global_get(globals.region).i32_const(16).i32_shl();
    code.memory_copy(0, 0);

    // memory.fill(base, 0, min(pages - $pages, region) << 16): where the old and the new place overlap, the region is.
    code.global_get(globals.base).i32_const(0);
    code.local_get(pages)
        .global_get(globals.pages)
        .i32_sub()
        .local_tee(scratch);
    code.global_get(globals.region);
    code.local_get(scratch)
        .global_get(globals.region)
        .i32_lt_u()
        .select();
    code.i32_const(16).i32_shl();
    code.memory_fill(0);

    code.local_get(pages).global_set(globals.pages);
    code.local_get(pages)
        .i32_const(16)
        .i32_shl()
        .global_set(globals.base);
}

/// A function that answers "not supported" (`errno.nosys`), in a program whose host is not asked for this call.
///
/// A function without a result, such as `proc_exit`, can't say so: it traps.
pub(super) fn nosys(ty: &FuncType) -> Vec<u8> {
    let mut function = Function::new([]);
    let mut code = function.instructions();
    match ty.results() {
        [wasmparser::ValType::I32] => code.i32_const(ENOSYS),
        _ => code.unreachable(),
    };
    code.end();
    function.into_raw_body()
}
