//! The engine: an interpreter, set so that it does the same on every machine.

use std::io;

use wasmi::errors::ErrorKind;
use wasmi::{
    Caller, Config, Engine, Error, Extern, Func, Instance, Memory as Linear, Module, Store,
    TrapCode, Val,
};

use super::host::{Host, Memory, NOSYS, Stop};
use super::image::Image;
use super::instrument::{BEGIN, CALLS, CLOCK, MODULE, READ, START};

/// Calls within calls: more than any engine's native stack holds.
const DEPTH: usize = 50_000;
/// Bytes of all their locals and operands.
const STACK: usize = 64 << 20;

/// What the store holds beside the module.
struct World {
    host: Host,
    image: Image,
    memories: Vec<Linear>,
}

/// Why a run failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// The engine does not take the module.
    Engine(String),
    /// The host stopped it.
    Stop(Stop),
    /// It did something that WebAssembly does not allow.
    Trap(String),
    /// It needed more than it may.
    Fuel,
}

/// A program in the engine.
pub(super) struct Running {
    store: Store<World>,
    instance: Instance,
}

impl Running {
    /// Loads a module that was made by [`instrument`](super::instrument::instrument). Nothing of it runs yet.
    pub(super) fn load(
        module: &[u8],
        host: Host,
        image: Image,
        fuel: Option<u64>,
    ) -> Result<Self, Failure> {
        let mut config = Config::default();
        config
            .set_max_recursion_depth(DEPTH)
            .set_max_stack_height(STACK)
            .wasm_relaxed_simd(false)
            .wasm_custom_page_sizes(true)
            .wasm_wide_arithmetic(true)
            .consume_fuel(true);
        let engine = Engine::new(&config);
        let module = Module::new(&engine, module).map_err(refused)?;
        let world = World {
            host,
            image,
            memories: Vec::new(),
        };
        let mut store = Store::new(&engine, world);
        store
            .set_fuel(fuel.unwrap_or(u64::MAX))
            .expect("the engine counts it");
        let externs: Vec<Extern> = module
            .imports()
            .map(|import| {
                let ty = import.ty().func().expect("others are refused before");
                let (module, name) = (import.module().to_owned(), import.name().to_owned());
                Extern::Func(import_function(&mut store, module, name, ty.clone()))
            })
            .collect();
        let instance = Instance::new(&mut store, &module, &externs).map_err(failure)?;
        let memories = (0..)
            .map_while(|index| instance.get_memory(&store, &format!("__wizer_memory_{index}")));
        let memories = memories.collect();
        store.data_mut().memories = memories;
        Ok(Self { store, instance })
    }

    /// Runs what there is to run, in the order of a start: the start function, `_initialize`, the initializer.
    pub(super) fn run(&mut self, function: &str) -> Result<(), Failure> {
        self.call(BEGIN)?;
        self.call(START)?;
        self.call("_initialize")?;
        if function != "_initialize" {
            self.call(function)?;
        }
        self.call(BEGIN)
    }

    /// Calls an export, if there is one of this name.
    fn call(&mut self, name: &str) -> Result<(), Failure> {
        if let Some(memory) = self.instance.get_memory(&self.store, CALLS) {
            // Nobody has called this one.
            memory.data_mut(&mut self.store)[..4].fill(0);
        }
        match self.instance.get_func(&self.store, name) {
            Some(function) => function
                .call(&mut self.store, &[], &mut [])
                .map_err(failure),
            None => Ok(()),
        }
    }

    /// The value of an exported global, its bits, and its type.
    pub(super) fn global(&self, name: &str) -> Val {
        let global = self.instance.get_global(&self.store, name);
        global.expect("wizer has exported it").get(&self.store)
    }

    /// The contents of the program's memories.
    pub(super) fn memories(&self) -> impl Iterator<Item = &[u8]> {
        let memories = self.store.data().memories.iter();
        memories.map(|memory| memory.data(&self.store))
    }

