//! What can be refused before anything is parsed in earnest, and what is better told by where a module is from.

use super::super::error::LinkError;
use super::super::foreign::Origin;
use super::super::leb;
use super::MARK;

/// Length of the magic and the version.
const PREAMBLE: usize = 8;

/// Refuses what is not a core module of version 1, by its first bytes.
pub(super) fn by_preamble(module: &[u8]) -> Result<(), LinkError> {
    if module.is_empty() {
        return Err(LinkError::Empty);
    }
    if !module.starts_with(b"\0asm") {
        return Err(if is_wasm_text(module) {
            LinkError::Text
        } else {
            LinkError::NotWasm {
                begins: begins(module),
            }
        });
    }
    let Some(version) = module.get(4..PREAMBLE) else {
        return Err(LinkError::Truncated {
            offset: 0,
            missing: (PREAMBLE - module.len()) as u64,
        });
    };
    // The component model uses the upper half as a "layer": 1 for components.
    match u32::from_le_bytes(version.try_into().expect("four bytes")) {
        1 => Ok(()),
        version if version >> 16 == 1 => Err(LinkError::Component),
        version => Err(LinkError::Version { version }),
    }
}

/// What the outline of a module says about it, before its contents are parsed.
#[derive(Debug, Default)]
pub(super) struct Outline {
    /// The section that is longer than the file: where it begins and how many bytes are missing.
    pub(super) cut_off: Option<(usize, u64)>,
    /// Whether there is a `linking` section: an object file has one, and so has a program linked with `--emit-relocs`.
    linking: bool,
}

impl Outline {
    /// Calls an object file that, and not "imports its memory".
    pub(super) fn explain(&self, error: LinkError) -> LinkError {
        match error {
            // LLVM's name for it in every object file. A finished program that imports its memory has another name.
            LinkError::ImportedMemory { name, .. } if self.linking && name == "__linear_memory" => {
                LinkError::ObjectFile
            }
            // `wasm-ld -r` gives its output a memory, but no exports.
            LinkError::NoMemory | LinkError::MemoryNotExported { exported_as: None }
                if self.linking =>
            {
                LinkError::ObjectFile
            }
            // A wrong length further up makes everything behind it look cut off: that comes first.
            LinkError::Malformed { offset, message } => match self.cut_off {
                Some((start, missing)) if offset >= start => LinkError::Truncated {
                    offset: start,
                    missing,
                },
                _ => LinkError::Malformed { offset, message },
            },
            error => error,
        }
    }
}

/// Refuses what the name of a custom section gives away, and notes what explains later errors.
pub(super) fn by_sections(module: &[u8]) -> Result<Outline, LinkError> {
    let mut outline = Outline::default();
    let mut at = PREAMBLE;
    while at < module.len() {
        let start = at;
        let id = module[at];
        at += 1;
        // What is wrong with a length, the parser says better.
        let Some(size) = leb::read(module, &mut at) else {
            return Ok(outline);
        };
        let left = module.len() - at;
        if size as usize > left {
            outline.cut_off = Some((start, u64::from(size) - left as u64));
            return Ok(outline);
        }
        let contents = &module[at..at + size as usize];
        at += size as usize;
        if id == 0 {
            match custom_name(contents) {
                Some(b"linking") => outline.linking = true,
                Some(name) if name == MARK.as_bytes() => {
                    return Err(LinkError::AlreadyBundled {
                        evidence: format!("a section `{MARK}`"),
                    });
                }
                _ => {}
            }
        }
    }
    Ok(outline)
}

/// Refuses what was built for another host than WASI and so can't be served, by its imports: with no import of WASI at all, or with a
/// memory that can't be served, which is better told by where the module is from.
pub(super) fn by_origin<T>(module: &[u8], read: Result<T, LinkError>) -> Result<T, LinkError> {
    let served = match &read {
        Ok(_) => true,
        Err(error) if error.is_about_memory() => false,
        Err(_) => return read,
    };
    let origin = Origin::of(module);
    match origin.foreign {
        Some((toolchain, import)) if !(served && origin.wasi) => Err(LinkError::Foreign {
            toolchain: toolchain.name,
            import,
            remedy: toolchain.help,
        }),
        _ => read,
    }
}

fn custom_name(contents: &[u8]) -> Option<&[u8]> {
    let mut at = 0;
    let length = leb::read(contents, &mut at)? as usize;
    contents.get(at..at.checked_add(length)?)
}

/// Whether `module` looks like the text format: after blanks and comments, a parenthesis.
fn is_wasm_text(module: &[u8]) -> bool {
    let mut rest = module
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(module)
        .trim_ascii_start();
    while rest.starts_with(b";;") {
        let line = rest
            .iter()
            .position(|&byte| byte == b'\n')
            .unwrap_or(rest.len());
        rest = rest[line..].trim_ascii_start();
    }
    rest.starts_with(b"(module") || rest.starts_with(b"(;") || rest.starts_with(b"(component")
}

fn begins(module: &[u8]) -> String {
    let first = &module[..module.len().min(8)];
    if first
        .iter()
        .all(|byte| byte.is_ascii_graphic() || *byte == b' ')
    {
        format!("`{}`", String::from_utf8_lossy(first))
    } else {
        let hex: Vec<String> = first.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("the bytes `{}`", hex.join(" "))
    }
}
