//! Programs that carry an earlier wasi-vfs.

use wasm_encoder::{CustomSection, ExportKind, ExportSection, MemorySection, MemoryType, Module};

use super::{plan, roots};
use crate::source::MemorySource;

/// A module with exports, and much in front of them.
fn module(exports: &[&str]) -> Vec<u8> {
    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: 1,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut section = ExportSection::new();
    for name in exports {
        section.export(name, ExportKind::Memory, 0);
    }
    let mut module = Module::new();
    module.section(&CustomSection {
        name: "first".into(),
        data: vec![0; 200_000].into(),
    });
    module.section(&memories);
    module.section(&section);
    module.section(&CustomSection {
        name: "last".into(),
        data: vec![0xff; 200_000].into(),
    });
    module.finish()
}

const MOUNTS: &str = "[link]\nhost = 'fallback'\n\
    [[mount]]\nguest = '/'\nsource = 's'\n\
    [[mount]]\nguest = '/usr/lib'\nsource = 's'\n\
    [[mount]]\nguest = '/usr/lib/sub'\nsource = 's'\n\
    [[mount]]\nguest = '/usr/lib-2'\nsource = 's'\n\
    [[mount]]\nguest = '/file'\nsource = 's/f'\n\
    [[mount]]\nguest = 'beside/it'\nsource = 's'\n\
    [[mount]]\nguest = '/w'\nsource = 's'\nwritable = true\n\
    [[mount]]\nguest = '/w/inside'\nsource = 's'\n\
    [[mount]]\nguest = '/h'\nkind = 'host'\n\
    [[mount]]\nguest = '/t'\nkind = 'tmpfs'\n\
    [[dir]]\nguest = '/dir'\n";

/// Each mount is open by itself, but for one inside another that is more than embedded files.
#[test]
fn mounts_are_open_by_themselves() {
    let of = |exports: &[&str]| {
        let src = MemorySource::new()
            .file("m/s/f", "")
            .file("m/app.wasm", module(exports));
        let plan = plan(MOUNTS, &src);
        let warnings: Vec<String> = plan.warnings().iter().map(ToString::to_string).collect();
        (roots(&plan).join(" "), warnings)
    };
    let (open, warnings) = of(&["_start", "wasi_vfs_pack"]);
    assert_eq!((open.as_str(), warnings.len()), ("/ beside/it", 0));
    let (open, warnings) = of(&["_start", "wasi_vfs_pack_fs"]);
    assert_eq!(
        open,
        "/ /h /t /usr/lib /usr/lib-2 /usr/lib/sub /w beside/it"
    );
    let warning = "the program carries an earlier wasi-vfs and may not see `/f`, `/file`: it looks at the directories \
                   that it was packed with first";
    assert_eq!(warnings, [warning]);
}

/// What is no module, or is cut short, the linker tells.
#[test]
fn a_module_is_read_as_far_as_its_exports() {
    let good = module(&["wasi_vfs_pack_fs"]);
    let end = good.len() - 200_000;
    for (bytes, found) in [
        (&good[..], "/ /d"),
        (&good[..end - 30], "/"),
        (&good[..8], "/"),
        (b"(module)", "/"),
        (b"", "/"),
        (b"\0asm\x0d\0\x01\0", "/"),
    ] {
        let src = MemorySource::new()
            .file("m/s/f", "")
            .file("m/app.wasm", bytes);
        let plan = plan("[[mount]]\nguest = '/d'\nsource = 's'\n", &src);
        assert_eq!(roots(&plan).join(" "), found, "{} bytes", bytes.len());
    }
}
