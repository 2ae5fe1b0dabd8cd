//! One pass over a module that is known to be valid: nothing is validated, so that a large one takes a few hundredths of a second.

use rayon::prelude::*;
use wasmparser::{
    BinaryReader, BinaryReaderError, CompositeInnerType, ConstExpr, DataKind, ElementItems,
    ElementKind, FunctionBody, MemoryType, RefType, SectionLimited, TableInit, TableType, TypeRef,
    ValType, WasmFeatures,
};

use super::Requires;

/// What was met so far, outside the code.
#[derive(Default)]
struct Scan {
    found: Requires,
    tables: u32,
    memories: u32,
    imported_globals: u32,
    /// Whether each global can be changed.
    globals: Vec<bool>,
}

/// What a module requires whose bytes up to its last data segment are `start`. It may end anywhere behind its code.
pub(crate) fn of_parts(start: &[u8]) -> Requires {
    let mut bodies = Vec::new();
    let found = sections(start, |code| {
        let reader = BinaryReader::new_features(code, 0, WasmFeatures::all());
        if let Ok(section) = SectionLimited::<FunctionBody<'_>>::new(reader) {
            bodies = section.into_iter().map_while(Result::ok).collect();
        }
    });
    let code = bodies
        .par_iter()
        .map(|body| of_body(body).unwrap_or_default());
    found.with_code(code.reduce(Requires::default, |a, b| a | b))
}

/// The same of all but the code.
pub(crate) fn of_sections(module: &[u8]) -> Requires {
    sections(module, |_| {})
}

fn sections<'a>(module: &'a [u8], mut code: impl FnMut(&'a [u8])) -> Requires {
    let mut scan = Scan::default();
    let mut rest = module.get(8..).unwrap_or_default();
    while let Some((&id, behind)) = rest.split_first() {
        let mut reader = BinaryReader::new(behind, 0);
        let Ok(size) = reader.read_var_u32() else {
            break;
        };
        let contents = &behind[reader.original_position()..];
        // The last one may be cut off.
        let (contents, behind) = contents.split_at(contents.len().min(size as usize));
        match id {
            10 => code(contents),
            _ => drop(scan.section(id, contents)),
        }
        rest = behind;
    }
    scan.found
}

fn of_body(body: &FunctionBody<'_>) -> Result<Requires, BinaryReaderError> {
    let mut found = Requires::default();
    for local in body.get_locals_reader()? {
        found |= value(local?.1);
    }
    let mut operators = body.get_operators_reader()?;
    let start = body.range().start;
    while !operators.eof() {
        let at = operators.original_position();
        operators.read()?;
        found |= operator(&body.as_bytes()[at - start..]);
    }
    Ok(found)
}

impl Scan {
    fn section(&mut self, id: u8, contents: &[u8]) -> Result<(), BinaryReaderError> {
        let reader = || BinaryReader::new_features(contents, 0, WasmFeatures::all());
        match id {
            1 => {
                for group in wasmparser::TypeSectionReader::new(reader())? {
                    self.types(&group?);
                }
            }
            2 => {
                for import in wasmparser::ImportSectionReader::new(reader())?.into_imports() {
                    self.import(import?.ty);
                }
            }
            4 => {
                for table in wasmparser::TableSectionReader::new(reader())? {
                    let table = table?;
                    self.table(table.ty);
                    if let TableInit::Expr(init) = table.init {
                        self.found |= Requires::FUNCTION_REFERENCES;
                        self.expression(&init)?;
                    }
                }
            }
            5 => {
                for memory in wasmparser::MemorySectionReader::new(reader())? {
                    self.memory(memory?);
                }
            }
            6 => {
                for global in wasmparser::GlobalSectionReader::new(reader())? {
                    let global = global?;
                    self.globals.push(global.ty.mutable);
                    self.found |= value(global.ty.content_type);
                    self.expression(&global.init_expr)?;
                }
            }
            7 => {
                for export in wasmparser::ExportSectionReader::new(reader())? {
                    let export = export?;
                    let changes = self.globals.get(export.index as usize) == Some(&true);
                    if export.kind == wasmparser::ExternalKind::Global && changes {
                        self.found |= Requires::MUTABLE_GLOBAL;
                    }
                }
            }
            9 => {
                for element in wasmparser::ElementSectionReader::new(reader())? {
                    let element = element?;
                    match element.kind {
                        ElementKind::Passive => self.found |= Requires::BULK_MEMORY,
                        ElementKind::Declared => self.found |= Requires::REFERENCE_TYPES,
                        ElementKind::Active { offset_expr, .. } => self.expression(&offset_expr)?,
                    }
                    if let ElementItems::Expressions(ty, items) = element.items {
                        self.found |= Requires::REFERENCE_TYPES | value(ValType::Ref(ty));
                        for item in items {
                            self.expression(&item?)?;
                        }
                    }
                }
            }
            11 => {
                for segment in wasmparser::DataSectionReader::new(reader())? {
                    match segment?.kind {
                        DataKind::Passive => self.found |= Requires::BULK_MEMORY,
                        DataKind::Active { offset_expr, .. } => self.expression(&offset_expr)?,
                    }
                }
            }
            12 => self.found |= Requires::BULK_MEMORY,
            13 => self.found |= Requires::EXCEPTIONS,
            _ => {}
        }
        Ok(())
    }

