//! The interposer's artifact, taken apart and checked.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

use sha2::{Digest, Sha256};
use wasmparser::{
    BinaryReader, DataKind, ExternalKind, FuncType, FunctionBody, KnownCustom, Name, Operator,
    Parser, Payload, TypeRef, ValType, Validator, WasmFeatures,
};

use super::error::LinkError;
use super::guest::WASI;
use super::intrinsic::Intrinsic;

/// What may be in an interposer: every engine that has bulk memory must run it.
const FEATURES: WasmFeatures = WasmFeatures::WASM1
    .union(WasmFeatures::SIGN_EXTENSION)
    .union(WasmFeatures::BULK_MEMORY);

/// The export that answers no WASI function, but begins and ends a run of the program at bundle time.
const PREINIT: &str = "preinit";

/// The module that answers file calls in the program's place.
///
/// A core module with one memory, any number of globals and functions, no table and no start function. Its exports
/// replace the functions of `wasi_snapshot_preview1` with the same name; it imports functions of that module (calls
/// to the host) and of `wasi_vfs` (access to the program's memory and to the image).
#[derive(Debug, Clone)]
pub struct Interposer {
    bytes: Cow<'static, [u8]>,
    pub(super) types: Vec<FuncType>,
    pub(super) imports: Vec<InterposerImport>,
    pub(super) functions: Vec<InterposerFunction>,
    pub(super) globals: Vec<InterposerGlobal>,
    /// Pages of 64 KiB that its memory starts with.
    pub(super) pages: u32,
    /// Function index by the name of the WASI function that it replaces.
    pub(super) exports: BTreeMap<String, u32>,
    /// Function index of [`PREINIT`].
    pub(super) preinit: Option<u32>,
    pub(super) data: Vec<InterposerData>,
    pub(super) names: BTreeMap<u32, String>,
    pub(super) global_names: BTreeMap<u32, String>,
}

/// What the interposer imports.
#[derive(Debug, Clone)]
pub(super) enum InterposerImport {
    /// A function of the host, and its type.
    Host { name: String, ty: u32 },
    /// Something that the linker replaces with instructions.
    Intrinsic(Intrinsic),
}

/// A function that the interposer defines.
#[derive(Debug, Clone)]
pub(super) struct InterposerFunction {
    pub(super) ty: u32,
    /// Its body, from the local declarations to the final `end`.
    pub(super) body: Vec<u8>,
    /// What it calls (imports included), sorted.
    pub(super) calls: Vec<u32>,
    /// What it reads or writes, sorted.
    pub(super) globals: Vec<u32>,
    pub(super) grows: bool,
}

/// A global that the interposer defines.
#[derive(Debug, Clone)]
pub(super) struct InterposerGlobal {
    pub(super) ty: ValType,
    pub(super) mutable: bool,
    /// The constant expression, `end` included.
    pub(super) init: Range<usize>,
}

/// Initial contents of the interposer's memory.
#[derive(Debug, Clone)]
pub(super) struct InterposerData {
    pub(super) offset: u32,
    pub(super) bytes: Range<usize>,
}

/// The artifacts of this release, see `libvfs/dist/provenance.json`.
static READING: LazyLock<Interposer> =
    LazyLock::new(|| parse_pinned(include_bytes!("../../../libvfs/dist/libwasi_vfs.wasm")));
static WRITABLE: LazyLock<Interposer> = LazyLock::new(|| {
    parse_pinned(include_bytes!(
        "../../../libvfs/dist/libwasi_vfs_writable.wasm"
    ))
});

/// What of it gets into a bundle is validated there: as a whole, only builds for debugging look again.
fn parse_pinned(bytes: &'static [u8]) -> Interposer {
    let parsed = match cfg!(debug_assertions) {
        true => Interposer::parse(bytes),
        false => Interposer::parse_valid(bytes.into()),
    };
    parsed.unwrap_or_else(|error| panic!("BUG: the pinned artifact is refused: {error}"))
}

fn refuse(reason: String) -> LinkError {
    LinkError::Interposer { reason }
}

