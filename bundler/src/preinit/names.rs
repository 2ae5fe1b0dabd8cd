//! What functions are called, for messages.

use std::collections::BTreeMap;

use wasmparser::{ExternalKind, KnownCustom, Name, Parser, Payload, TypeRef};

/// Names of functions by index.
pub(super) struct Names(BTreeMap<u32, String>);

impl Names {
    /// From the name section of a module that is valid; functions without are called by what they are exported or
    /// imported as.
    pub(super) fn of(module: &[u8]) -> Self {
        let mut names = BTreeMap::new();
        let mut others = BTreeMap::new();
        for payload in Parser::new(0).parse_all(module).map_while(Result::ok) {
            match payload {
                Payload::ImportSection(imports) => {
                    let imports = imports.into_imports().filter_map(Result::ok);
                    let functions = imports.filter(|import| {
                        matches!(import.ty, TypeRef::Func(_) | TypeRef::FuncExact(_))
                    });
                    for (index, import) in (0..).zip(functions) {
                        others.insert(index, format!("{}.{}", import.module, import.name));
                    }
                }
                Payload::ExportSection(exports) => {
                    for export in exports.into_iter().filter_map(Result::ok) {
                        if export.kind == ExternalKind::Func {
                            others
                                .entry(export.index)
                                .or_insert_with(|| export.name.to_owned());
                        }
                    }
                }
                Payload::CustomSection(custom) => {
                    if let KnownCustom::Name(section) = custom.as_known() {
                        for name in section.into_iter().map_while(Result::ok) {
                            if let Name::Function(map) = name {
                                let known = map.into_iter().map_while(Result::ok);
                                names.extend(known.map(|name| (name.index, demangled(name.name))));
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        for (index, name) in others {
            names.entry(index).or_insert(name);
        }
        Self(names)
    }

    /// A function's name, or its number.
    pub(super) fn get(&self, function: u32) -> String {
        match self.0.get(&function) {
            Some(name) => name.clone(),
            None => format!("function {function}"),
        }
    }
}

/// Rust's older symbols without what the compiler adds: `_ZN3std2io5stdio17h0123456789abcdefE` is `std::io::stdio`.
fn demangled(name: &str) -> String {
    let plain = || {
        let mut rest = name.strip_prefix("_ZN")?.strip_suffix('E')?;
        let mut parts = Vec::new();
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit())?;
            let len: usize = rest[..digits].parse().ok()?;
            parts.push(rest.get(digits..digits + len)?);
            rest = rest.get(digits + len..)?;
        }
        let is_hash = |part: &&str| part.len() == 17 && part.starts_with('h');
        parts.pop_if(|part| is_hash(&&**part));
        Some(parts.join("::"))
    };
    plain().unwrap_or_else(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_read_as_paths() {
        assert_eq!(
            demangled("_ZN3std2io5stdio17h0123456789abcdefE"),
            "std::io::stdio"
        );
        assert_eq!(demangled("main"), "main");
        assert_eq!(demangled("_ZN"), "_ZN");
        assert_eq!(demangled("_ZN99xE"), "_ZN99xE");
    }
}
