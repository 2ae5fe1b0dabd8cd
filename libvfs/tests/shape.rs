//! The shape of the pinned artifacts: what they may import, export and contain, and how large they may be.
//!
//! The linker relies on that, and so does every engine that runs a bundle.

use std::collections::BTreeSet;
use std::path::PathBuf;

use sha2::{Digest, Sha256};
use wasmparser::{
    ExternalKind, FuncType, Operator, Parser, Payload, TypeRef, ValType, Validator, WasmFeatures,
};

/// Every interposed function of preview1 with its parameters: `i` is i32, `I` is i64. All return i32.
const INTERPOSED: [(&str, &str); 40] = [
    ("args_get", "ii"),
    ("args_sizes_get", "ii"),
    ("environ_get", "ii"),
    ("environ_sizes_get", "ii"),
    ("fd_advise", "iIIi"),
    ("fd_allocate", "iII"),
    ("fd_close", "i"),
    ("fd_datasync", "i"),
    ("fd_fdstat_get", "ii"),
    ("fd_fdstat_set_flags", "ii"),
    ("fd_fdstat_set_rights", "iII"),
    ("fd_filestat_get", "ii"),
    ("fd_filestat_set_size", "iI"),
    ("fd_filestat_set_times", "iIIi"),
    ("fd_pread", "iiiIi"),
    ("fd_prestat_dir_name", "iii"),
    ("fd_prestat_get", "ii"),
    ("fd_pwrite", "iiiIi"),
    ("fd_read", "iiii"),
    ("fd_readdir", "iiiIi"),
    ("fd_renumber", "ii"),
    ("fd_seek", "iIii"),
    ("fd_sync", "i"),
    ("fd_tell", "ii"),
    ("fd_write", "iiii"),
    ("path_create_directory", "iii"),
    ("path_filestat_get", "iiiii"),
    ("path_filestat_set_times", "iiiiIIi"),
    ("path_link", "iiiiiii"),
    ("path_open", "iiiiiIIii"),
    ("path_readlink", "iiiiii"),
    ("path_remove_directory", "iii"),
    ("path_rename", "iiiiii"),
    ("path_symlink", "iiiii"),
    ("path_unlink_file", "iii"),
    ("poll_oneoff", "iiii"),
    ("sock_accept", "iii"),
    ("sock_recv", "iiiiii"),
    ("sock_send", "iiiii"),
    ("sock_shutdown", "ii"),
];

/// What begins and ends a run that is saved; no call of preview1.
const PREINIT: &str = "preinit";

/// What the interposer calls for itself, with parameters and results; never exported.
const HOST_ONLY: [(&str, &str, &str); 2] = [("clock_time_get", "iIi", "i"), ("proc_exit", "i", "")];

/// Every intrinsic, with its parameters and results.
const INTRINSICS: [(&str, &str, &str); 17] = [
    ("program_load8", "i", "i"),
    ("program_load32", "i", "i"),
    ("program_load64", "i", "I"),
    ("program_store8", "ii", ""),
    ("program_store16", "ii", ""),
    ("program_store32", "ii", ""),
    ("program_store64", "iI", ""),
    ("copy_in", "iii", ""),
    ("copy_out", "iii", ""),
    ("image_to_program", "iii", ""),
    ("image_to_own", "iii", ""),
    ("image_size", "", "i"),
    ("program_pages", "", "i"),
    ("snapshot", "", "i"),
    ("host_policy", "", "i"),
    ("requires_host", "", "i"),
    ("is_saved", "", "i"),
];

/// The artifact that only reads, and the bytes of code that a program may reach which only reads as well. The linker
/// leaves out more, and its rewriting adds about a tenth: `bundler/tests/link/budget.rs` has the budgets of bundles.
///
/// 1,150 bytes of it are for programs that were saved while they were bundled (`fs/saved.rs`), and in no other bundle.
const READING: (&str, u64) = ("libwasi_vfs.wasm", 12_288 + 1_150);

/// What such a program imports.
const READING_CALLS: [&str; 15] = [
    "fd_close",
    "fd_fdstat_get",
    "fd_fdstat_set_flags",
    "fd_filestat_get",
    "fd_pread",
    "fd_prestat_dir_name",
    "fd_prestat_get",
    "fd_read",
    "fd_readdir",
    "fd_seek",
    "fd_tell",
    "fd_write",
    "path_filestat_get",
    "path_open",
    "path_readlink",
];

/// The archive: see `archive.rs`.
const ARCHIVE: &str = "libwasi_vfs.a";

/// The artifact that also writes, and the bytes of code for a program that imports everything: within 64 KiB.
const WRITABLE: (&str, u64) = ("libwasi_vfs_writable.wasm", 40_960 + 1_120);

