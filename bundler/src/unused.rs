//! What a manifest gives a program that never asks for it.

use miette::Diagnostic;
use wasmparser::{Parser, Payload, TypeRef};

use crate::link::foreign;
use crate::plan::{EntryKind, MountKind, Plan};

/// Something in the manifest that changes nothing for this program.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Diagnostic)]
#[diagnostic(severity(Warning))]
#[non_exhaustive]
pub enum Unused {
    /// Files for a program that opens none by WASI.
    #[error("the program does not import `path_open`, so it can't open the embedded files")]
    #[diagnostic(
        code(wasi_vfs::unused::files),
        help(
            "build it from code that opens files, with a toolchain for WASI such as wasi-sdk, `zig cc -target wasm32-wasi` or Rust's `wasm32-wasip1`; Emscripten's `-sSTANDALONE_WASM` opens none"
        )
    )]
    Files,

    /// Files for a program that opens its files another way than by WASI.
    #[error(
        "the program was built by {toolchain}: it imports `{import}`, but not `path_open`, so it can't open the embedded files"
    )]
    #[diagnostic(code(wasi_vfs::unused::foreign_files), help("{remedy}"))]
    ForeignFiles {
        /// What made it.
        toolchain: &'static str,
        /// The import that shows it, as `module.name`.
        import: String,
        /// What to build instead.
        remedy: &'static str,
    },

    /// Variables for a program that reads none.
    #[error("the program never reads environment variables, so `[env]` has no effect")]
    #[diagnostic(
        code(wasi_vfs::unused::env),
        help(
            "remove `[env]`; a program reads the environment by importing `environ_get`, and this one does not"
        )
    )]
    Environment,

    /// Arguments for a program that reads none.
    #[error("the program never reads arguments, so `[args]` has no effect")]
    #[diagnostic(
        code(wasi_vfs::unused::args),
        help(
            "remove `[args]`; a program reads arguments by importing `args_get`, and this one does not"
        )
    )]
    Arguments,

    /// A host mount for a program that can't find what the host gives.
    #[error(
        "the program never looks for host directories, so the host mount at `{path}` has no effect"
    )]
    #[diagnostic(
        code(wasi_vfs::unused::host),
        help(
            "remove the mount; a program finds host directories by importing `fd_prestat_get` and `fd_prestat_dir_name`, and this one does not"
        )
    )]
    Host {
        /// The mount's guest path.
        path: String,
    },
}

/// What of `plan` is lost on `program`, which is a module that was linked; `file_calls`: whether it has any file function, else the linker
/// has told.
pub(crate) fn find(program: &[u8], plan: &Plan, file_calls: bool) -> Vec<Unused> {
    let asked = asked(program);
    let start = plan.start();
    let mut unused = Vec::new();
    let origin = foreign::Origin::of(program);
    let is_file = |kind: &EntryKind| matches!(kind, EntryKind::File { .. });
    if file_calls && !origin.paths && plan.entries().iter().any(|it| is_file(&it.kind)) {
        unused.push(match origin.foreign {
            Some((toolchain, import)) => Unused::ForeignFiles {
                toolchain: toolchain.name,
                import,
                remedy: toolchain.help,
            },
            None => Unused::Files,
        });
    }
    if !start.environment.is_empty() && !asked.environment {
        unused.push(Unused::Environment);
    }
    // A name alone is for programs that look at it, and does no harm to others.
    if start.arguments.len() > 1 && !asked.arguments {
        unused.push(Unused::Arguments);
    }
    if !asked.directories || !asked.their_names {
        let mounts = plan.mounts().iter();
        let mounts = mounts.filter(|mount| mount.kind == MountKind::Host);
        unused.extend(mounts.map(|mount| Unused::Host {
            path: mount.path.to_string(),
        }));
    }
    unused
}

#[derive(Default)]
struct Asked {
    environment: bool,
    arguments: bool,
    directories: bool,
    their_names: bool,
}

