//! A program that has nothing of the host's file system: what it need not import, and what it is answered instead.
//!
//! The standard streams stay: reading, writing and closing them, and what tells their kind. Every other call on a stream
//! has one answer, so that nobody has to ask the host.

use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{Encode, ImportSection};
use wasmparser::{BinaryReader, ImportSectionReader, TypeRef};

use super::guest::{Guest, Section};

/// Calls that a stream needs its host for.
const STREAM: [&str; 6] = [
    "fd_close",
    "fd_fdstat_get",
    "fd_fdstat_set_flags",
    "fd_filestat_get",
    "fd_read",
    "fd_write",
];

/// Imports that a bundle does not have any more.
#[derive(Debug)]
pub(super) struct Dropped {
    /// Indices of the function imports, ascending.
    pub(super) imports: Vec<u32>,
    /// The function import that each of them becomes a second one of. Nobody calls it by their indices; with an entry in
    /// their place, no other index changes.
    pub(super) instead: u32,
}

/// What the interposer is answered when it asks the host for `name`; `None` when the host is asked.
///
/// The answers are wasmtime's for a standard stream. It tells `EBADF` for a position in a stream that is not open for
/// reading, or for writing; here that is `ESPIPE` like any other position in a stream, as on Linux.
pub(super) fn answer(name: &str) -> Option<u16> {
    const BADF: u16 = 8;
    const NOTDIR: u16 = 54;
    const NOTSOCK: u16 = 57;
    const SPIPE: u16 = 70;
    match name {
        _ if STREAM.contains(&name) => None,
        "fd_seek" | "fd_tell" | "fd_pread" | "fd_pwrite" => Some(SPIPE),
        "fd_prestat_dir_name" => Some(NOTDIR),
        _ if name.starts_with("sock_") => Some(NOTSOCK),
        // Neither a file nor a directory.
        _ if name.starts_with("fd_") || name.starts_with("path_") => Some(BADF),
        _ => None,
    }
}

impl Dropped {
    /// Finds the imports that nobody calls: interposed, and with an answer of their own.
    ///
    /// # Errors
    /// When there are such imports but no other one that could take their places: their names.
    pub(super) fn new(
        guest: &Guest<'_>,
        interposed: &[Option<u32>],
    ) -> Result<Option<Self>, Vec<String>> {
        let wasi = guest.snapshot.module();
        let name = |index: u32| guest.imports[index as usize].name;
        let (imports, rest): (Vec<u32>, Vec<u32>) =
            (0..guest.imports.len() as u32).partition(|&index| {
                interposed[index as usize].is_some() && answer(name(index)).is_some()
            });
        if imports.is_empty() {
            return Ok(None);
        }
        // Rather one that every host has.
        let is_wasi = |index: &&u32| guest.imports[**index as usize].module == wasi;
        match rest.iter().find(is_wasi).or(rest.first()) {
            Some(&instead) => Ok(Some(Dropped { imports, instead })),
            None => Err(imports
                .iter()
                .map(|&index| name(index).to_owned())
                .collect()),
        }
    }

    /// The contents of the program's import section without them.
    pub(super) fn section(&self, guest: &Guest<'_>, section: &Section) -> Vec<u8> {
        const VALID: &str = "validated when the program was read";
        let contents = BinaryReader::new(guest.slice(&section.contents), section.contents.start);
        let imports: Vec<_> = ImportSectionReader::new(contents)
            .expect(VALID)
            .into_imports()
            .map(|import| import.expect(VALID))
            .collect();
        let is_function = |ty: &TypeRef| matches!(ty, TypeRef::Func(_) | TypeRef::FuncExact(_));
        let functions: Vec<_> = imports
            .iter()
            .filter(|import| is_function(&import.ty))
            .collect();
        let mut out = ImportSection::new();
        let mut index = 0;
        for import in &imports {
            let mut import = import;
            if is_function(&import.ty) {
                if self.imports.binary_search(&index).is_ok() {
                    import = functions[self.instead as usize];
                }
                index += 1;
            }
            let ty = RoundtripReencoder.entity_type(import.ty).expect(VALID);
            out.import(import.module, import.name, ty);
        }
        // A section encodes itself with its length in front, which the caller writes as well.
        let mut encoded = Vec::new();
        out.encode(&mut encoded);
        let mut start = 0;
        super::leb::read(&encoded, &mut start).expect("just written");
        encoded.split_off(start)
    }
}