    fn types(&mut self, group: &wasmparser::RecGroup) {
        if group.is_explicit_rec_group() {
            self.found |= Requires::GC;
        }
        for ty in group.types() {
            if !ty.is_final || ty.supertype_idx.is_some() {
                self.found |= Requires::GC;
            }
            self.found |= match &ty.composite_type.inner {
                CompositeInnerType::Func(ty) => {
                    let values = ty.params().iter().chain(ty.results());
                    let values = values.fold(Requires::default(), |all, ty| all | value(*ty));
                    match ty.results().len() {
                        0 | 1 => values,
                        _ => values | Requires::MULTI_VALUE,
                    }
                }
                CompositeInnerType::Array(_) | CompositeInnerType::Struct(_) => Requires::GC,
                CompositeInnerType::Cont(_) => Requires::STACK_SWITCHING,
            };
        }
    }

    fn import(&mut self, ty: TypeRef) {
        match ty {
            TypeRef::Func(_) | TypeRef::FuncExact(_) => {}
            TypeRef::Table(table) => self.table(table),
            TypeRef::Memory(memory) => self.memory(memory),
            TypeRef::Global(global) => {
                self.imported_globals += 1;
                self.globals.push(global.mutable);
                self.found |= value(global.content_type);
                if global.mutable {
                    self.found |= Requires::MUTABLE_GLOBAL;
                }
            }
            TypeRef::Tag(_) => self.found |= Requires::EXCEPTIONS,
        }
    }

    fn table(&mut self, table: TableType) {
        self.tables += 1;
        if self.tables > 1 {
            self.found |= Requires::REFERENCE_TYPES;
        }
        // The first version of WebAssembly has one of functions.
        if table.element_type != RefType::FUNCREF {
            self.found |= value(ValType::Ref(table.element_type));
        }
        if table.table64 {
            self.found |= Requires::MEMORY64;
        }
        if table.shared {
            self.found |= Requires::THREADS;
        }
    }

    fn memory(&mut self, memory: MemoryType) {
        self.memories += 1;
        let needs = [
            (self.memories > 1, Requires::MULTI_MEMORY),
            (memory.memory64, Requires::MEMORY64),
            (memory.shared, Requires::THREADS),
            (memory.page_size_log2.is_some(), Requires::CUSTOM_PAGE_SIZES),
        ];
        for (needed, proposal) in needs {
            if needed {
                self.found |= proposal;
            }
        }
    }

    fn expression(&mut self, init: &ConstExpr<'_>) -> Result<(), BinaryReaderError> {
        let mut reader = init.get_binary_reader();
        let bytes = reader.read_bytes(reader.bytes_remaining())?;
        let mut operators = init.get_operators_reader();
        let start = operators.original_position();
        while !operators.eof() {
            let at = operators.original_position();
            let read = operators.read()?;
            self.found |= match read {
                wasmparser::Operator::GlobalGet { global_index } => {
                    match global_index < self.imported_globals {
                        true => Requires::default(),
                        false => Requires::GC,
                    }
                }
                wasmparser::Operator::I32Add
                | wasmparser::Operator::I32Sub
                | wasmparser::Operator::I32Mul
                | wasmparser::Operator::I64Add
                | wasmparser::Operator::I64Sub
                | wasmparser::Operator::I64Mul => Requires::EXTENDED_CONST,
                _ => operator(&bytes[at - start..]),
            };
        }
        Ok(())
    }
}