fn asked(program: &[u8]) -> Asked {
    let mut asked = Asked::default();
    for payload in Parser::new(0).parse_all(program) {
        // What is wrong with a module the linker has told.
        let Ok(payload) = payload else { break };
        match payload {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports().flatten() {
                    let wasi = matches!(import.module, "wasi_snapshot_preview1" | "wasi_unstable");
                    if !wasi || !matches!(import.ty, TypeRef::Func(_)) {
                        continue;
                    }
                    match import.name {
                        "environ_get" => asked.environment = true,
                        "args_get" => asked.arguments = true,
                        "fd_prestat_get" => asked.directories = true,
                        "fd_prestat_dir_name" => asked.their_names = true,
                        _ => {}
                    }
                }
            }
            Payload::CodeSectionStart { .. } => break,
            _ => {}
        }
    }
    asked
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Content, Entry, GuestPath, Mount, Origin, Start};

    fn plan(variables: usize, arguments: usize, mounts: &[(&str, MountKind)]) -> Plan {
        let directory = |path: &str| Entry {
            path: GuestPath::parse(path).unwrap(),
            kind: EntryKind::Directory,
            mode: 0o755,
            time_ns: 0,
            origin: Origin::IMPLIED,
        };
        let mount = |&(path, kind): &(&str, MountKind)| Mount {
            path: GuestPath::parse(path).unwrap(),
            kind,
            size_limit: None,
            required: false,
            origin: Origin::IMPLIED,
        };
        let start = Start {
            environment: vec![("A".to_owned(), "1".to_owned()); variables],
            arguments: vec!["a".to_owned(); arguments],
            ..Start::default()
        };
        Plan::assemble(mounts.iter().map(|(path, _)| directory(path)).collect())
            .with_mounts(mounts.iter().map(mount).collect())
            .with_start(start)
    }

    #[test]
    fn what_is_not_asked_for_is_told() {
        let module = |imports: &str| wat::parse_str(format!("(module {imports})")).unwrap();
        let import = |module: &str, name: &str| {
            format!(r#"(import "{module}" "{name}" (func (param i32 i32) (result i32)))"#)
        };
        let env = || Unused::Environment;
        let args = || Unused::Arguments;
        let host = |path: &str| Unused::Host {
            path: path.to_owned(),
        };
        let one = "wasi_snapshot_preview1";
        let places = [("a", MountKind::Host), ("b", MountKind::Tmpfs)];
        let both = import(one, "fd_prestat_get") + &import(one, "fd_prestat_dir_name");
        for (imports, plan, expected) in [
            (String::new(), plan(0, 0, &[]), vec![]),
            (String::new(), plan(0, 1, &[]), vec![]),
            (String::new(), plan(1, 2, &[]), vec![env(), args()]),
            (import(one, "environ_get"), plan(1, 2, &[]), vec![args()]),
            (
                import("wasi_unstable", "args_get"),
                plan(1, 2, &[]),
                vec![env()],
            ),
            (import("env", "args_get"), plan(0, 2, &[]), vec![args()]),
            (import(one, "args_sizes_get"), plan(0, 2, &[]), vec![args()]),
            (
                import(one, "fd_prestat_get"),
                plan(0, 0, &places),
                vec![host("a")],
            ),
            (both, plan(0, 0, &places), vec![]),
        ] {
            assert_eq!(find(&module(&imports), &plan, true), expected, "{imports}");
        }
    }

    #[test]
    fn files_need_a_program_that_opens_them() {
        let module = |imports: &str| wat::parse_str(format!("(module {imports})")).unwrap();
        let import = |module: &str, name: &str| format!(r#"(import "{module}" "{name}" (func))"#);
        let entry = |path: &str, kind| Entry {
            path: GuestPath::parse(path).unwrap(),
            kind,
            mode: 0o755,
            time_ns: 0,
            origin: Origin::IMPLIED,
        };
        let content = Content::Inline(b"abc"[..].into());
        let file = EntryKind::File { content, size: 3 };
        let files = Plan::assemble(vec![entry("/", EntryKind::Directory), entry("/f", file)]);
        let none = Plan::assemble(vec![entry("/", EntryKind::Directory)]);
        let descriptors = import("wasi_snapshot_preview1", "fd_read");
        let find = |imports: &str, plan: &Plan, file_calls| {
            let found = find(&module(imports), plan, file_calls);
            found
                .iter()
                .map(|it| it.code().unwrap().to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            find(&descriptors, &files, true),
            ["wasi_vfs::unused::files"]
        );
        assert_eq!(find(&descriptors, &none, true), [""; 0]);
        // The linker tells of these.
        assert_eq!(find("", &files, false), [""; 0]);
        for name in ["path_open", "path_filestat_get"] {
            for wasi in ["wasi_snapshot_preview1", "wasi_unstable"] {
                let both = descriptors.clone() + &import(wasi, name);
                assert_eq!(find(&both, &files, true), [""; 0], "{name}");
            }
        }
        let foreign = descriptors.clone() + &import("env", "path_open");
        assert_eq!(find(&foreign, &files, true), ["wasi_vfs::unused::files"]);
        let emscripten = descriptors + &import("env", "__syscall_openat");
        assert_eq!(
            find(&emscripten, &files, true),
            ["wasi_vfs::unused::foreign_files"]
        );
    }
}
