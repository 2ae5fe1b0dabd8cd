//! A program of any size, made of functions as a C compiler makes them.

use wasm_encoder::{
    CodeSection, EntityType, ExportKind, ExportSection, Function, FunctionSection, ImportSection,
    MemArg, MemorySection, MemoryType, Module, TypeSection, ValType,
};

/// A module with about so many bytes of code; one function in 64 calls the host.
pub(crate) fn of_size(bytes: usize) -> Vec<u8> {
    const HOST: u32 = 0;
    let (mut types, mut imports) = (TypeSection::new(), ImportSection::new());
    types.ty().function([ValType::I32; 1], [ValType::I32]);
    types.ty().function([], []);
    imports.import(
        "wasi_snapshot_preview1",
        "fd_close",
        EntityType::Function(HOST),
    );
    let (mut functions, mut code) = (FunctionSection::new(), CodeSection::new());
    functions.function(1);
    let mut start = Function::new([]);
    start.instructions().end();
    code.function(&start);
    for index in 0..bytes / 1_000 {
        functions.function(0);
        code.function(&body(index as u32));
    }
    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: 2,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut exports = ExportSection::new();
    exports.export("memory", ExportKind::Memory, 0);
    exports.export("_start", ExportKind::Func, 1);
    let mut module = Module::new();
    module.section(&types).section(&imports).section(&functions);
    module.section(&memories).section(&exports).section(&code);
    module.finish()
}

/// About 1,000 bytes: loads, stores, arithmetic, branches, calls.
fn body(index: u32) -> Function {
    const ARGUMENT: u32 = 0;
    const LOCAL: u32 = 1;
    let mut function = Function::new([(3, ValType::I32)]);
    let mut code = function.instructions();
    for step in 0..46_u32 {
        let offset = u64::from((index.wrapping_mul(31) + step * 4) % 60_000);
        let place = MemArg {
            offset,
            align: 2,
            memory_index: 0,
        };
        code.local_get(ARGUMENT).i32_load(place);
        code.i32_const((index * 7 + step) as i32).i32_add();
        code.local_tee(LOCAL + step % 3).i32_eqz();
        code.if_(wasm_encoder::BlockType::Empty);
        code.local_get(ARGUMENT).local_get(LOCAL).i32_store(place);
        code.end();
    }
    code.local_get(ARGUMENT);
    // The host, or a function of the program's.
    code.call(if index.is_multiple_of(64) {
        0
    } else {
        2 + index / 2
    });
    code.end();
    function
}
