//! What a manifest gives a program that never asks for it.

use miette::Diagnostic;
use wasmparser::{Parser, Payload, TypeRef};

use crate::plan::Start;

/// Something in the manifest that changes nothing for this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, Diagnostic)]
#[diagnostic(severity(Warning))]
#[non_exhaustive]
pub enum Unused {
    /// Variables for a program that reads none.
    #[error("the program never asks for environment variables, so `[env]` changes nothing")]
    #[diagnostic(
        code(wasi_vfs::unused::env),
        help(
            "remove `[env]`; a program asks by importing `environ_get`, which nobody can add to it"
        )
    )]
    Environment,

    /// Arguments for a program that reads none.
    #[error("the program never asks for arguments, so `[args]` changes nothing")]
    #[diagnostic(
        code(wasi_vfs::unused::args),
        help(
            "remove `[args]`; a program asks by importing `args_get`, which nobody can add to it"
        )
    )]
    Arguments,
}

/// What of `start` is lost on `program`, which is a module that was linked.
pub(crate) fn find(program: &[u8], start: &Start) -> Vec<Unused> {
    let asked = asked(program);
    let mut unused = Vec::new();
    if !start.environment.is_empty() && !asked.environment {
        unused.push(Unused::Environment);
    }
    // A name alone is for programs that look at it, and does no harm to others.
    if start.arguments.len() > 1 && !asked.arguments {
        unused.push(Unused::Arguments);
    }
    unused
}

#[derive(Default)]
struct Asked {
    environment: bool,
    arguments: bool,
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
                    match import.name {
                        _ if !wasi || !matches!(import.ty, TypeRef::Func(_)) => {}
                        "environ_get" => asked.environment = true,
                        "args_get" => asked.arguments = true,
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

    fn start(variables: usize, arguments: usize) -> Start {
        Start {
            environment: vec![("A".to_owned(), "1".to_owned()); variables],
            arguments: vec!["a".to_owned(); arguments],
            ..Start::default()
        }
    }

    #[test]
    fn what_is_not_asked_for_is_told() {
        let module = |imports: &str| wat::parse_str(format!("(module {imports})")).unwrap();
        let import = |module: &str, name: &str| {
            format!(r#"(import "{module}" "{name}" (func (param i32 i32) (result i32)))"#)
        };
        let (env, args) = (Unused::Environment, Unused::Arguments);
        let one = "wasi_snapshot_preview1";
        for (imports, start, expected) in [
            (String::new(), start(0, 0), vec![]),
            (String::new(), start(0, 1), vec![]),
            (String::new(), start(1, 2), vec![env, args]),
            (import(one, "environ_get"), start(1, 2), vec![args]),
            (import("wasi_unstable", "args_get"), start(1, 2), vec![env]),
            (import("env", "args_get"), start(0, 2), vec![args]),
            (import(one, "args_sizes_get"), start(0, 2), vec![args]),
        ] {
            assert_eq!(find(&module(&imports), &start), expected, "{imports}");
        }
    }
}
