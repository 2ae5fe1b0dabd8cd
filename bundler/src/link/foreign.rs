//! Modules that were not built for WASI: which toolchain made them, and what to build instead.
//!
//! A module's imports tell. Nothing here decides whether a module is refused: see [`Guest`](super::Guest) for modules that can't be
//! served at all, and [`unused`](crate::unused) for those that run but can't open a file.

use wasmparser::{FuncType, Parser, Payload, TypeRef, ValType};

use super::guest::Snapshot;

/// A toolchain that makes modules for another host than WASI.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Toolchain {
    /// What made the module, as the end of "it was built by …".
    pub(crate) name: &'static str,
    /// What to do instead.
    pub(crate) help: &'static str,
    /// Imports that only its modules have: module and name, `*` at an end stands for anything.
    marks: &'static [(&'static str, &'static str)],
}

/// The first match counts, so that what is built on another toolchain comes before it.
const TOOLCHAINS: &[Toolchain] = &[
    Toolchain {
        name: "TinyGo for JavaScript (`-target=wasm`)",
        help: "build for WASI: `tinygo build -target=wasip1 -o app.wasm`",
        marks: &[
            ("gojs", "runtime.ticks"),
            ("gojs", "runtime.sleepTicks"),
            ("env", "runtime.ticks"),
            ("env", "runtime.sleepTicks"),
        ],
    },
    Toolchain {
        name: "Go for JavaScript (`GOOS=js`)",
        help: "build for WASI: `GOOS=wasip1 GOARCH=wasm go build -o app.wasm`",
        marks: &[("gojs", "*"), ("go", "runtime.*"), ("go", "syscall/js.*")],
    },
    Toolchain {
        name: "napi-rs or emnapi as a Node.js add-on",
        help: "build a program instead of an add-on, without threads: `cargo build --target wasm32-wasip1`",
        marks: &[("*", "napi_*"), ("emnapi", "*")],
    },
    Toolchain {
        name: "wasm-bindgen for JavaScript",
        help: "build without wasm-bindgen and wasm-pack, for WASI: `cargo build --target wasm32-wasip1`",
        marks: &[
            ("wbg", "*"),
            ("__wbindgen_*", "*"),
            ("*", "__wbindgen_*"),
            ("*", "__wbg_*"),
        ],
    },
    Toolchain {
        name: ".NET for the browser",
        help: "build for WASI: `dotnet publish -r wasi-wasm`, with the workload `wasi-experimental`",
        marks: &[
            ("env", "mono_wasm_*"),
            ("env", "SystemJS_*"),
            ("env", "SystemInteropJS_*"),
        ],
    },
    Toolchain {
        name: "Kotlin for JavaScript (`wasmJs`)",
        help: "build Kotlin's target `wasmWasi`, and open files with WASI's `path_open`",
        marks: &[("js_code", "*")],
    },
    Toolchain {
        name: "Dart for JavaScript",
        help: "Dart has no target for WASI: its files must come from JavaScript",
        marks: &[("dart2wasm", "*")],
    },
    Toolchain {
        name: "TeaVM for JavaScript",
        help: "build TeaVM's target `WEBASSEMBLY_WASI`",
        marks: &[("teavm*", "*")],
    },
    Toolchain {
        name: "Scala.js",
        help: "Scala.js has no target for WASI: its files must come from JavaScript",
        marks: &[("__scalaJS*", "*")],
    },
    Toolchain {
        name: "a toolchain for JavaScript",
        help: "build for WASI preview 1, often called `wasip1`, `wasm32-wasi` or `wasm32-wasip1`",
        marks: &[("wasm:js-string", "*"), ("wasm:text-*", "*")],
    },
    EMSCRIPTEN,
    Toolchain {
        name: "AssemblyScript",
        help: "build with `@assemblyscript/wasi-shim`, which replaces `abort`, and open files with WASI's `path_open`: AssemblyScript's own library has no files",
        marks: &[("env", "abort")],
    },
];

const EMSCRIPTEN: Toolchain = Toolchain {
    name: "Emscripten",
    help: "build with wasi-sdk or `zig cc -target wasm32-wasi`. Emscripten opens files in its JavaScript, never through WASI, and with `-sSTANDALONE_WASM` opens none; to stay with it, embed files with its `--embed-file`",
    marks: &[
        ("env", "__syscall_*"),
        ("env", "emscripten_*"),
        ("env", "_emscripten_*"),
        ("env", "_emval_*"),
        ("env", "_embind_*"),
        ("env", "_abort_js"),
        ("env", "invoke_*"),
    ],
};

