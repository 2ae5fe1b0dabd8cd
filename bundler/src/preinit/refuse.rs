//! What can't be saved: wizer's rules, told by where they are broken.

use std::collections::BTreeMap;

use wasmparser::{
    CompositeInnerType, ExternalKind, FuncType, Operator, Parser, Payload, TypeRef, ValType,
};

use super::error::PreinitProblem;
use super::names::Names;
use crate::manifest::Preinit;

const VALID: &str = "the module was validated when it was linked";

/// Looks whether the functions are there that the manifest names.
pub(super) fn check_functions(module: &[u8], settings: &Preinit) -> Result<(), PreinitProblem> {
    let exports = exports(module);
    let find = |name: &str, table: &'static str| match exports.get(name) {
        Some(Some(ty)) => Ok(ty),
        Some(None) => Err(PreinitProblem::NoFunction {
            name: name.to_owned(),
        }),
        None => Err(PreinitProblem::NoExport {
            name: name.to_owned(),
            key: table,
            help: advice(name, &exports),
        }),
    };
    let ty = find(&settings.function, "function")?;
    if !(ty.params().is_empty() && ty.results().is_empty()) {
        return Err(PreinitProblem::Type {
            name: settings.function.clone(),
            found: ty.to_string(),
        });
    }
    for (_, from) in &settings.rename {
        find(from, "rename")?;
    }
    Ok(())
}

/// Exports by name; the type of those that are functions.
fn exports(module: &[u8]) -> BTreeMap<String, Option<FuncType>> {
    let (mut types, mut functions, mut found) = (Vec::new(), Vec::new(), BTreeMap::new());
    for payload in Parser::new(0).parse_all(module) {
        match payload.expect(VALID) {
            Payload::TypeSection(section) => {
                let groups = section.into_iter().map(|group| group.expect(VALID));
                types = groups
                    .flat_map(|group| group.into_types())
                    .map(|ty| match ty.composite_type.inner {
                        CompositeInnerType::Func(ty) => Some(ty),
                        _ => None,
                    })
                    .collect();
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    if let TypeRef::Func(ty) | TypeRef::FuncExact(ty) = import.expect(VALID).ty {
                        functions.push(ty);
                    }
                }
            }
            Payload::FunctionSection(section) => {
                functions.extend(section.into_iter().map(|ty| ty.expect(VALID)));
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export.expect(VALID);
                    let ty = (export.kind == ExternalKind::Func)
                        .then(|| functions[export.index as usize])
                        .and_then(|ty| types[ty as usize].clone());
                    found.insert(export.name.to_owned(), ty);
                }
            }
            Payload::CodeSectionStart { .. } => break,
            _ => {}
        }
    }
    found
}

/// What to write instead of a name that nothing is exported as.
fn advice(name: &str, exports: &BTreeMap<String, Option<FuncType>>) -> String {
    let fits = |ty: &FuncType| ty.params().is_empty() && ty.results().is_empty();
    let functions: Vec<&str> = exports
        .iter()
        .filter(|(_, ty)| ty.as_ref().is_some_and(fits))
        .map(|(name, _)| name.as_str())
        .collect();
    let near = functions
        .iter()
        .map(|known| (strsim::damerau_levenshtein(name, known), known))
        .filter(|(distance, known)| *distance <= 1 + known.len() / 3)
        .min();
    if let Some((_, near)) = near {
        return format!("did you mean `{near}`?");
    }
    const SHOWN: usize = 12;
    let export = "export the initializer from the program: in C with `__attribute__((export_name(\"init\")))`, in Rust with `#[unsafe(export_name = \"init\")] extern \"C\" fn`";
    match functions.as_slice() {
        [] => format!("{export}; the program exports no function without arguments"),
        some if some.len() <= SHOWN => {
            let quoted: Vec<String> = some.iter().map(|name| format!("`{name}`")).collect();
            format!("{export}; the program exports {}", quoted.join(", "))
        }
        many => format!(
            "{export}; the program exports {} functions without arguments",
            many.len()
        ),
    }
}

/// Finds what wizer refuses in a module; `message` is what wizer says.
pub(super) fn reason(module: &[u8], message: String) -> PreinitProblem {
    let mut function = 0;
    for payload in Parser::new(0).parse_all(module) {
        match payload.expect(VALID) {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    let import = import.expect(VALID);
                    let what = match import.ty {
                        TypeRef::Func(_) | TypeRef::FuncExact(_) => {
                            function += 1;
                            if !(import.module.starts_with("__wizer_")
                                || import.name.starts_with("__wizer_"))
                            {
                                continue;
                            }
                            "function"
                        }
                        TypeRef::Global(_) => "global",
                        TypeRef::Table(_) => "table",
                        TypeRef::Memory(_) => "memory",
                        TypeRef::Tag(_) => "tag",
                    };
                    return PreinitProblem::Import {
                        what,
                        module: import.module.to_owned(),
                        name: import.name.to_owned(),
                    };
                }
            }
            Payload::GlobalSection(globals) => {
                for (index, global) in globals.into_iter().enumerate() {
                    let ty = global.expect(VALID).ty;
                    if ty.mutable && matches!(ty.content_type, ValType::Ref(_)) {
                        return PreinitProblem::Global { index };
                    }
                }
            }
            Payload::CodeSectionEntry(body) => {
                for operator in body.get_operators_reader().expect(VALID) {
                    if let Some(instruction) = refused(&operator.expect(VALID)) {
                        return PreinitProblem::Instruction {
                            instruction,
                            function: Names::of(module).get(function),
                        };
                    }
                }
                function += 1;
            }
            _ => {}
        }
    }
    PreinitProblem::Snapshot { message }
}

/// What would change something that is not saved.
fn refused(operator: &Operator<'_>) -> Option<&'static str> {
    Some(match operator {
        Operator::TableCopy { .. } => "table.copy",
        Operator::TableInit { .. } => "table.init",
        Operator::TableSet { .. } => "table.set",
        Operator::TableGrow { .. } => "table.grow",
        Operator::TableFill { .. } => "table.fill",
        Operator::ElemDrop { .. } => "elem.drop",
        Operator::DataDrop { .. } => "data.drop",
        Operator::StructSet { .. } => "struct.set",
        Operator::ArraySet { .. } => "array.set",
        Operator::ArrayFill { .. } => "array.fill",
        Operator::ArrayCopy { .. } => "array.copy",
        Operator::ArrayInitData { .. } => "array.init_data",
        Operator::ArrayInitElem { .. } => "array.init_elem",
        _ => return None,
    })
}