    /// The memory that calls were written down in.
    pub(super) fn calls(&self) -> &[u8] {
        match self.instance.get_memory(&self.store, CALLS) {
            Some(memory) => memory.data(&self.store),
            None => &[],
        }
    }

    /// Fuel that is left.
    pub(super) fn fuel(&self) -> u64 {
        self.store.get_fuel().expect("the engine counts it")
    }

    pub(super) fn into_host(self) -> Host {
        self.store.into_data().host
    }
}

/// A function of the host.
fn import_function(
    store: &mut Store<World>,
    module: String,
    name: String,
    ty: wasmi::FuncType,
) -> Func {
    if module == MODULE && name == READ {
        return Func::wrap(store, image_read);
    }
    if module == MODULE && name == CLOCK {
        return Func::wrap(store, file_time);
    }
    let wasi = matches!(&*module, "wasi_snapshot_preview1" | "wasi_unstable");
    Func::new(
        store,
        ty,
        move |mut caller: Caller<'_, World>, args, results| {
            let foreign = || {
                let (module, name) = (module.clone(), name.clone());
                Error::host(Stop::Foreign { module, name })
            };
            if !wasi {
                return Err(foreign());
            }
            let bits = |value: &Val| match value {
                Val::I32(bits) => Some(u64::from(*bits as u32)),
                Val::I64(bits) => Some(*bits as u64),
                _ => None,
            };
            let args: Option<Vec<u64>> = args.iter().map(bits).collect();
            let args = args.ok_or_else(foreign)?;
            let memory = caller.data().memories.first().copied();
            let memory = memory.ok_or_else(foreign)?;
            let (bytes, world) = memory.data_and_store_mut(&mut caller);
            let errno = world
                .host
                .call(&name, &args, &mut Memory(bytes))
                .map_err(Error::host)?;
            match results {
                [result @ Val::I32(_)] => *result = Val::I32(errno.into()),
                [] if errno != NOSYS => {}
                _ => return Err(foreign()),
            }
            Ok(())
        },
    )
}

/// The time that files have which the program writes.
fn file_time(mut caller: Caller<'_, World>, _: u32, _: u64, out: u32) -> u32 {
    match caller.data().memories.first().copied() {
        None => NOSYS.into(),
        Some(memory) => {
            let (bytes, world) = memory.data_and_store_mut(&mut caller);
            world.host.file_time(out, &mut Memory(bytes)).into()
        }
    }
}

/// Reads of the image, instead of `memory.init`.
fn image_read(
    mut caller: Caller<'_, World>,
    to: u32,
    offset: u32,
    len: u32,
    memory: u32,
) -> Result<(), Error> {
    let bounds = || Error::host(Stop::Bounds);
    let memory = caller.data().memories.get(memory as usize).copied();
    let (bytes, world) = memory.ok_or_else(bounds)?.data_and_store_mut(&mut caller);
    let start = to as usize;
    let place = bytes
        .get_mut(start..start + len as usize)
        .ok_or_else(bounds)?;
    let read = world.image.read(offset, place);
    match read.map_err(|error: io::Error| Error::host(Stop::Image(error.to_string())))? {
        true => Ok(()),
        false => Err(bounds()),
    }
}

fn failure(error: Error) -> Failure {
    if let Some(stop) = error.downcast_ref::<Stop>() {
        return match stop {
            Stop::Bounds => Failure::Trap("out of bounds memory access".to_owned()),
            stop => Failure::Stop(stop.clone()),
        };
    }
    match (error.as_trap_code(), error.kind()) {
        (Some(TrapCode::OutOfFuel), _) => Failure::Fuel,
        (Some(code), _) => Failure::Trap(code.to_string()),
        (None, ErrorKind::Wasm(_) | ErrorKind::Translation(_)) => refused(error),
        (None, _) => Failure::Trap(error.to_string()),
    }
}

/// The engine does not take a module. Its offset is one of the module that is run, which nobody has.
fn refused(error: Error) -> Failure {
    let message = error.to_string();
    let end = message.find(" (at offset").unwrap_or(message.len());
    Failure::Engine(message[..end].to_owned())
}