/// What the imports of a module tell.
#[derive(Debug, Default)]
pub(crate) struct Origin {
    /// Whose module it is, and the import that shows it, as `module.name`.
    pub(crate) foreign: Option<(&'static Toolchain, String)>,
    /// Whether it imports anything of WASI.
    pub(crate) wasi: bool,
    /// Whether it imports a function of WASI that is given a path.
    pub(crate) paths: bool,
}

impl Origin {
    /// Reads the imports of `module`, as far as they can be read.
    pub(crate) fn of(module: &[u8]) -> Self {
        let (types, imports) = read(module);
        let wasi = |import: &wasmparser::Import<'_>| Snapshot::of(import.module).is_some();
        let found = TOOLCHAINS.iter().find_map(|toolchain| {
            // What opens files says more about the module than what else it imports.
            let opens = imports
                .iter()
                .filter(|import| import.name == "__syscall_openat");
            let mut imports = opens.chain(&imports);
            let shows =
                imports.find(|import| !wasi(import) && toolchain.is_shown_by(import, &types))?;
            Some((toolchain, format!("{}.{}", shows.module, shows.name)))
        });
        Origin {
            foreign: found.or_else(|| minified(&imports)),
            wasi: imports.iter().any(wasi),
            paths: imports
                .iter()
                .any(|import| wasi(import) && import.name.starts_with("path_")),
        }
    }
}

impl Toolchain {
    fn is_shown_by(&self, import: &wasmparser::Import<'_>, types: &[Option<FuncType>]) -> bool {
        let like = |pattern: &str, text: &str| match pattern.strip_suffix('*') {
            Some(start) => text.starts_with(start),
            None => text == pattern,
        };
        let marked = (self.marks.iter())
            .any(|(module, name)| like(module, import.module) && like(name, import.name));
        // Hand-written programs have an `abort` as well: without its message, file, line and column.
        let abort = self.marks == [("env", "abort")];
        marked && (!abort || takes_message(import, types))
    }
}

fn takes_message(import: &wasmparser::Import<'_>, types: &[Option<FuncType>]) -> bool {
    let TypeRef::Func(index) = import.ty else {
        return false;
    };
    matches!(types.get(index as usize), Some(Some(ty)) if ty.params() == [ValType::I32; 4] && ty.results().is_empty())
}

/// Emscripten's optimizer renames all imports: `a.a`, `a.b`, … of one module `a`.
fn minified(imports: &[wasmparser::Import<'_>]) -> Option<(&'static Toolchain, String)> {
    let short = |import: &wasmparser::Import<'_>| import.module == "a" && import.name.len() <= 2;
    let first = imports.first()?;
    let all = imports.iter().all(short);
    all.then(|| (&EMSCRIPTEN, format!("{}.{}", first.module, first.name)))
}

/// The function types and the imports of a module.
fn read(module: &[u8]) -> (Vec<Option<FuncType>>, Vec<wasmparser::Import<'_>>) {
    let (mut types, mut found) = (Vec::new(), Vec::new());
    let mut parser = Parser::new(0);
    parser.set_features(wasmparser::WasmFeatures::all());
    for payload in parser.parse_all(module) {
        match payload {
            Ok(Payload::TypeSection(groups)) => {
                let groups = groups.into_iter().map_while(Result::ok);
                let all = groups.flat_map(|group| group.into_types().collect::<Vec<_>>());
                types.extend(all.map(|ty| match ty.composite_type.inner {
                    wasmparser::CompositeInnerType::Func(ty) => Some(ty),
                    _ => None,
                }));
            }
            Ok(Payload::ImportSection(imports)) => {
                found.extend(imports.into_imports().map_while(Result::ok));
                break;
            }
            // Imports come before these.
            Ok(Payload::FunctionSection(_) | Payload::CodeSectionStart { .. }) | Err(_) => break,
            _ => {}
        }
    }
    (types, found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(imports: &str) -> Origin {
        Origin::of(&wat::parse_str(format!("(module {imports})")).unwrap())
    }

    fn import(module: &str, name: &str) -> String {
        format!(r#"(import "{module}" "{name}" (func))"#)
    }

    #[test]
    fn each_mark_is_its_toolchains() {
        for toolchain in TOOLCHAINS {
            for (module, name) in toolchain.marks {
                let full = |text: &str| text.replace('*', "x");
                let (module, name) = (full(module), full(name));
                let text = match name.as_str() {
                    "abort" => {
                        format!(r#"(import "{module}" "{name}" (func (param i32 i32 i32 i32)))"#)
                    }
                    _ => import(&module, &name),
                };
                let (found, by) = origin(&text).foreign.expect(&name);
                assert_eq!((found, by), (toolchain, format!("{module}.{name}")));
            }
        }
    }

    #[test]
    fn what_only_looks_alike_is_nobodys() {
        for imports in [
            String::new(),
            import("wasi_snapshot_preview1", "fd_read"),
            import("env", "abort"),
            import("env", "memory_callback"),
            import("a", "log"),
            import("a", "a") + &import("env", "b"),
            // A WASI function of whatever name is no mark.
            import("wasi_snapshot_preview1", "napi_call"),
        ] {
            assert!(origin(&imports).foreign.is_none(), "{imports}");
        }
    }

    #[test]
    fn what_wasi_is_imported_is_told() {
        let says = |imports: &str| {
            let Origin { wasi, paths, .. } = origin(imports);
            (wasi, paths)
        };
        assert_eq!(says(&import("env", "path_open")), (false, false));
        assert_eq!(says(&import("wasi_unstable", "fd_read")), (true, false));
        assert_eq!(
            says(&import("wasi_snapshot_preview1", "path_open")),
            (true, true)
        );
        assert_eq!(
            says(&import("wasi_unstable", "path_filestat_get")),
            (true, true)
        );
    }

    #[test]
    fn a_minified_module_is_emscriptens() {
        let (found, by) = origin(&(import("a", "b") + &import("a", "aa")))
            .foreign
            .unwrap();
        assert_eq!((found, by), (&EMSCRIPTEN, "a.b".to_owned()));
    }

    #[test]
    fn what_opens_files_is_named_first() {
        let imports = import("env", "emscripten_x") + &import("env", "__syscall_openat");
        assert_eq!(origin(&imports).foreign.unwrap().1, "env.__syscall_openat");
    }
}
