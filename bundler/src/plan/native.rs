//! Libraries and programs of other systems, which a WebAssembly program can neither load nor run.
//!
//! They come with packages that were built for the builder's machine. As with secrets, the name says whether a file is looked into,
//! so that a large tree costs nothing; the content says what it is, because WebAssembly has libraries of these names as well.

use std::io::Read;
use std::path::Path;

use crate::source::{Metadata, Source};

/// So many bytes say what a file is.
const LOOK: usize = 8;

/// Whether the file at `path` of a source is one.
pub(super) fn is_native(src: &dyn Source, path: &Path, metadata: &Metadata) -> bool {
    if !may_be(path) || metadata.size < LOOK as u64 {
        return false;
    }
    let no_ending = path.extension().is_none();
    if no_ending && metadata.mode & 0o111 == 0 {
        return false;
    }
    let mut start = Vec::with_capacity(LOOK);
    // What can't be read is told when it is to be written.
    let read = src
        .open(path)
        .map(|file| file.take(LOOK as u64).read_to_end(&mut start));
    matches!(read, Ok(Ok(_))) && is_code(&start)
}

/// Whether it may be one, for all that its name says: `x.so`, `libx.so.1.2`, a program without an ending.
pub(super) fn may_be(path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
        return false;
    };
    let ends = ["so", "dll", "dylib", "exe", "pyd", "node"];
    match name.rsplit_once('.') {
        None => true,
        Some((before, end)) => {
            let is_version = !end.is_empty() && end.bytes().all(|byte| byte.is_ascii_digit());
            ends.iter().any(|known| end.eq_ignore_ascii_case(known))
                || is_version && (before.ends_with(".so") || before.contains(".so."))
        }
    }
}

/// Whether a file that starts like this is a program or library: ELF, of Windows, Mach-O.
fn is_code(start: &[u8]) -> bool {
    const MACH: [[u8; 4]; 4] = [
        [0xfe, 0xed, 0xfa, 0xce],
        [0xfe, 0xed, 0xfa, 0xcf],
        [0xce, 0xfa, 0xed, 0xfe],
        [0xcf, 0xfa, 0xed, 0xfe],
    ];
    // Of several processors; classes of Java begin alike, with a version of at least 45 where it has their number.
    let fat = start.starts_with(&[0xca, 0xfe, 0xba, 0xbe])
        && start
            .get(4..8)
            .is_some_and(|it| it[..3] == [0; 3] && it[3] < 45);
    start.starts_with(b"\x7fELF")
        || start.starts_with(b"MZ")
        || fat
        || MACH.iter().any(|magic| start.starts_with(magic))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::MemorySource;

    fn found(name: &str, content: &[u8], mode: u32) -> bool {
        let src = MemorySource::new()
            .file(name, content.to_vec())
            .with(name, |it| it.mode = mode);
        let metadata = src.metadata(Path::new(name)).unwrap();
        is_native(&src, Path::new(name), &metadata)
    }

    #[test]
    fn by_name_and_content() {
        let elf = b"\x7fELF\x02\x01\x01\0\0\0";
        for name in [
            "a/x.so",
            "x.cpython-313-x86_64-linux-gnu.so",
            "libz.so.1",
            "libz.so.1.2.11",
            "x.node",
            "X.DLL",
            "x.exe",
        ] {
            assert!(found(name, elf, 0o644), "{name}");
        }
        assert!(found("bin/tool", elf, 0o755));
        assert!(found("x.dll", b"MZ\x90\0\x03\0\0\0", 0o644));
        assert!(found("x.dylib", b"\xcf\xfa\xed\xfe\x07\0\0\x01", 0o644));
        assert!(found("x.dylib", b"\xca\xfe\xba\xbe\0\0\0\x02", 0o644));
        for (name, content) in [
            // WebAssembly's own, a linker's script, a class of Java, data of other names.
            ("x.so", &b"\0asm\x01\0\0\0"[..]),
            ("libc.so", b"/* GNU ld script */"),
            ("x.so", b""),
            ("x", b"\xca\xfe\xba\xbe\0\0\0\x34"),
            ("x.so.txt", elf),
            ("testdata.bin", elf),
            ("x.1", elf),
        ] {
            assert!(!found(name, content, 0o755), "{name}");
        }
        assert!(!found("data", elf, 0o644));
    }
}
