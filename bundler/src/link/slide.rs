//! The functions that keep the interposer's region on top of the memory, out of the program's sight.
//!
//! From below: the program's pages, a gap, the region, and foreign pages when someone else has grown the memory. Nobody
//! uses the gap, so its bytes are zero, as the program expects of fresh pages.

use wasm_encoder::{BlockType, Function, InstructionSink, ValType};

use super::region::{MAX_PAGES, Moves, RegionGlobals};

/// `memory.grow` for the program: takes pages from the gap, or grows the memory and moves the region up.
///
/// Bytes that the region vacates become zero, as fresh pages are. A region that moves ahead leaves a gap of half its own
/// size behind it: to move `r` pages then pays for `r / 2` pages that the program gets without a move, and all moves together
/// copy no more than a few bytes per byte that the memory has grown. When the engine has no room for that much, half of it
/// is tried, and so on. A region of one page leaves none.
///
/// When the memory is larger than booked, someone else has grown it (an embedder, an adapter) and owns the pages above
/// the region. Then the region moves above those, and the program finds them, and the hole that the region leaves, below
/// its new pages: what it would have found unbundled, and some zeros.
pub(super) fn memory_grow(globals: RegionGlobals, moves: Moves) -> Vec<u8> {
    const N: u32 = 0;
    const END: u32 = 1;
    const OLD: u32 = 2;
    const AHEAD: u32 = 3;
    let limit = moves.limit as i32;
    let mut function = Function::new([(if moves.ahead { 3 } else { 2 }, ValType::I32)]);
    let mut code = function.instructions();

    // Asking for nothing tells the size.
    code.local_get(N).i32_eqz();
    code.if_(BlockType::Empty)
        .global_get(globals.pages)
        .return_()
        .end();

    code.global_get(globals.pages).local_set(OLD);
    unless_on_top(&mut code, globals);
    code.memory_size(0).local_set(OLD).end();

    // The declared maximum is the program's: n > limit || old + n > limit. The first test keeps the sum in range.
    code.local_get(N).i32_const(limit).i32_gt_u();
    code.local_get(OLD)
        .local_get(N)
        .i32_add()
        .local_tee(END)
        .i32_const(limit)
        .i32_gt_u();
    code.i32_or();
    code.if_(BlockType::Empty).i32_const(-1).return_().end();

    if moves.ahead {
        // Below foreign pages the old size is above the region, so these are pages of the gap.
        code.local_get(END);
        home(&mut code, globals);
        code.i32_le_u();
        code.if_(BlockType::Empty)
            .local_get(END)
            .global_set(globals.pages)
            .local_get(OLD)
            .return_()
            .end();

        // ahead = min(region / 2, limit - end): beyond its maximum the program takes no page.
        code.global_get(globals.region)
            .i32_const(1)
            .i32_shr_u()
            .local_tee(AHEAD);
        code.i32_const(limit).local_get(END).i32_sub().local_tee(N);
        code.local_get(AHEAD).local_get(N).i32_lt_u().select();
        code.local_set(AHEAD);

        code.loop_(BlockType::Empty);
        code.local_get(END).local_get(AHEAD).i32_add().local_tee(N);
        grow_to_hold(&mut code, globals);
        code.if_(BlockType::Empty);
        code.local_get(AHEAD).i32_eqz();
        code.if_(BlockType::Empty).i32_const(-1).return_().end();
        code.local_get(AHEAD).i32_const(1).i32_shr_u();
        code.local_set(AHEAD).br(1).end();
        code.end();
        move_region(&mut code, globals, N, AHEAD);
    } else {
        code.local_get(END);
        grow_to_hold(&mut code, globals);
        code.if_(BlockType::Empty).i32_const(-1).return_().end();
        move_region(&mut code, globals, END, N);
    }
    code.local_get(END).global_set(globals.pages);
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
/// In place when it is on top; otherwise it moves above the foreign pages first, and what is below is the program's.
pub(super) fn region_grow(globals: RegionGlobals) -> Vec<u8> {
    const N: u32 = 0;
    const HOME: u32 = 1;
    const SCRATCH: u32 = 2;
    let mut function = Function::new([(2, ValType::I32)]);
    let mut code = function.instructions();

    home(&mut code, globals);
    code.local_set(HOME);
    unless_on_top(&mut code, globals);
    code.memory_size(0).local_set(HOME).end();

    // More than there can be; below it the sum stays in range.
    code.local_get(N).i32_const(MAX_PAGES as i32).i32_gt_u();
    code.if_(BlockType::Empty).i32_const(-1).return_().end();
    code.local_get(HOME).local_get(N).i32_add();
    grow_to_hold(&mut code, globals);
    code.if_(BlockType::Empty).i32_const(-1).return_().end();

    code.local_get(HOME);
    home(&mut code, globals);
    code.i32_ne();
    code.if_(BlockType::Empty);
    move_region(&mut code, globals, HOME, SCRATCH);
    code.local_get(HOME).global_set(globals.pages);
    code.end();
    code.global_get(globals.region);
    code.global_get(globals.region)
        .local_get(N)
        .i32_add()
        .global_set(globals.region);
    code.end();
    function.into_raw_body()
}

/// Pushes the page that the region begins at.
fn home(code: &mut InstructionSink<'_>, globals: RegionGlobals) {
    code.global_get(globals.base).i32_const(16).i32_shr_u();
}

/// Begins what is done only when the memory does not end where the region does: there are foreign pages behind it.
fn unless_on_top(code: &mut InstructionSink<'_>, globals: RegionGlobals) {
    code.memory_size(0);
    home(code, globals);
    code.global_get(globals.region).i32_add().i32_ne();
    code.if_(BlockType::Empty);
}

/// Takes the page that the region is to begin at from the stack and grows the memory to hold it there, which must be more
/// than it holds. Pushes whether that can't be.
fn grow_to_hold(code: &mut InstructionSink<'_>, globals: RegionGlobals) {
    code.global_get(globals.region)
        .i32_add()
        .memory_size(0)
        .i32_sub()
        .memory_grow(0)
        .i32_const(-1)
        .i32_eq();
}

/// Moves the region up to begin at the page `to`, clears what it leaves, books it. `scratch` is overwritten.
fn move_region(code: &mut InstructionSink<'_>, globals: RegionGlobals, to: u32, scratch: u32) {
    // memory.copy(to << 16, base, region << 16)
    code.local_get(to).i32_const(16).i32_shl();
    code.global_get(globals.base);
    code.global_get(globals.region).i32_const(16).i32_shl();
    code.memory_copy(0, 0);

    // memory.fill(base, 0, min(to - home, region) << 16): where the old and the new place overlap, the region is.
    code.global_get(globals.base).i32_const(0);
    code.local_get(to);
    home(code, globals);
    code.i32_sub().local_tee(scratch);
    code.global_get(globals.region);
    code.local_get(scratch)
        .global_get(globals.region)
        .i32_lt_u()
        .select();
    code.i32_const(16).i32_shl();
    code.memory_fill(0);

    code.local_get(to)
        .i32_const(16)
        .i32_shl()
        .global_set(globals.base);
}
