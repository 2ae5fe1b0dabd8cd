//! Bundling a module written as text, and running what comes out.

use std::io::Cursor;
use std::path::Path;

use wasi_vfs::manifest::{Choice, Environment, Manifest};
use wasi_vfs::output::Destination;
use wasi_vfs::program::Program;
use wasi_vfs::source::MemorySource;
use wasi_vfs::{Bundled, Error, bundle};
use wasmi::{Caller, Engine, Extern, Func, FuncType, Instance, Memory, Module, Store, Val};

/// Bundles `program` with the file `/data`; `rest` is the end of the manifest.
pub(crate) fn preinit(program: &str, rest: &str) -> Result<(Vec<u8>, Bundled), Error> {
    preinit_at(program, rest, None)
}

/// The manifest with this end.
pub(crate) fn manifest(rest: &str) -> String {
    format!(
        "manifest-version = 1\n\
         [module]\ninput = \"app.wasm\"\noutput = \"out.wasm\"\n\
         [[file]]\nguest = \"/data\"\ncontent = \"forty-two\"\n{rest}"
    )
}

/// The same; SOURCE_DATE_EPOCH is set.
pub(crate) fn preinit_at(
    program: &str,
    rest: &str,
    epoch: Option<&str>,
) -> Result<(Vec<u8>, Bundled), Error> {
    let text = manifest(rest);
    let mut out = Cursor::new(Vec::new());
    let bundled = preinit_into(program, &text, epoch, &mut out)?;
    Ok((out.into_inner(), bundled))
}

/// Bundles `program` for the manifest `text`.
pub(crate) fn preinit_into<W: Destination>(
    program: &str,
    text: &str,
    epoch: Option<&str>,
    out: &mut W,
) -> Result<Bundled, Error> {
    let program = wat::parse_str(program).expect("the test's program is text");
    bundle_bytes(&program, text, epoch, out)
}

/// Bundles `program`, a module in binary form, for the manifest `text`.
pub(crate) fn bundle_bytes<W: Destination>(
    program: &[u8],
    text: &str,
    epoch: Option<&str>,
    out: &mut W,
) -> Result<Bundled, Error> {
    let choice = Choice::from(Environment {
        source_date_epoch: epoch.map(str::to_owned),
        ..Environment::default()
    });
    let manifest = Manifest::parse(text, "wasi-vfs.toml", Path::new("/"), &choice)?;
    let program = Program::of_bytes("app.wasm", program.to_vec())?;
    bundle(&manifest, &program, &MemorySource::new(), out, &())
}

/// The beginning of a program: imports of WASI, a memory, functions that most cases use.
///
/// `$open` opens `/data` and gives its descriptor, `$read` reads up to 64 bytes of a descriptor to 512 and gives their
/// number; both trap when that fails.
pub(crate) const HEAD: &str = r#"
    (import "wasi_snapshot_preview1" "path_open"
        (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_prestat_get" (func $fd_prestat_get (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_prestat_dir_name"
        (func $fd_prestat_dir_name (param i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_fdstat_get" (func $fd_fdstat_get (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
    (import "env" "print" (func $foreign (param i32)))
    (memory (export "memory") 1 40)
    (data (i32.const 256) "data")
    (data (i32.const 272) "a line\nand another\n")
    (func $must (param i32) local.get 0 if unreachable end)
    (func $open (export "open") (result i32)
        i32.const 3 i32.const 0 i32.const 256 i32.const 4 i32.const 0 i64.const 2 i64.const 0 i32.const 0
        i32.const 400 call $path_open call $must
        i32.const 400 i32.load)
    (func $read (export "read") (param $fd i32) (result i32)
        i32.const 408 i32.const 512 i32.store
        i32.const 412 i32.const 64 i32.store
        local.get $fd i32.const 408 i32.const 1 i32.const 416 call $fd_read call $must
        i32.const 416 i32.load)
    (func $say
        i32.const 408 i32.const 272 i32.store
        i32.const 412 i32.const 19 i32.store
        i32.const 1 i32.const 408 i32.const 1 i32.const 416 call $fd_write call $must)
"#;

/// A program: [`HEAD`], and what the case adds.
pub(crate) fn program(rest: &str) -> String {
    format!("(module {HEAD} {rest})")
}

/// A bundle in an engine whose host answers nothing.
pub(crate) struct Run {
    pub(crate) store: Store<()>,
    pub(crate) instance: Instance,
}

impl Run {
    pub(crate) fn new(bundle: &[u8]) -> Self {
        let engine = Engine::default();
        let module = Module::new(&engine, bundle).expect("a bundle is valid");
        let mut store = Store::new(&engine, ());
        let externs: Vec<Extern> = module
            .imports()
            .map(|import| {
                let ty: FuncType = import.ty().func().expect("a function").clone();
                Extern::Func(Func::new(
                    &mut store,
                    ty,
                    |_: Caller<'_, ()>, _: &[Val], results: &mut [Val]| {
                        // `EBADF`: there is no descriptor at this host.
                        for result in results {
                            *result = Val::I32(8);
                        }
                        Ok(())
                    },
                ))
            })
            .collect();
        let instance = Instance::new(&mut store, &module, &externs).expect("it starts");
        Self { store, instance }
    }

    /// Calls an export with an `i32` for each argument.
    pub(crate) fn call(&mut self, name: &str, args: &[i32]) -> i32 {
        let function = self.instance.get_func(&self.store, name);
        let function = function.unwrap_or_else(|| panic!("`{name}` is exported"));
        let args: Vec<Val> = args.iter().map(|&arg| Val::I32(arg)).collect();
        let mut result = [Val::I32(0)];
        function
            .call(&mut self.store, &args, &mut result)
            .unwrap_or_else(|error| panic!("`{name}`: {error}"));
        result[0].i32().expect("an i32")
    }

    pub(crate) fn bytes(&self, at: usize, len: usize) -> Vec<u8> {
        let memory: Memory = self
            .instance
            .get_memory(&self.store, "memory")
            .expect("it has one");
        memory.data(&self.store)[at..at + len].to_vec()
    }

    pub(crate) fn exports(&self) -> Vec<String> {
        let exports = self.instance.exports(&self.store);
        let mut names: Vec<String> = exports.map(|export| export.name().to_owned()).collect();
        names.sort();
        names
    }
}
