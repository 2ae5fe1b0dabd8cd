//! Debug information stays true, also where linking moves code: a trap is in the same lines before and after, and so is
//! everything else that has a place.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use wasi_vfs_tests::bundle;
use wasi_vfs_tests::engine::{Engine, Run};
use wasi_vfs_tests::{dwarf, guest, tool};

const MANIFEST: &str = r#"manifest-version = 1
[module]
input = "trap.wasm"
output = "bundle.wasm"
[[file]]
guest = "/there"
content = "there"
"#;

/// As its linker leaves it, all code moves when the count of functions gets a byte longer; what `wasm-opt` has written has
/// calls of a few bytes, each of which may get longer.
#[test]
fn a_trap_has_the_same_lines() {
    // The optimizer aborts on version 5.
    for (version, optimizer) in [
        ("-gdwarf-4", false),
        ("-gdwarf-4", true),
        ("-gdwarf-5", false),
    ] {
        let folder = tempfile::tempdir().expect("can't create a temporary folder");
        let flags = [version, "-O1", "-fno-inline", "-fno-optimize-sibling-calls"];
        let module = program(folder.path(), &flags, optimizer);
        let bundle = bundle(folder.path());
        let (before, after) = (trap(&module), trap(&bundle));
        assert_ne!(before, after, "nothing has moved: {version} {optimizer}");
        let (before, after) = (lines(&module, &before), lines(&bundle, &after));
        assert_eq!(before, after, "{version} {optimizer}");
        let source = fs::read_to_string(guest::sources().join("trap.c")).expect("can't read it");
        for mark in ["// here", "// from here", "// first from here"] {
            let line = 1 + source
                .lines()
                .position(|line| line.contains(mark))
                .expect("is there");
            let expected = format!("line {line},");
            assert!(
                after.iter().any(|line| line.contains(&expected)),
                "{after:#?}"
            );
        }
    }
}

/// Functions, blocks, inlined calls, locations of variables and rows of line programs, of the program and of libc, whose
/// debug information is of version 4.
#[test]
fn everything_is_where_its_code_is() {
    for flags in [
        ["-gdwarf-4", "-O2"],
        ["-gdwarf-5", "-O0"],
        ["-gdwarf-5", "-O2"],
    ] {
        let folder = tempfile::tempdir().expect("can't create a temporary folder");
        let flags = [&flags[..], &["-fdebug-macro"]].concat();
        let module = program(folder.path(), &flags, false);
        let bundle = bundle(folder.path());
        let read = |path: &Path| fs::read(path).expect("can't read a module");
        let places = dwarf::places(&read(&module), &read(&bundle));
        let expected = dwarf::told(&module, &places);
        assert_ne!(expected, dwarf::told(&module, &dwarf::Places::new()));
        let told = dwarf::told(&bundle, &dwarf::Places::new());
        for (number, (told, expected)) in told.iter().zip(&expected).enumerate() {
            assert_eq!(told, expected, "line {number}, {flags:?}");
        }
        assert_eq!(told.len(), expected.len(), "{flags:?}");
    }
}

/// Where code moves, most of what describes it changes; to bundle the bundle again takes about a hundredth of the program all the same, and gives
/// the program back.
#[test]
fn what_bundling_again_needs_is_small() {
    for (flags, optimizer, least) in [
        // The optimizer writes the address of every line, three quarters of this program are debug information, and all of it moves.
        (["-gdwarf-4", "-O1"], true, 75),
        (["-gdwarf-4", "-O2"], false, 100),
        (["-gdwarf-5", "-O0"], false, 100),
        (["-gdwarf-5", "-O2"], false, 100),
    ] {
        let folder = tempfile::tempdir().expect("can't create a temporary folder");
        let program = program(folder.path(), &flags, optimizer);
        let bundle = bundle(folder.path());
        let read = |path: &Path| fs::read(path).expect("can't read a module");
        let (program, first) = (read(&program), read(&bundle));
        let undo = undo_size(&first);
        assert!(
            undo > 0 && undo <= program.len() / least,
            "{undo} of {} bytes, {flags:?}",
            program.len()
        );
        fs::rename(&bundle, folder.path().join("trap.wasm")).expect("can't rename it");
        assert!(read(&self::bundle(folder.path())) == first, "{flags:?}");
    }
}

/// Bytes of the section that tells how to get the program back.
fn undo_size(module: &[u8]) -> usize {
    let payloads = wasmparser::Parser::new(0).parse_all(module);
    let sizes = payloads.map(|payload| match payload.expect("is valid") {
        wasmparser::Payload::CustomSection(it) if it.name() == "wasi-vfs.undo" => it.data().len(),
        _ => 0,
    });
    sizes.sum()
}

/// The program, bundled with all its debug information.
fn bundle(folder: &Path) -> PathBuf {
    fs::write(folder.join("wasi-vfs.toml"), MANIFEST).expect("can't write a manifest");
    let said = bundle::wasi_vfs(folder, &["bundle"]);
    assert!(!said.stderr.contains("debug_dropped"), "{}", said.stderr);
    let _ = said.ok();
    folder.join("bundle.wasm")
}

/// The program with debug information.
fn program(folder: &Path, flags: &[&str], optimizer: bool) -> PathBuf {
    let module = folder.join("trap.wasm");
    let object = folder.join("trap.o");
    let clang = || {
        let mut clang = Command::new("clang-19");
        clang.arg("--target=wasm32-wasi").arg("-o");
        clang
    };
    let source = guest::sources().join("trap.c");
    let mut compile = clang();
    compile.arg(&object).args(["-c", "-g"]).args(flags);
    let _ = tool::run(compile.arg(source), b"").ok();
    // Without `-O` here: clang would call an optimizer, which loses the lines.
    let _ = tool::run(clang().arg(&module).arg(&object), b"").ok();
    if optimizer {
        let mut optimizer = Command::new("wasm-opt");
        optimizer.args(["-g", "--enable-bulk-memory", "--enable-sign-ext"]);
        let _ = tool::run(optimizer.arg(&module).arg("-o").arg(&module), b"").ok();
    }
    module
}

/// Where the functions of the backtrace are, counted from the start of the code.
fn trap(module: &Path) -> Vec<usize> {
    let said = Engine::Wasmtime.run(module, &Run::default());
    assert_ne!(said.code, Some(0));
    let places = said.stderr.split_whitespace();
    let places = places.filter_map(|word| usize::from_str_radix(word.strip_prefix("0x")?, 16).ok());
    let start = dwarf::code_start(&fs::read(module).expect("can't read a module"));
    let places: Vec<usize> = places.map(|place| place - start).collect();
    assert!(places.len() > 4, "{}", said.stderr);
    places
}

/// The lines of these places, one after the other.
fn lines(module: &Path, places: &[usize]) -> Vec<String> {
    let line = |place: &usize| {
        let mut dwarfdump = Command::new("llvm-dwarfdump-19");
        dwarfdump.arg(format!("--lookup={place:#x}")).arg(module);
        // It fails where there is no code of a known file.
        let said = tool::run(&mut dwarfdump, b"").stdout;
        let line = said.lines().find(|line| line.starts_with("Line info"));
        line.unwrap_or("none").to_owned()
    };
    places.iter().map(line).collect()
}
