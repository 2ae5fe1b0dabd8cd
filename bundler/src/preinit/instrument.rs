//! The module that is run, which is not the one that is saved: the same code, reading the image where it lies.
//!
//! What differs: reads of the image's segment are calls of a function of ours, so that the image is never in the engine;
//! so is what the interposer asks the clock for itself; the start function is an export, so that the interposer is told
//! first; and when asked for, calls are written down.

use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{
    CodeSection, ExportKind, ExportSection, ImportSection, Instruction, MemorySection, MemoryType,
    Module, TypeSection, ValType,
};
use wasmparser::{
    CodeSectionReader, ExportSectionReader, FunctionBody, ImportSectionReader, MemorySectionReader,
    Operator, Parser, Payload, TypeRef, TypeSectionReader,
};

use super::trace;
use crate::link::read_sections;

/// The module name of our function in the run module.
pub(super) const MODULE: &str = "wasi_vfs";
/// `(memory's address, image's offset, length, memory's index)`
pub(super) const READ: &str = "image_read";
/// As `clock_time_get`, for the times of files that the program writes: those are no question of the program's.
pub(super) const CLOCK: &str = "file_time";
/// How many functions are imported in addition.
const OURS: u32 = 2;

/// Exports of the run module.
pub(super) const BEGIN: &str = "__wasi_vfs_preinit";
pub(super) const START: &str = "__wasi_vfs_start";
pub(super) const CALLS: &str = "__wasi_vfs_calls";

/// What there is to change.
#[derive(Debug, Clone, Copy)]
pub(super) struct Change {
    /// The image's segment.
    pub(super) segment: u32,
    /// The function that begins and ends a run; none when the program has no file calls, and so reads no image.
    pub(super) begin: Option<u32>,
    /// The first function of the interposer.
    pub(super) interposer: u32,
    /// Whether calls are written down.
    pub(super) calls: bool,
}

/// Makes the module that is run of `module`, which is valid.
pub(super) fn instrument(module: &[u8], change: Change) -> Vec<u8> {
    let mut instrumenter = Instrumenter::new(module, change);
    let mut out = Module::new();
    // The start function and what only people read go before anything else sees them.
    let mut bare = module[..8].to_vec();
    for section in read_sections(module).filter(|section| !matches!(section.id, 0 | 8)) {
        bare.extend_from_slice(&module[section.start..section.contents.end]);
    }
    instrumenter
        .parse_core_module(&mut out, Parser::new(0), &bare)
        .expect("the module is valid, and nothing of it is refused");
    out.finish()
}

struct Instrumenter {
    change: Change,
    start: Option<u32>,
    /// Imported functions of the module.
    imports: u32,
    /// The one that tells the time.
    clock: Option<u32>,
    /// Types of the module.
    types: u32,
    /// Memories of the module.
    memories: u32,
    /// Number of parameters by type; none for what is no function.
    parameters: Vec<u32>,
    /// Type by function, imported ones included.
    functions: Vec<u32>,
    /// The function whose body comes next.
    next: u32,
}

type Result<T> = std::result::Result<T, Error>;

impl Instrumenter {
    fn new(module: &[u8], change: Change) -> Self {
        const VALID: &str = "the module was validated";
        let mut found = Instrumenter {
            change,
            start: None,
            imports: 0,
            clock: None,
            types: 0,
            memories: 0,
            parameters: Vec::new(),
            functions: Vec::new(),
            next: 0,
        };
        for payload in Parser::new(0).parse_all(module) {
            match payload.expect(VALID) {
                Payload::TypeSection(types) => {
                    for ty in types
                        .into_iter()
                        .flat_map(|group| group.expect(VALID).into_types())
                    {
                        let parameters = match &ty.composite_type.inner {
                            wasmparser::CompositeInnerType::Func(ty) => ty.params().len() as u32,
                            _ => 0,
                        };
                        found.parameters.push(parameters);
                    }
                    found.types = found.parameters.len() as u32;
                }
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        let import = import.expect(VALID);
                        if let TypeRef::Func(ty) | TypeRef::FuncExact(ty) = import.ty {
                            if import.module.starts_with("wasi_") && import.name == "clock_time_get"
                            {
                                // The interposer uses the first of several.
                                found.clock.get_or_insert(found.functions.len() as u32);
                            }
                            found.functions.push(ty);
                        }
                    }
                    found.imports = found.functions.len() as u32;
                }
                Payload::FunctionSection(functions) => {
                    found
                        .functions
                        .extend(functions.into_iter().map(|ty| ty.expect(VALID)));
                }
                Payload::MemorySection(memories) => found.memories = memories.count(),
                Payload::StartSection { func, .. } => found.start = Some(func),
                Payload::CodeSectionStart { .. } => break,
                _ => {}
            }
        }
        found.next = found.imports;
        found
    }

    /// Whether our functions are imported. A module that reads an image has imports, which call for it.
    fn reads(&self) -> bool {
        self.change.begin.is_some()
    }

    fn index(&self, function: u32) -> u32 {
        match self.reads() && function >= self.imports {
            true => function + OURS,
            false => function,
        }
    }
}