fn dist(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("dist")
        .join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn letters(types: &[ValType]) -> String {
    let letter = |value: &ValType| match value {
        ValType::I32 => 'i',
        ValType::I64 => 'I',
        other => panic!("{other} in a signature"),
    };
    types.iter().map(letter).collect()
}

#[test]
fn the_artifacts_have_the_shape_the_linker_expects() {
    check_shape(READING);
    check_shape(WRITABLE);
}

fn check_shape((name, code_budget): (&str, u64)) {
    let wasm = dist(name);
    let mut types: Vec<FuncType> = Vec::new();
    let mut functions: Vec<u32> = Vec::new();
    let mut intrinsics = BTreeSet::new();
    let mut hosts = BTreeSet::new();
    let mut exports = BTreeSet::new();
    let mut begins = false;
    let mut roots = Vec::new();
    let mut imported = 0;
    let mut bodies: Vec<(u64, Vec<u32>)> = Vec::new();
    for payload in Parser::new(0).parse_all(&wasm) {
        match payload.expect("the artifact parses") {
            Payload::TypeSection(section) => {
                types = section
                    .into_iter_err_on_gc_types()
                    .collect::<Result<_, _>>()
                    .unwrap();
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import.unwrap();
                    let TypeRef::Func(index) = import.ty else {
                        panic!("imports `{}.{}`, no function", import.module, import.name);
                    };
                    functions.push(index);
                    imported += 1;
                    let signature = &types[index as usize];
                    let params = letters(signature.params());
                    let results = letters(signature.results());
                    match import.module {
                        "wasi_vfs" => {
                            assert!(
                                INTRINSICS.contains(&(import.name, &params, &results)),
                                "`{}` is no intrinsic with ({params}) -> ({results})",
                                import.name
                            );
                            assert!(intrinsics.insert(import.name.to_owned()));
                        }
                        "wasi_snapshot_preview1"
                            if HOST_ONLY.contains(&(import.name, &params, &results)) => {}
                        "wasi_snapshot_preview1" => {
                            assert!(
                                INTERPOSED.contains(&(import.name, &params)) && results == "i",
                                "`{}` is no interposed call with ({params}) -> ({results})",
                                import.name
                            );
                            assert!(hosts.insert(import.name.to_owned()));
                        }
                        other => panic!("imports from `{other}`"),
                    }
                }
            }
            Payload::FunctionSection(section) => {
                functions.extend(section.into_iter().map(Result::unwrap));
            }
            Payload::MemorySection(section) => {
                let memories: Vec<_> = section.into_iter().map(Result::unwrap).collect();
                assert_eq!(memories.len(), 1);
                // One page holds stack, statics and the first thousand descriptors.
                assert_eq!((memories[0].initial, memories[0].maximum), (1, None));
                assert!(!memories[0].memory64 && !memories[0].shared);
            }
            Payload::GlobalSection(section) => {
                let globals: Vec<_> = section.into_iter().map(Result::unwrap).collect();
                assert_eq!(globals.len(), 1, "the stack pointer only");
                assert_eq!(globals[0].ty.content_type, ValType::I32);
                assert!(globals[0].ty.mutable);
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export.unwrap();
                    match export.kind {
                        ExternalKind::Func => {
                            let signature = &types[functions[export.index as usize] as usize];
                            let params = letters(signature.params());
                            if export.name == PREINIT {
                                assert!(params.is_empty() && signature.results().is_empty());
                                begins = true;
                                continue;
                            }
                            assert!(
                                INTERPOSED.contains(&(export.name, &params))
                                    && letters(signature.results()) == "i",
                                "`{}` has other parameters: {params}",
                                export.name
                            );
                            assert!(exports.insert(export.name.to_owned()));
                            if name == WRITABLE.0 || READING_CALLS.contains(&export.name) {
                                roots.push(export.index);
                            }
                        }
                        ExternalKind::Memory => assert_eq!(export.name, "memory"),
                        other => panic!("exports `{}`, a {other:?}", export.name),
                    }
                }
            }
            Payload::CodeSectionEntry(body) => {
                let calls = body.get_operators_reader().unwrap().into_iter();
                let calls = calls.filter_map(|operator| match operator.unwrap() {
                    Operator::Call { function_index } => Some(function_index),
                    _ => None,
                });
                let range = body.range();
                bodies.push(((range.end - range.start) as u64, calls.collect()));
            }
            Payload::Version { .. } | Payload::CodeSectionStart { .. } | Payload::End(_) => {}
            // Tables, elements, data, start, and anything that could carry a path or a time.
            other => panic!("has a section it should not have: {other:?}"),
        }
    }
    let names: BTreeSet<_> = INTERPOSED
        .iter()
        .map(|(name, _)| name.to_string())
        .collect();
    assert_eq!(exports, names);
    assert!(begins, "no `{PREINIT}`");
    // Renumbering changes the table only.
    let called: BTreeSet<_> = names
        .iter()
        .filter(|name| *name != "fd_renumber")
        .cloned()
        .collect();
    assert_eq!(hosts, called);
    let mut reached = BTreeSet::new();
    while let Some(function) = roots.pop() {
        if function >= imported && reached.insert(function - imported) {
            roots.extend(&bodies[(function - imported) as usize].1);
        }
    }
    let code_size: u64 = reached.iter().map(|&index| bodies[index as usize].0).sum();
    assert!(
        code_size <= code_budget,
        "{name}: {code_size} bytes of code, {code_budget} are allowed"
    );
}

#[test]
fn the_artifacts_need_no_more_than_bulk_memory_and_sign_extension() {
    let features = WasmFeatures::WASM1 | WasmFeatures::BULK_MEMORY | WasmFeatures::SIGN_EXTENSION;
    let features = features - WasmFeatures::FLOATS;
    for (name, _) in [READING, WRITABLE] {
        Validator::new_with_features(features)
            .validate_all(&dist(name))
            .expect("valid without anything newer, and without floating point");
    }
}

#[test]
fn the_provenance_is_of_these_artifacts() {
    let provenance = String::from_utf8(dist("provenance.json")).unwrap();
    for name in [READING.0, WRITABLE.0, ARCHIVE] {
        let wasm = dist(name);
        let digest: String = Sha256::digest(&wasm)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let line = format!(
            "{{ \"name\": \"{name}\", \"size\": {}, \"sha256\": \"{digest}\" }}",
            wasm.len()
        );
        assert!(provenance.contains(&line), "no `{line}` in {provenance}");
    }
    for field in [
        "source-sha256",
        "compiler",
        "linker",
        "optimizer",
        "rustflags",
    ] {
        assert!(provenance.contains(&format!("\"{field}\": \"")), "{field}");
    }
    assert!(!provenance.contains("/root") && !provenance.contains("/home"));
}
