//! Reading modules, comparing with golden files.

use std::path::{Path, PathBuf};

use wasi_vfs::link::{Guest, Host, Interposer, LinkError, Linked, Memory, Options, link_guest};

/// The folder of the cases.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/link")
}

/// The binary form of WebAssembly text.
pub(crate) fn wasm(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"))
}

/// The false interposer `NAME.wat`.
pub(crate) fn interposer(name: &str) -> Interposer {
    let path = folder().join(name).with_extension("wat");
    let bytes = wat::parse_file(&path).unwrap_or_else(|error| panic!("{error}"));
    Interposer::parse(bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Links with the false interposer of the golden cases.
pub(crate) fn link(module: &[u8]) -> Result<Linked<'_>, LinkError> {
    link_with(module, &interposer("interposer"), &Options::default())
}

/// Links with an interposer of the caller's.
pub(crate) fn link_with<'p>(
    module: &'p [u8],
    interposer: &Interposer,
    options: &Options,
) -> Result<Linked<'p>, LinkError> {
    link_guest(&Guest::inspect(module)?, interposer, options)
}

/// A program to link, and what with.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) module: Vec<u8>,
    pub(crate) interposer: Interposer,
    pub(crate) options: Options,
}

impl Case {
    /// Reads a case. Lines at its top say what differs from the usual: `;; interposer: NAME` (else `interposer`) and
    /// `;; options: WORD…`.
    fn read(path: PathBuf) -> Self {
        let text = std::fs::read_to_string(&path).expect("a case");
        let said = |key: &str| {
            let mut lines = text.lines().take_while(|line| line.starts_with(";;"));
            lines.find_map(|line| line.strip_prefix(";; ")?.strip_prefix(key))
        };
        let mut options = Options::default();
        for word in said("options: ").unwrap_or_default().split_whitespace() {
            match word {
                "none" => options.host = Host::None,
                "writable" => options.writable = true,
                "environment" => options.environment = true,
                "arguments" => options.arguments = true,
                other => panic!("{}: no option is called `{other}`", path.display()),
            }
        }
        Case {
            name: path
                .file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned(),
            module: wat::parse_str(&text)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display())),
            interposer: interposer(said("interposer: ").unwrap_or("interposer")),
            options,
            path,
        }
    }

    /// The module with the interposer in it.
    pub(crate) fn link(&self, memory: Memory) -> Linked<'_> {
        let options = Options {
            memory,
            ..self.options
        };
        link_with(&self.module, &self.interposer, &options)
            .unwrap_or_else(|error| panic!("{}: {error}", self.path.display()))
    }
}

/// All cases, by name.
pub(crate) fn cases() -> Vec<Case> {
    let mut paths: Vec<_> = std::fs::read_dir(folder().join("cases"))
        .expect("the folder of cases")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| !path.to_string_lossy().ends_with("out.wat"))
        .collect();
    paths.sort();
    paths.into_iter().map(Case::read).collect()
}

/// Compares `actual` with a golden file, or writes it when `BLESS` is set.
#[expect(
    clippy::disallowed_methods,
    reason = "a test takes this wish from its environment"
)]
pub(crate) fn golden(path: &Path, actual: &str) {
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, actual).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        return;
    }
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        actual == expected,
        "{} differs from:\n{actual}",
        path.display()
    );
}

/// The code, the message and the help of something that is shown to users.
pub(crate) fn rendered(shown: &dyn miette::Diagnostic) -> String {
    let code = shown
        .code()
        .map(|code| code.to_string())
        .unwrap_or_default();
    let help = shown
        .help()
        .map(|help| help.to_string())
        .unwrap_or_default();
    format!("{code}\n{shown}\nhelp: {help}\n")
}

/// The module with every operand of a `call` padded to five bytes, as `wasm-ld` writes them.
///
/// Made here because the text format has no way to ask for it.
pub(crate) fn padded(module: &[u8]) -> Vec<u8> {
    let mut out = module[..8].to_vec();
    let (mut bodies, mut missing) = (Vec::new(), 0);
    for payload in wasmparser::Parser::new(0).parse_all(module) {
        let payload = payload.expect("a valid module");
        match &payload {
            wasmparser::Payload::CodeSectionStart { count, .. } => missing = *count,
            wasmparser::Payload::CodeSectionEntry(body) => {
                bodies.push(padded_body(module, body));
                missing -= 1;
                if missing == 0 {
                    code_section(&mut out, &bodies);
                }
            }
            other => {
                if let Some((id, range)) = other.as_section() {
                    section(&mut out, id, &module[range]);
                }
            }
        }
    }
    out
}

fn padded_body(module: &[u8], body: &wasmparser::FunctionBody<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut from = body.range().start;
    let mut operators = body.get_operators_reader().expect("a valid body");
    while !operators.eof() {
        let start = operators.original_position();
        if let wasmparser::Operator::Call { function_index } =
            operators.read().expect("a valid body")
        {
            out.extend_from_slice(&module[from..=start]);
            for shift in [0, 7, 14, 21] {
                out.push((function_index >> shift) as u8 & 0x7f | 0x80);
            }
            out.push(0);
            from = operators.original_position();
        }
    }
    out.extend_from_slice(&module[from..body.range().end]);
    out
}

fn code_section(out: &mut Vec<u8>, bodies: &[Vec<u8>]) {
    let mut contents = Vec::new();
    leb(&mut contents, bodies.len());
    for body in bodies {
        leb(&mut contents, body.len());
        contents.extend_from_slice(body);
    }
    section(out, 10, &contents);
}

/// Appends a section.
pub(crate) fn section(out: &mut Vec<u8>, id: u8, contents: &[u8]) {
    out.push(id);
    leb(out, contents.len());
    out.extend_from_slice(contents);
}

/// Appends an unsigned LEB128 number.
pub(crate) fn leb(out: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// The contents of the section `id`, or of the custom section `name`.
pub(crate) fn contents<'a>(module: &'a [u8], id: u8, name: &str) -> Option<&'a [u8]> {
    wasmparser::Parser::new(0)
        .parse_all(module)
        .find_map(|payload| {
            let payload = payload.expect("a valid module");
            let (found, range) = payload.as_section()?;
            match &payload {
                wasmparser::Payload::CustomSection(custom) if id == 0 && custom.name() == name => {
                    Some(custom.data())
                }
                _ if id != 0 && found == id => Some(&module[range]),
                _ => None,
            }
        })
}
