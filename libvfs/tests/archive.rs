//! The shape of `dist/libwasi_vfs.a`: what it defines, what it asks for, and how large it may be.
//!
//! One object that takes nothing's place but that of wasi-libc's and Zig's imports of preview 1, and that needs nothing of
//! a program but what every libc has.

use std::collections::BTreeSet;
use std::path::PathBuf;

use wasmparser::{KnownCustom, Linking, Parser, Payload, SymbolInfo};

fn archive() -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("dist/libwasi_vfs.a");
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Names and contents of the members, as `ar` writes them.
fn members(archive: &[u8]) -> Vec<(String, &[u8])> {
    let mut rest = archive.strip_prefix(b"!<arch>\n").expect("an archive");
    let mut members = Vec::new();
    while !rest.is_empty() {
        let (header, behind) = rest.split_at(60);
        let header = std::str::from_utf8(header).expect("text");
        assert!(header.ends_with("`\n"), "{header}");
        // Neither a time nor an owner.
        assert_eq!(&header[16..48], "0           0     0     644     ");
        let size: usize = header[48..58].trim_end().parse().expect("a number");
        members.push((header[..16].trim_end().to_owned(), &behind[..size]));
        rest = &behind[(size + size % 2).min(behind.len())..];
    }
    members
}

/// What the object defines for others, and what it wants of others without being an import.
fn symbols(object: &[u8]) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut defined, mut wanted) = (BTreeSet::new(), BTreeSet::new());
    for payload in Parser::new(0).parse_all(object) {
        let Payload::CustomSection(section) = payload.expect("an object") else {
            continue;
        };
        let KnownCustom::Linking(linking) = section.as_known() else {
            continue;
        };
        for part in linking {
            let Linking::SymbolTable(symbols) = part.expect("a linking section") else {
                continue;
            };
            for symbol in symbols {
                let (flags, name) = match symbol.expect("a symbol") {
                    SymbolInfo::Func { flags, name, .. } => (flags, name),
                    SymbolInfo::Data { flags, name, .. } => (flags, Some(name)),
                    SymbolInfo::Global { flags, name, .. } => (flags, name),
                    SymbolInfo::Table { flags, name, .. } => (flags, name),
                    _ => continue,
                };
                use wasmparser::SymbolFlags;
                // What has none is an import as well: the table.
                let Some(name) = name.map(str::to_owned) else {
                    continue;
                };
                if flags.contains(SymbolFlags::UNDEFINED) {
                    // What has an explicit name is an import of the module.
                    if !flags.contains(SymbolFlags::EXPLICIT_NAME) {
                        wanted.insert(name);
                    }
                } else if !flags.contains(SymbolFlags::BINDING_LOCAL) {
                    defined.insert(name);
                }
            }
        }
    }
    (defined, wanted)
}

/// The names that libcs have for each call that is interposed, from the one list there is.
fn names() -> BTreeSet<String> {
    let list = include_str!("../src/host.rs");
    let calls = list.lines().filter_map(|line| {
        let (name, _) = line.strip_prefix("            ")?.split_once('(')?;
        let known = ["args_", "environ_", "fd_", "path_", "poll_", "sock_"];
        known
            .iter()
            .any(|kind| name.starts_with(kind))
            .then_some(name)
    });
    calls
        .flat_map(|name| {
            [
                format!("__imported_wasi_snapshot_preview1_{name}"),
                format!("{name}|wasi_snapshot_preview1"),
            ]
        })
        .collect()
}

#[test]
fn it_is_one_object_with_an_index() {
    let archive = archive();
    assert!(archive.len() <= 300 << 10, "{} bytes", archive.len());
    let members = members(&archive);
    let [(index_name, index), (object_name, object)] = &members[..] else {
        panic!("{} members", members.len());
    };
    assert_eq!(
        (index_name.as_str(), object_name.as_str()),
        ("/", "wasi_vfs.o/")
    );
    let word = |at: usize| {
        let bytes = index[at..at + 4].try_into().expect("four bytes");
        u32::from_be_bytes(bytes) as usize
    };
    let count = word(0);
    let offset = archive.len() - object.len() - object.len() % 2 - 60;
    for at in 1..=count {
        assert_eq!(word(4 * at), offset);
    }
    let listed: Vec<_> = index[4 + 4 * count..]
        .split(|&byte| byte == 0)
        .filter(|name| !name.is_empty())
        .map(|name| String::from_utf8(name.to_vec()).expect("text"))
        .collect();
    assert_eq!(listed.len(), count);
    assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), names());
}

#[test]
fn it_defines_the_imports_of_libcs_and_nothing_else() {
    let archive = archive();
    let (defined, wanted) = symbols(members(&archive)[1].1);
    assert_eq!(defined, names());
    let wanted: Vec<_> = wanted.iter().map(String::as_str).collect();
    // `malloc` and `free` are weak: nobody gets them because of the archive.
    let allowed = ["__stack_pointer", "free", "malloc", "memcmp"];
    let others: Vec<_> = wanted
        .iter()
        .filter(|name| !allowed.contains(name))
        .collect();
    assert!(others.is_empty(), "it wants {others:?}");
}

#[test]
fn nothing_of_who_built_it_is_in_it() {
    let text = String::from_utf8_lossy(&archive()).into_owned();
    for part in ["/root", "/home", "/tmp", "/work", ".cargo", "rustlib"] {
        assert!(!text.contains(part), "`{part}`");
    }
}