/// What a type of values needs.
pub(crate) fn value(ty: ValType) -> Requires {
    match ty {
        ValType::I32 | ValType::I64 | ValType::F32 | ValType::F64 => Requires::default(),
        ValType::V128 => Requires::SIMD,
        ValType::Ref(RefType::FUNCREF | RefType::EXTERNREF) => Requires::REFERENCE_TYPES,
        ValType::Ref(RefType::EXNREF) => Requires::EXCEPTIONS,
        ValType::Ref(ty) if ty.is_concrete_type_ref() || !ty.is_nullable() => {
            Requires::FUNCTION_REFERENCES
        }
        ValType::Ref(_) => Requires::GC,
    }
}

/// What the operator needs that `code` begins with.
pub(crate) fn operator(code: &[u8]) -> Requires {
    let none = Requires::default();
    let at = |index: usize| code.get(index).copied().unwrap_or_default();
    match code[0] {
        // The type of a block is a type of values, nothing (0x40), or else an index.
        0x02..=0x04 => block(at(1)),
        0x06 => Requires::LEGACY_EXCEPTIONS | block(at(1)),
        0x07 | 0x09 | 0x18 | 0x19 => Requires::LEGACY_EXCEPTIONS,
        0x0a => Requires::EXCEPTIONS,
        0x1f => Requires::EXCEPTIONS | block(at(1)),
        0x11 => table(code),
        0x12 => Requires::TAIL_CALL,
        0x13 => Requires::TAIL_CALL | table(code),
        0x14 => Requires::FUNCTION_REFERENCES,
        0x15 => Requires::FUNCTION_REFERENCES | Requires::TAIL_CALL,
        0x1c | 0x25 | 0x26 | 0xd1 | 0xd2 => Requires::REFERENCE_TYPES,
        0x28..=0x3e => address(at(1)),
        0x3f | 0x40 if at(1) != 0 => Requires::MULTI_MEMORY,
        0xc0..=0xc4 => Requires::SIGN_EXTENSION,
        0xd0 => match at(1) {
            0x6f | 0x70 => Requires::REFERENCE_TYPES,
            0x69 | 0x74 => Requires::EXCEPTIONS,
            0x40..=0x7f => Requires::GC,
            _ => Requires::FUNCTION_REFERENCES,
        },
        0xd3 | 0xfb => Requires::GC,
        0xd4..=0xd6 => Requires::FUNCTION_REFERENCES,
        0xe0..=0xe6 => Requires::STACK_SWITCHING,
        0xfc => match number(&code[1..]).0 {
            0..=7 => Requires::SATURATING,
            8..=14 => Requires::BULK_MEMORY,
            15..=17 => Requires::REFERENCE_TYPES,
            19..=22 => Requires::WIDE_ARITHMETIC,
            _ => none,
        },
        0xfd => {
            let (which, size) = number(&code[1..]);
            match which {
                0..=11 | 84..=93 => Requires::SIMD | address(at(1 + size)),
                0x100.. => Requires::SIMD | Requires::RELAXED_SIMD,
                _ => Requires::SIMD,
            }
        }
        0xfe => match number(&code[1..]) {
            (3, _) => Requires::THREADS,
            (_, size) => Requires::THREADS | address(at(1 + size)),
        },
        _ => none,
    }
}

fn block(ty: u8) -> Requires {
    match ty {
        0x40 | 0x7c..=0x7f => Requires::default(),
        0x7b => Requires::SIMD,
        0x6f | 0x70 => Requires::REFERENCE_TYPES,
        0x69 => Requires::EXCEPTIONS,
        0x63 | 0x64 => Requires::FUNCTION_REFERENCES,
        0x41..=0x7a => Requires::GC,
        _ => Requires::MULTI_VALUE,
    }
}

/// The first version of WebAssembly has one byte of zero where `call_indirect` has a table since then; linkers pad it.
fn table(code: &[u8]) -> Requires {
    let (_, size) = number(&code[1..]);
    match code.get(1 + size) {
        Some(0) => Requires::default(),
        _ => Requires::REFERENCE_TYPES,
    }
}

/// An alignment says by a bit that the index of a memory follows.
fn address(alignment: u8) -> Requires {
    match alignment & 0x40 {
        0 => Requires::default(),
        _ => Requires::MULTI_MEMORY,
    }
}

/// A LEB128 number and how many bytes it has.
fn number(code: &[u8]) -> (u32, usize) {
    let mut reader = BinaryReader::new(code, 0);
    let number = reader.read_var_u32().unwrap_or_default();
    (number, reader.original_position())
}
