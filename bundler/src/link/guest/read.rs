//! One pass over the sections: validate, refuse, note where things are.

use wasmparser::{
    BinaryReaderError, ConstExpr, DataKind, Element, ElementItems, ExternalKind, FuncToValidate,
    FunctionBody, MemoryType, Operator, Parser, Payload, TableInit, TypeRef, ValidPayload,
    Validator, ValidatorResources, WasmFeatures,
};

use super::super::error::LinkError;
use super::super::leb;
use crate::requires::Requires;

use super::{Guest, IMAGE_MAGIC, Import, Section, Site, Snapshot, What};

/// A body whose operators are still to be validated.
pub(super) type PendingBody<'a> = (FuncToValidate<ValidatorResources>, FunctionBody<'a>);

/// Reads everything but the operators of the code section.
pub(super) fn read(module: &[u8]) -> Result<(Guest<'_>, Vec<PendingBody<'_>>), LinkError> {
    let mut reading = Reading::new(module, false);
    let mut validator = Validator::new_with_features(WasmFeatures::all());
    let mut parser = Parser::new(0);
    parser.set_features(WasmFeatures::all());
    let mut bodies = Vec::new();
    for payload in parser.parse_all(module) {
        let payload = payload.map_err(|e| LinkError::malformed(&e))?;
        let valid = validator
            .payload(&payload)
            .map_err(|e| LinkError::malformed(&e))?;
        if let ValidPayload::Func(function, body) = valid {
            bodies.push((function, body));
        }
        reading.payload(payload)?;
    }
    Ok((reading.finish()?, bodies))
}

/// The same of a module that is known to be valid and no bundle.
pub(super) fn read_known(module: &[u8]) -> Result<(Guest<'_>, Vec<FunctionBody<'_>>), LinkError> {
    let mut reading = Reading::new(module, true);
    let mut parser = Parser::new(0);
    parser.set_features(WasmFeatures::all());
    let mut bodies = Vec::new();
    for payload in parser.parse_all(module) {
        let payload = payload.map_err(|e| LinkError::malformed(&e))?;
        if let Payload::CodeSectionEntry(body) = &payload {
            bodies.push(body.clone());
        }
        reading.payload(payload)?;
    }
    Ok((reading.finish()?, bodies))
}

struct Reading<'a> {
    guest: Guest<'a>,
    /// Whether the module is one that was read before.
    known: bool,
    memory: Option<MemoryType>,
    /// Names that the memory is exported under.
    exported: Vec<&'a str>,
    /// Where the next section begins.
    next: usize,
    /// The first function that it imports from each WASI.
    wasi: Vec<(Snapshot, &'a str)>,
}

impl<'a> Reading<'a> {
    fn new(bytes: &'a [u8], known: bool) -> Self {
        let memory = MemoryType {
            memory64: false,
            shared: false,
            initial: 0,
            maximum: None,
            page_size_log2: None,
        };
        Reading {
            guest: Guest {
                bytes,
                sections: Vec::new(),
                types: Vec::new(),
                imports: Vec::new(),
                snapshot: Snapshot::One,
                functions: 0,
                globals: 0,
                memory,
                data_segments: 0,
                bodies: Vec::new(),
                requires: Requires::default(),
            },
            known,
            memory: None,
            exported: Vec::new(),
            next: 8,
            wasi: Vec::new(),
        }
    }