impl Interposer {
    /// The interposer that this release links: the small one that only reads, or the one that also serves mounts that
    /// can be written to.
    #[must_use]
    pub fn pinned(writable: bool) -> &'static Self {
        if writable { &WRITABLE } else { &READING }
    }

    /// Takes `bytes` apart.
    ///
    /// # Errors
    /// [`LinkError::Interposer`] when it is not a module of the shape that the linker can merge.
    pub fn parse(bytes: impl Into<Cow<'static, [u8]>>) -> Result<Self, LinkError> {
        let bytes = bytes.into();
        Validator::new_with_features(FEATURES)
            .validate_all(&bytes)
            .map_err(|e| refuse(format!("{} (at offset {:#x})", e.message(), e.offset())))?;
        Self::parse_valid(bytes)
    }

    fn parse_valid(bytes: Cow<'static, [u8]>) -> Result<Self, LinkError> {
        let mut interposer = Interposer {
            bytes: Cow::Borrowed(&[]),
            types: Vec::new(),
            imports: Vec::new(),
            functions: Vec::new(),
            globals: Vec::new(),
            pages: 0,
            exports: BTreeMap::new(),
            preinit: None,
            data: Vec::new(),
            names: BTreeMap::new(),
            global_names: BTreeMap::new(),
        };
        let mut function_types = Vec::new();
        let mut memories = 0;
        for payload in Parser::new(0).parse_all(&bytes) {
            let payload = payload.expect("it is valid");
            interposer
                .payload(payload, &mut function_types, &mut memories)
                .map_err(refuse)?;
        }
        if memories != 1 {
            return Err(refuse("it must define one memory".to_owned()));
        }
        Ok(Interposer {
            bytes,
            ..interposer
        })
    }

    /// The artifact as it is.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// SHA-256 of the artifact.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(&self.bytes).into()
    }

    /// Pages of 64 KiB that it adds to a program's memory.
    #[must_use]
    pub fn pages(&self) -> u32 {
        self.pages
    }

    /// The WASI functions that it answers, sorted.
    pub fn answers(&self) -> impl Iterator<Item = &str> {
        self.exports.keys().map(String::as_str)
    }

    /// The type of the function `index` (of its index space, imports first).
    pub(super) fn function_type(&self, index: u32) -> Option<&FuncType> {
        let index = index as usize;
        let ty = match self.imports.get(index) {
            Some(InterposerImport::Host { ty, .. }) => *ty,
            Some(InterposerImport::Intrinsic(_)) => return None,
            None => self.functions[index - self.imports.len()].ty,
        };
        Some(&self.types[ty as usize])
    }

    /// The defined function `index` (of its index space, imports first).
    pub(super) fn function(&self, index: u32) -> &InterposerFunction {
        &self.functions[index as usize - self.imports.len()]
    }

    fn payload(
        &mut self,
        payload: Payload<'_>,
        function_types: &mut Vec<u32>,
        memories: &mut u32,
    ) -> Result<(), String> {
        const VALID: &str = "it is valid";
        match payload {
            Payload::TypeSection(types) => {
                self.types = types
                    .into_iter_err_on_gc_types()
                    .map(|ty| ty.expect(VALID))
                    .collect();
            }
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    let import = import.expect(VALID);
                    self.imports.push(self.import(&import)?);
                }
            }
            Payload::FunctionSection(functions) => {
                function_types.extend(functions.into_iter().map(|ty| ty.expect(VALID)));
                function_types.reverse(); // popped as their bodies come
            }
            Payload::MemorySection(section) => {
                for memory in section {
                    *memories += 1;
                    self.pages = u32::try_from(memory.expect(VALID).initial).expect(VALID);
                }
            }
            Payload::GlobalSection(globals) => {
                for global in globals {
                    let global = global.expect(VALID);
                    let init = global.init_expr.get_binary_reader().range();
                    let (ty, mutable) = (global.ty.content_type, global.ty.mutable);
                    self.globals.push(InterposerGlobal { ty, mutable, init });
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    let export = export.expect(VALID);
                    if export.kind == ExternalKind::Func {
                        let import = self.imports.get(export.index as usize);
                        if let Some(InterposerImport::Intrinsic(_)) = import {
                            return Err(format!("it exports the import `{}`", export.name));
                        }
                        match export.name {
                            PREINIT => self.preinit = Some(export.index),
                            name => drop(self.exports.insert(name.to_owned(), export.index)),
                        }
                    }
                }
            }
            Payload::CodeSectionEntry(body) => {
                let ty = function_types.pop().expect(VALID);
                self.functions.push(function(ty, body.as_bytes().to_vec())?);
            }
            Payload::DataSection(segments) => {
                for segment in segments {
                    let segment = segment.expect(VALID);
                    let end = segment.range.end;
                    let offset = active_offset(&segment.kind)?;
                    let size = segment.data.len();
                    if u64::from(offset) + size as u64 > u64::from(self.pages) << 16 {
                        return Err(format!(
                            "a data segment at {offset} lies outside its memory"
                        ));
                    }
                    self.data.push(InterposerData {
                        offset,
                        bytes: end - size..end,
                    });
                }
            }
            Payload::TableSection(_) | Payload::ElementSection(_) => {
                return Err("it has a table".to_owned());
            }
            Payload::StartSection { .. } => return Err("it has a start function".to_owned()),
            Payload::CustomSection(custom) => {
                if let KnownCustom::Name(names) = custom.as_known() {
                    // Names only serve readers: what is malformed is left out.
                    for name in names.into_iter().map_while(Result::ok) {
                        let (map, into) = match name {
                            Name::Function(map) => (map, &mut self.names),
                            Name::Global(map) => (map, &mut self.global_names),
                            _ => continue,
                        };
                        into.extend(
                            map.into_iter()
                                .map_while(Result::ok)
                                .map(|n| (n.index, n.name.to_owned())),
                        );
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn import(&self, import: &wasmparser::Import<'_>) -> Result<InterposerImport, String> {
        let wasmparser::Import { module, name, ty } = *import;
        let TypeRef::Func(ty) = ty else {
            return Err(format!(
                "it imports `{module}.{name}`, which is not a function"
            ));
        };
        if module == WASI {
            return Ok(InterposerImport::Host {
                name: name.to_owned(),
                ty,
            });
        }
        let intrinsic = Intrinsic::named(module, name)
            .ok_or_else(|| format!("it imports `{module}.{name}`"))?;
        let (found, expected) = (&self.types[ty as usize], intrinsic.ty());
        if *found != expected {
            return Err(format!(
                "it imports `{module}.{name}` as `{found}`, which is `{expected}`"
            ));
        }
        Ok(InterposerImport::Intrinsic(intrinsic))
    }
}

/// Notes what a body needs, and refuses what the linker does not rewrite.
pub(super) fn function(ty: u32, body: Vec<u8>) -> Result<InterposerFunction, String> {
    let (mut calls, mut globals, mut grows) = (Vec::new(), Vec::new(), false);
    let operators = FunctionBody::new(BinaryReader::new(&body, 0))
        .get_operators_reader()
        .expect("it is valid");
    for operator in operators {
        match operator.expect("it is valid") {
            Operator::Call { function_index } => calls.push(function_index),
            Operator::GlobalGet { global_index } | Operator::GlobalSet { global_index } => {
                globals.push(global_index)
            }
            Operator::MemoryGrow { .. } => grows = true,
            Operator::MemoryInit { .. } | Operator::DataDrop { .. } => {
                return Err("it uses a passive data segment of its own".to_owned());
            }
            _ => {}
        }
    }
    calls.sort_unstable();
    calls.dedup();
    globals.sort_unstable();
    globals.dedup();
    Ok(InterposerFunction {
        ty,
        body,
        calls,
        globals,
        grows,
    })
}

fn active_offset(kind: &DataKind<'_>) -> Result<u32, String> {
    if let DataKind::Active { offset_expr, .. } = kind
        && let Ok(Operator::I32Const { value }) = offset_expr.get_operators_reader().read()
    {
        return Ok(value as u32);
    }
    Err("it has a data segment that is not active at a constant".to_owned())
}
