//! A linked program, run by an interpreter.

use wasi_vfs::link::Options;
use wasmi::{
    AsContext, AsContextMut, Engine, Instance, Linker, Memory, Module, Store, StoreLimits,
    StoreLimitsBuilder, Val,
};

use super::{PAGE, Setup};
use crate::support::{interposer, link_with, wasm};

/// A linked program at work.
pub(super) struct Machine {
    store: Store<StoreLimits>,
    instance: Instance,
    memory: Memory,
}

impl Machine {
    /// Links and starts a program with one page.
    pub(super) fn new(setup: Setup) -> Self {
        let maximum = setup
            .maximum
            .map_or(String::new(), |pages| pages.to_string());
        let program = wasm(&format!(
            r#"(module
              (import "wasi_snapshot_preview1" "fd_put" (func $put (param i32 i32)))
              (import "wasi_snapshot_preview1" "fd_get" (func $get (param i32) (result i32)))
              (import "wasi_snapshot_preview1" "fd_more" (func $more (param i32) (result i32)))
              (import "wasi_snapshot_preview1" "fd_room" (func $room (result i32)))
              (import "wasi_snapshot_preview1" "fd_pages" (func $pages (result i32)))
              (import "wasi_snapshot_preview1" "fd_ask" (func $ask (result i32)))
              (memory (export "memory") 1 {maximum})
              (export "put" (func $put))
              (export "get" (func $get))
              (export "more" (func $more))
              (export "room" (func $room))
              (export "pages" (func $pages))
              (export "ask" (func $ask))
              (func (export "size") (result i32) (memory.size))
              (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))"#
        ));
        let options = Options {
            memory: setup.memory,
            writable: setup.ahead,
            ..Options::default()
        };
        let linked = link_with(&program, &interposer("slide"), &options).expect("it links");
        let engine = Engine::default();
        let module = Module::new(&engine, linked.to_bytes()).expect("a valid module");
        let limits = StoreLimitsBuilder::new().memory_size(setup.engine * PAGE);
        let mut store = Store::new(&engine, limits.build());
        store.limiter(|limits| limits);
        let mut linker = Linker::<StoreLimits>::new(&engine);
        for import in module.imports() {
            let ty = import.ty().func().expect("functions only").clone();
            let asks = import.name() == "fd_ask";
            linker
                .func_new(
                    import.module(),
                    import.name(),
                    ty,
                    move |mut caller, _, results| {
                        assert!(asks, "only `fd_ask` is passed on");
                        let memory = caller.get_export("memory").and_then(|e| e.into_memory());
                        let memory = memory.expect("the exported memory");
                        let old = memory.grow(&mut caller, 1).expect("there is room");
                        results[0] = Val::I32(old as i32);
                        Ok(())
                    },
                )
                .expect("a name once");
        }
        let instance = linker
            .instantiate_and_start(&mut store, &module)
            .expect("it starts");
        let memory = instance
            .get_memory(&store, "memory")
            .expect("the exported memory");
        Machine {
            store,
            instance,
            memory,
        }
    }

    pub(super) fn call(&mut self, name: &str, arguments: &[usize]) -> Option<usize> {
        let arguments: Vec<Val> = arguments
            .iter()
            .map(|&value| Val::I32(value as u32 as i32))
            .collect();
        let function = self
            .instance
            .get_func(&self.store, name)
            .expect("an export");
        let mut results = vec![Val::I32(0); function.ty(&self.store).results().len()];
        function
            .call(&mut self.store, &arguments, &mut results)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let result = results.first()?;
        Some(result.i32().expect("an i32") as u32 as usize)
    }

    pub(super) fn get(&mut self, address: usize) -> usize {
        self.call("get", &[address]).expect("a result")
    }

    /// Calls `size` or `grow`; `None` for -1.
    pub(super) fn pages(&mut self, name: &str, arguments: &[usize]) -> Option<usize> {
        self.call(name, arguments)
            .filter(|&pages| pages != u32::MAX as usize)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.memory.data(self.store.as_context())
    }

    /// What an embedder does with the exported memory.
    pub(super) fn grow_from_outside(&mut self, pages: usize) -> Option<usize> {
        let old = self
            .memory
            .grow(self.store.as_context_mut(), pages as u64)
            .ok()?;
        Some(old as usize)
    }

    pub(super) fn poke(&mut self, address: usize, value: u8) {
        self.memory.data_mut(self.store.as_context_mut())[address] = value;
    }
}
