//! What a call costs the program: executed instructions, in the fuel of an interpreter. They are the same on every machine.
//!
//! The limits are what it is now and some percent. Before one is raised, look at what a release takes
//! (`cargo bench -p wasi-vfs-tests -- calls`).

use std::io::Cursor;
use std::path::Path;

use wasi_vfs::bundle;
use wasi_vfs::manifest::{Choice, Manifest};
use wasi_vfs::program::Program;
use wasi_vfs::source::MemorySource;
use wasmi::{Config, Engine, Linker, Module, Store};

/// Each function makes its call so many times.
const PROGRAM: &str = r#"(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_filestat_get" (func $stat (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_pread" (func $pread (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_seek" (func $seek (param i32 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_readdir" (func $readdir (param i32 i32 i32 i64 i32) (result i32)))
  (memory (export "memory") 2)
  (data (i32.const 16) "data/sub/name-5")
  (data (i32.const 64) "data/sub/missing")
  ;; A buffer of 4 KiB.
  (data (i32.const 128) "\00\10\00\00\00\10\00\00")
  (func $must (param i32) (if (local.get 0) (then unreachable)))
  (func $file (call $must (call $open
    (i32.const 3) (i32.const 1) (i32.const 16) (i32.const 15) (i32.const 0)
    (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 256))))
  (func (export "open and close") (param i32)
    (loop (call $file)
      (call $must (call $close (i32.load (i32.const 256))))
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
  (func (export "stat") (param i32)
    (loop (call $must (call $stat (i32.const 3) (i32.const 1) (i32.const 16) (i32.const 15) (i32.const 256)))
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
  (func (export "stat of a missing file") (param i32)
    (loop (call $must (i32.ne (i32.const 44)
        (call $stat (i32.const 3) (i32.const 1) (i32.const 64) (i32.const 16) (i32.const 256))))
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
  (func (export "pread of 4 KiB") (param i32)
    (call $file)
    (loop (call $must (call $pread (i32.load (i32.const 256)) (i32.const 128) (i32.const 1) (i64.const 0) (i32.const 264)))
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
  (func (export "seek and read of 4 KiB") (param i32)
    (call $file)
    (loop (call $must (call $seek (i32.load (i32.const 256)) (i64.const 0) (i32.const 0) (i32.const 264)))
      (call $must (call $read (i32.load (i32.const 256)) (i32.const 128) (i32.const 1) (i32.const 264)))
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
  (func (export "readdir of 4 KiB") (param i32)
    (call $must (call $open
      (i32.const 3) (i32.const 1) (i32.const 16) (i32.const 8) (i32.const 2)
      (i64.const 16384) (i64.const 0) (i32.const 0) (i32.const 256)))
    (loop (call $must (call $readdir (i32.load (i32.const 256)) (i32.const 4096) (i32.const 4096) (i64.const 0) (i32.const 264)))
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))"#;

fn bundled(files: usize) -> Vec<u8> {
    let text = "manifest-version = 1\n[module]\ninput = \"a.wat\"\noutput = \"a.wasm\"\n[link]\nhost = \"none\"\n\
                [[mount]]\nguest = \"/data\"\nsource = \"tree\"\n";
    let mut source = MemorySource::new();
    for index in 0..files {
        source = source.file(
            format!("tree/sub/name-{index}"),
            vec![index as u8; 5_000 + index],
        );
    }
    let manifest = Manifest::parse(text, "wasi-vfs.toml", Path::new(""), &Choice::default());
    let program = Program::of_bytes("a.wat", PROGRAM.into()).unwrap();
    let mut out = Cursor::new(Vec::new());
    bundle(&manifest.unwrap(), &program, &source, &mut out, &()).unwrap();
    out.into_inner()
}

/// Fuel of a hundred more calls of the function.
fn fuel(engine: &Engine, module: &Module, function: &str) -> u64 {
    let taken = |times: i32| {
        let mut linker = Linker::new(engine);
        for import in module.imports() {
            let ty = import
                .ty()
                .func()
                .expect("only functions are imported")
                .clone();
            // What is not needed any more is imported under a name that is there.
            let _ = linker.func_new(import.module(), import.name(), ty, |_, _, _| {
                panic!("the host has no part in it")
            });
        }
        let mut store = Store::new(engine, ());
        store.set_fuel(u64::MAX / 2).unwrap();
        let instance = linker.instantiate_and_start(&mut store, module).unwrap();
        let function = instance
            .get_typed_func::<i32, ()>(&store, function)
            .unwrap();
        function.call(&mut store, times).unwrap();
        u64::MAX / 2 - store.get_fuel().unwrap()
    };
    taken(110) - taken(10)
}

/// What a hundred calls may cost, among 10 names and among 10,000.
const LIMITS: [(&str, [u64; 2]); 6] = [
    ("open and close", [237_000, 237_000]),
    ("stat", [156_000, 156_000]),
    ("stat of a missing file", [138_000, 129_000]),
    ("pread of 4 KiB", [40_000, 40_000]),
    ("seek and read of 4 KiB", [52_000, 52_000]),
    // A buffer full of names costs more than ten.
    ("readdir of 4 KiB", [352_000, 3_120_000]),
];

#[test]
fn calls_cost_no_more_than_now() {
    let mut config = Config::default();
    config.consume_fuel(true);
    let engine = Engine::new(&config);
    let modules = [10, 10_000].map(|files| Module::new(&engine, bundled(files)).unwrap());
    let mut over = String::new();
    for (function, limits) in LIMITS {
        let costs = modules
            .each_ref()
            .map(|module| fuel(&engine, module, function));
        if costs[0] > limits[0] || costs[1] > limits[1] {
            over += &format!("{function}: {costs:?}, limits {limits:?}\n");
        }
    }
    assert_eq!(over, "");
}