    fn finish(self) -> Result<Guest<'a>, LinkError> {
        let memory = self.memory.ok_or(LinkError::NoMemory)?;
        if !self.exported.contains(&"memory") {
            let exported_as = self.exported.first().map(|&name| name.to_owned());
            return Err(LinkError::MemoryNotExported { exported_as });
        }
        let snapshot = match self.wasi.as_slice() {
            [] => Snapshot::One,
            &[(snapshot, _)] => snapshot,
            &[(first, name), (second, other), ..] => {
                return Err(LinkError::MixedSnapshots {
                    first: format!("{}.{name}", first.module()),
                    second: format!("{}.{other}", second.module()),
                });
            }
        };
        Ok(Guest {
            memory,
            snapshot,
            ..self.guest
        })
    }

    fn payload(&mut self, payload: Payload<'a>) -> Result<(), LinkError> {
        if let Some((id, contents)) = payload.as_section() {
            let start = std::mem::replace(&mut self.next, contents.end);
            self.guest.sections.push(Section {
                id,
                start,
                contents,
                name: 0..0,
                sites: Vec::new(),
            });
        }
        self.contents(payload).map_err(|problem| match problem {
            Problem::Malformed(error) => LinkError::malformed(&error),
            Problem::Refused(error) => error,
        })
    }

    fn contents(&mut self, payload: Payload<'a>) -> Result<(), Problem> {
        match payload {
            Payload::TypeSection(groups) => {
                for group in groups {
                    let group = group?;
                    // A type in a group of several is another type than the same one alone.
                    let alone = group.types().len() == 1;
                    for ty in group.types() {
                        let plain = alone
                            && ty.is_final
                            && ty.supertype_idx.is_none()
                            && !ty.composite_type.shared;
                        let ty = match &ty.composite_type.inner {
                            wasmparser::CompositeInnerType::Func(ty) if plain => Some(ty.clone()),
                            _ => None,
                        };
                        self.guest.types.push(ty);
                    }
                }
            }
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    self.import(import?)?;
                }
            }
            Payload::FunctionSection(functions) => self.guest.functions += functions.count(),
            Payload::TableSection(tables) => {
                for table in tables {
                    if let TableInit::Expr(init) = table?.init {
                        self.expression(&init)?;
                    }
                }
            }
            Payload::MemorySection(memories) => {
                if memories.count() > 1 {
                    return Err(LinkError::SeveralMemories {
                        count: memories.count(),
                    }
                    .into());
                }
                for memory in memories {
                    self.memory(memory?)?;
                }
            }
            Payload::GlobalSection(globals) => {
                self.guest.globals += globals.count();
                for global in globals {
                    self.expression(&global?.init_expr)?;
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports.into_iter_with_offsets() {
                    let (at, export) = export?;
                    match export.kind {
                        ExternalKind::Func | ExternalKind::FuncExact => {
                            self.function(export_index(self.guest.bytes, at), export.index);
                        }
                        ExternalKind::Memory => self.exported.push(export.name),
                        _ => {}
                    }
                }
            }
            Payload::ElementSection(elements) => {
                for element in elements {
                    self.element(element?)?;
                }
            }
            Payload::DataSection(segments) => {
                self.guest.data_segments = segments.count();
                // There may be tens of thousands.
                let unknown = (!self.known).then_some(segments);
                for segment in unknown.into_iter().flatten() {
                    let segment = segment?;
                    if matches!(segment.kind, DataKind::Passive)
                        && segment.data.starts_with(IMAGE_MAGIC)
                    {
                        let evidence = "a data segment with an image".to_owned();
                        return Err(LinkError::AlreadyBundled { evidence }.into());
                    }
                }
            }
            Payload::CustomSection(custom) => {
                let section = self.section();
                section.name = custom.data_offset() - custom.name().len()..custom.data_offset();
            }
            _ => {}
        }
        Ok(())
    }

    fn import(&mut self, import: wasmparser::Import<'a>) -> Result<(), Problem> {
        let wasmparser::Import { module, name, ty } = import;
        match ty {
            TypeRef::Func(ty) | TypeRef::FuncExact(ty) => {
                self.guest.functions += 1;
                if let Some(snapshot) = Snapshot::of(module)
                    && self.wasi.iter().all(|&(known, _)| known != snapshot)
                {
                    self.wasi.push((snapshot, name));
                }
                self.guest.imports.push(Import { module, name, ty });
            }
            TypeRef::Global(_) => self.guest.globals += 1,
            TypeRef::Memory(memory) if memory.shared => return Err(LinkError::SharedMemory.into()),
            TypeRef::Memory(_) => {
                let (module, name) = (module.to_owned(), name.to_owned());
                return Err(LinkError::ImportedMemory { module, name }.into());
            }
            TypeRef::Table(_) | TypeRef::Tag(_) => {}
        }
        Ok(())
    }

    fn memory(&mut self, memory: MemoryType) -> Result<(), Problem> {
        if memory.memory64 {
            return Err(LinkError::Memory64.into());
        }
        if memory.shared {
            return Err(LinkError::SharedMemory.into());
        }
        if memory.page_size() != 65536 {
            return Err(LinkError::PageSize {
                bytes: u64::from(memory.page_size()),
            }
            .into());
        }
        self.memory = Some(memory);
        Ok(())
    }

    fn element(&mut self, element: Element<'a>) -> Result<(), Problem> {
        match element.items {
            ElementItems::Functions(functions) => {
                for function in functions.into_iter_with_offsets() {
                    let (at, index) = function?;
                    self.function(at, index);
                }
            }
            ElementItems::Expressions(_, items) => {
                for item in items {
                    self.expression(&item?)?;
                }
            }
        }
        Ok(())
    }

    fn expression(&mut self, init: &ConstExpr<'a>) -> Result<(), Problem> {
        for operator in init.get_operators_reader().into_iter_with_offsets() {
            if let (Operator::RefFunc { function_index }, at) = operator? {
                self.function(at + 1, function_index);
            }
        }
        Ok(())
    }

    /// Notes the function index at `at` when it is an import's.
    fn function(&mut self, at: usize, index: u32) {
        if (index as usize) < self.guest.imports.len() {
            let at = leb::range(self.guest.bytes, at).expect("the parser has read this index");
            self.section().sites.push(Site {
                at,
                what: What::Function(index),
            });
        }
    }

    fn section(&mut self) -> &mut Section {
        self.guest
            .sections
            .last_mut()
            .expect("its section was noted before its contents")
    }
}

/// Where an export's index is: behind its name and its kind (`0x20`, an exact function, is one byte as well).
fn export_index(bytes: &[u8], export: usize) -> usize {
    let mut at = export;
    let length = leb::read(bytes, &mut at).expect("the parser has read this name");
    at + length as usize + 1
}

enum Problem {
    Malformed(BinaryReaderError),
    Refused(LinkError),
}

impl From<BinaryReaderError> for Problem {
    fn from(error: BinaryReaderError) -> Self {
        Problem::Malformed(error)
    }
}

impl From<LinkError> for Problem {
    fn from(error: LinkError) -> Self {
        Problem::Refused(error)
    }
}