impl Reencode for Instrumenter {
    type Error = std::convert::Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32> {
        Ok(self.index(function))
    }

    fn parse_type_section(
        &mut self,
        types: &mut TypeSection,
        section: TypeSectionReader<'_>,
    ) -> Result<()> {
        utils::parse_type_section(self, types, section)?;
        types.ty().function([ValType::I32; 4], []);
        types
            .ty()
            .function([ValType::I32, ValType::I64, ValType::I32], [ValType::I32]);
        Ok(())
    }

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: ImportSectionReader<'_>,
    ) -> Result<()> {
        utils::parse_import_section(self, imports, section)?;
        if self.reads() {
            for (name, ty) in [(READ, self.types), (CLOCK, self.types + 1)] {
                imports.import(MODULE, name, wasm_encoder::EntityType::Function(ty));
            }
        }
        Ok(())
    }

    fn parse_memory_section(
        &mut self,
        memories: &mut MemorySection,
        section: MemorySectionReader<'_>,
    ) -> Result<()> {
        utils::parse_memory_section(self, memories, section)?;
        if self.change.calls {
            memories.memory(MemoryType {
                minimum: trace::PAGES,
                maximum: Some(trace::PAGES),
                memory64: false,
                shared: false,
                page_size_log2: None,
            });
        }
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: ExportSectionReader<'_>,
    ) -> Result<()> {
        utils::parse_export_section(self, exports, section)?;
        for (name, function) in [(BEGIN, self.change.begin), (START, self.start)] {
            if let Some(function) = function {
                exports.export(name, ExportKind::Func, self.index(function));
            }
        }
        if self.change.calls {
            exports.export(CALLS, ExportKind::Memory, self.memories);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Result<()> {
        for body in section {
            self.parse_function_body(code, body?)?;
            self.next += 1;
        }
        Ok(())
    }

    fn parse_function_body(
        &mut self,
        code: &mut CodeSection,
        body: FunctionBody<'_>,
    ) -> Result<()> {
        let mut locals = Vec::new();
        let ty = self.functions[self.next as usize];
        let mut count = self.parameters[ty as usize];
        for group in body.get_locals_reader()? {
            let (so_many, ty) = group?;
            count += so_many;
            locals.push((so_many, self.val_type(ty)?));
        }
        let trace = self.change.calls.then_some(trace::Trace {
            memory: self.memories,
            depth: count,
        });
        locals.extend(trace.is_some().then_some((1, ValType::I32)));
        let mut function = wasm_encoder::Function::new(locals);
        if let Some(trace) = &trace {
            trace.enter(&mut function, self.next);
        }
        let mut operators = body.get_operators_reader()?;
        while !operators.eof() {
            let operator = operators.read()?;
            let after = trace.as_ref().filter(|_| trace::calls(&operator));
            match operator {
                Operator::MemoryInit { data_index, mem } if data_index == self.change.segment => {
                    function.instruction(&Instruction::I32Const(mem as i32));
                    function.instruction(&Instruction::Call(self.imports));
                }
                Operator::Call { function_index }
                    if self.reads()
                        && Some(function_index) == self.clock
                        && self.next >= self.change.interposer =>
                {
                    function.instruction(&Instruction::Call(self.imports + 1));
                }
                Operator::ReturnCall { .. }
                | Operator::ReturnCallIndirect { .. }
                | Operator::ReturnCallRef { .. } => {
                    if let Some(trace) = &trace {
                        trace.leave(&mut function);
                    }
                    function.instruction(&self.instruction(operator)?);
                }
                operator => {
                    function.instruction(&self.instruction(operator)?);
                }
            }
            if let Some(trace) = after {
                trace.back(&mut function);
            }
        }
        code.function(&function);
        Ok(())
    }
}
