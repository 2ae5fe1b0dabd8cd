//! The interpreter `wasmi` with a host that has streams, clocks, arguments and variables, and nothing of a file system.
//!
//! A bundle that runs here needs no file system of its engine. [`Files`] says what the host does when it is asked for
//! one all the same.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use wasmi::{Caller, Engine, Error, Linker, Memory, Module, Store, Val};

use crate::engine::Run;
use crate::tool::Said;

/// What the host has of a file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Files {
    /// Not even the functions: a module that imports one does not start.
    Missing,
    /// The functions, and an empty directory given at `/given`; what is asked of them is written down.
    Recorded,
}

/// What a run left behind.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Exit code and output; a trap is code 134, as a shell reports it.
    pub said: Said,
    /// Why it trapped.
    pub trap: Option<String>,
    /// File calls that reached the host, `function descriptor path`.
    pub asked: Vec<String>,
    /// What the program's export `excuse` says after a trap: not zero when it asked for it.
    pub excuse: Option<i32>,
    /// Pages of the memory that the module exports, at its end.
    pub pages: u64,
}

/// Functions that an engine without files has too; the others are about files or sockets.
pub const STREAMS: [&str; 17] = [
    "args_get",
    "args_sizes_get",
    "clock_res_get",
    "clock_time_get",
    "environ_get",
    "environ_sizes_get",
    "fd_close",
    "fd_fdstat_get",
    "fd_fdstat_set_flags",
    "fd_filestat_get",
    "fd_read",
    "fd_write",
    "poll_oneoff",
    "proc_exit",
    "proc_raise",
    "random_get",
    "sched_yield",
];

const SUCCESS: i32 = 0;
const BADF: i32 = 8;
const NOENT: i32 = 44;
const NOSYS: i32 = 52;
const SPIPE: i32 = 70;

/// The descriptor of the directory given by [`Files::Recorded`].
const GIVEN: i32 = 3;

/// What the functions share.
#[derive(Debug)]
struct State {
    run: Run,
    stdin: Cursor<Vec<u8>>,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    asked: Vec<String>,
    files: Files,
    started: Instant,
    random: u64,
}

/// Runs `module` to its end.
///
/// # Panics
/// When the module can't be read.
#[must_use]
pub fn run(module: &Path, run: &Run, files: Files) -> Outcome {
    let bytes = std::fs::read(module)
        .unwrap_or_else(|error| panic!("can't read `{}`: {error}", module.display()));
    let state = Arc::new(Mutex::new(State {
        run: run.clone(),
        stdin: Cursor::new(run.stdin.clone()),
        stdout: Vec::new(),
        stderr: Vec::new(),
        asked: Vec::new(),
        files,
        started: Instant::now(),
        random: 0x9e37_79b9_7f4a_7c15,
    }));
    let (mut pages, mut excuse) = (0, None);
    let end = start(&bytes, run, files, &state, &mut pages, &mut excuse);
    let mut state = state.lock().expect("no call panics");
    let (code, trap) = match end {
        Ok(()) => (0, None),
        Err(error) => match error.i32_exit_status() {
            Some(code) => (code, None),
            None => (134, Some(error.to_string())),
        },
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut stderr = text(&state.stderr);
    if let Some(trap) = &trap {
        stderr.push_str(trap);
    }
    Outcome {
        said: Said {
            code: Some(code),
            stdout: text(&state.stdout),
            stderr,
        },
        trap,
        asked: std::mem::take(&mut state.asked),
        excuse,
        pages,
    }
}

fn start(
    bytes: &[u8],
    run: &Run,
    files: Files,
    state: &Arc<Mutex<State>>,
    pages: &mut u64,
    excuse: &mut Option<i32>,
) -> Result<(), Error> {
    let engine = Engine::default();
    let module = Module::new(&engine, bytes)?;
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::<()>::new(&engine);
    // A module may import one function twice.
    let mut known = BTreeMap::new();
    for import in module.imports() {
        let key = (import.module().to_owned(), import.name().to_owned());
        let preview = key.0.starts_with("wasi_");
        if !preview || (files == Files::Missing && !STREAMS.contains(&import.name())) {
            return Err(Error::new(format!("the host has no `{}.{}`", key.0, key.1)));
        }
        if known.insert(key, ()).is_some() {
            continue;
        }
        let ty = import.ty().func().expect("functions only").clone();
        let (name, state) = (import.name().to_owned(), Arc::clone(state));
        linker
            .func_new(
                import.module(),
                import.name(),
                ty,
                move |mut caller, args, results| {
                    let mut state = state.lock().expect("no call panics");
                    let errno = state.call(&name, args, &mut caller)?;
                    if let Some(result) = results.first_mut() {
                        *result = Val::I32(errno);
                    }
                    Ok(())
                },
            )
            .map_err(|error| Error::new(error.to_string()))?;
    }
    let instance = linker.instantiate_and_start(&mut store, &module)?;
    let function = run.invoke.as_deref().unwrap_or("_start");
    let entry = instance
        .get_func(&store, function)
        .ok_or_else(|| Error::new(format!("the module exports no `{function}`")))?;
    let mut results = vec![Val::I32(0); entry.ty(&store).results().len()];
    let end = entry.call(&mut store, &[], &mut results);
    if let Some(memory) = instance.get_memory(&store, "memory") {
        *pages = memory.size(&store);
    }
    if end.is_err()
        && let Some(function) = instance.get_func(&store, "excuse")
    {
        let mut said = [Val::I32(0)];
        function.call(&mut store, &[], &mut said)?;
        *excuse = said[0].i32();
    }
    if end.is_ok() && run.invoke.is_some() {
        let mut state = state.lock().expect("no call panics");
        for result in &results {
            let text = result
                .i32()
                .map_or_else(String::new, |value| format!("{value}\n"));
            state.stdout.extend(text.bytes());
        }
    }
    end
}

/// The memory of the program that calls, with bounds checked: outside of it the call traps, as engines do.
struct Bytes<'a, 'b> {
    memory: Memory,
    caller: &'a mut Caller<'b, ()>,
}

impl Bytes<'_, '_> {
    fn get(&self, at: i32, size: i32) -> Result<Vec<u8>, Error> {
        let (at, size) = (at.cast_unsigned() as usize, size.cast_unsigned() as usize);
        let all = self.memory.data(&*self.caller);
        let end = at.checked_add(size).filter(|end| *end <= all.len());
        end.map(|end| all[at..end].to_vec())
            .ok_or_else(|| Error::new("a host call was given memory that is not there"))
    }

    fn u32(&self, at: i32) -> Result<i32, Error> {
        let bytes = self.get(at, 4)?;
        Ok(i32::from_le_bytes(
            bytes.try_into().expect("four were asked for"),
        ))
    }

    fn set(&mut self, at: i32, bytes: &[u8]) -> Result<(), Error> {
        self.get(at, bytes.len() as i32)?;
        let at = at.cast_unsigned() as usize;
        self.memory.data_mut(&mut *self.caller)[at..at + bytes.len()].copy_from_slice(bytes);
        Ok(())
    }

    fn set_u32(&mut self, at: i32, value: usize) -> Result<(), Error> {
        self.set(at, &(value as u32).to_le_bytes())
    }
}

impl State {
    /// One call; its errno.
    fn call(
        &mut self,
        name: &str,
        args: &[Val],
        caller: &mut Caller<'_, ()>,
    ) -> Result<i32, Error> {
        let memory = caller
            .get_export("memory")
            .and_then(wasmi::Extern::into_memory)
            .ok_or_else(|| Error::new("the module exports no memory"))?;
        let mut bytes = Bytes { memory, caller };
        let int = |index: usize| {
            args.get(index)
                .and_then(wasmi::Val::i32)
                .unwrap_or_default()
        };
        match name {
            "proc_exit" => Err(Error::i32_exit(int(0))),
            "args_sizes_get" => list_sizes(&self.arguments(), &mut bytes, int(0), int(1)),
            "args_get" => list(&self.arguments(), &mut bytes, int(0), int(1)),
            "environ_sizes_get" => list_sizes(&self.run.env, &mut bytes, int(0), int(1)),
            "environ_get" => list(&self.run.env, &mut bytes, int(0), int(1)),
            "clock_time_get" => {
                // Realtime starts in 2025 with each run.
                let base = if int(0) == 0 {
                    1_750_000_000_000_000_000
                } else {
                    0
                };
                let now = base + self.started.elapsed().as_nanos() as u64;
                bytes.set(int(2), &now.to_le_bytes())?;
                Ok(SUCCESS)
            }
            "clock_res_get" => {
                bytes.set(int(1), &1_u64.to_le_bytes())?;
                Ok(SUCCESS)
            }
            "random_get" => {
                let mut random = Vec::new();
                for _ in 0..int(1) {
                    self.random = self
                        .random
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(1);
                    random.push((self.random >> 56) as u8);
                }
                bytes.set(int(0), &random)?;
                Ok(SUCCESS)
            }
            "sched_yield" => Ok(SUCCESS),
            "poll_oneoff" => poll(&mut bytes, int(0), int(1), int(2), int(3)),
            "fd_read"
            | "fd_write"
            | "fd_close"
            | "fd_fdstat_get"
            | "fd_fdstat_set_flags"
            | "fd_filestat_get"
                if (0..=2).contains(&int(0)) =>
            {
                self.stream(name, args, &mut bytes)
            }
            "proc_raise" => Ok(NOSYS),
            _ => self.file(name, args, &mut bytes),
        }
    }

    fn arguments(&self) -> Vec<String> {
        let mut all = vec!["guest".to_owned()];
        all.extend(self.run.args.iter().cloned());
        all
    }

    fn stream(
        &mut self,
        name: &str,
        args: &[Val],
        bytes: &mut Bytes<'_, '_>,
    ) -> Result<i32, Error> {
        let int = |index: usize| args[index].i32().unwrap_or_default();
        match name {
            "fd_write" | "fd_read" => {
                let mut total = 0;
                for index in 0..int(2) {
                    let cell = int(1).wrapping_add(index.wrapping_mul(8));
                    let (at, size) = (bytes.u32(cell)?, bytes.u32(cell.wrapping_add(4))?);
                    let mut part = bytes.get(at, size)?;
                    match (name, int(0)) {
                        ("fd_write", 1) => self.stdout.extend_from_slice(&part),
                        ("fd_write", 2) => self.stderr.extend_from_slice(&part),
                        ("fd_read", 0) => {
                            let n = self.stdin.read(&mut part).expect("memory can be read");
                            part.truncate(n);
                            bytes.set(at, &part)?;
                        }
                        _ => return Ok(BADF),
                    }
                    total += part.len();
                }
                bytes.set_u32(int(3), total)?;
            }
            "fd_fdstat_get" => {
                let mut stat = [0; 24];
                stat[0] = 2; // a character device
                stat[8..16].copy_from_slice(&((1_u64 << 1) | (1 << 6) | (1 << 21)).to_le_bytes());
                bytes.set(int(1), &stat)?;
            }
            "fd_filestat_get" => {
                let mut stat = [0; 64];
                stat[16] = 2;
                bytes.set(int(1), &stat)?;
            }
            _ => {}
        }
        Ok(SUCCESS)
    }

    /// A call about files: written down, and answered as an empty directory does.
    fn file(&mut self, name: &str, args: &[Val], bytes: &mut Bytes<'_, '_>) -> Result<i32, Error> {
        let int = |index: usize| {
            args.get(index)
                .and_then(wasmi::Val::i32)
                .unwrap_or_default()
        };
        let fd = if name == "path_symlink" {
            int(2)
        } else {
            int(0)
        };
        let path = match name {
            "fd_prestat_get" | "fd_prestat_dir_name" => None,
            "path_create_directory"
            | "path_readlink"
            | "path_remove_directory"
            | "path_unlink_file"
            | "path_rename" => Some((1, 2)),
            "path_symlink" => Some((3, 4)),
            _ if name.starts_with("path_") => Some((2, 3)),
            _ => None,
        };
        let text = match path {
            Some((at, size)) => bytes.get(int(at), int(size))?,
            None => Vec::new(),
        };
        if self.files == Files::Missing {
            return Ok(BADF);
        }
        match (name, fd) {
            // Looking for directories is no use of one.
            ("fd_prestat_get", GIVEN) => {
                bytes.set(int(1), &[0, 0, 0, 0, 6, 0, 0, 0])?;
                return Ok(SUCCESS);
            }
            ("fd_prestat_dir_name", GIVEN) => {
                bytes.set(int(1), b"/given")?;
                return Ok(SUCCESS);
            }
            ("fd_prestat_get" | "fd_prestat_dir_name", _) => return Ok(BADF),
            _ => {}
        }
        self.asked
            .push(format!("{name} {fd} {}", String::from_utf8_lossy(&text)));
        match (name, fd) {
            ("fd_fdstat_get", GIVEN) => {
                let mut stat = [0; 24];
                stat[0] = 3;
                stat[8..24].fill(0xff);
                bytes.set(int(1), &stat)?;
                Ok(SUCCESS)
            }
            ("fd_filestat_get", GIVEN) => {
                let mut stat = [0; 64];
                stat[16] = 3;
                bytes.set(int(1), &stat)?;
                Ok(SUCCESS)
            }
            ("fd_seek" | "fd_tell", 0..=2) => Ok(SPIPE),
            (_, GIVEN) if name.starts_with("path_") => Ok(NOENT),
            _ => Ok(BADF),
        }
    }
}

fn list_sizes(
    list: &[String],
    bytes: &mut Bytes<'_, '_>,
    count: i32,
    size: i32,
) -> Result<i32, Error> {
    bytes.set_u32(count, list.len())?;
    bytes.set_u32(size, list.iter().map(|text| text.len() + 1).sum())?;
    Ok(SUCCESS)
}

fn list(list: &[String], bytes: &mut Bytes<'_, '_>, cells: i32, text: i32) -> Result<i32, Error> {
    let mut at = text;
    for (index, item) in list.iter().enumerate() {
        bytes.set_u32(
            cells.wrapping_add(index as i32 * 4),
            at.cast_unsigned() as usize,
        )?;
        bytes.set(at, format!("{item}\0").as_bytes())?;
        at = at.wrapping_add(item.len() as i32 + 1);
    }
    Ok(SUCCESS)
}

/// Everything that is asked for is there at once: clocks have run out, streams are ready.
fn poll(
    bytes: &mut Bytes<'_, '_>,
    subscriptions: i32,
    events: i32,
    n: i32,
    count: i32,
) -> Result<i32, Error> {
    if n <= 0 {
        return Ok(28);
    }
    for index in 0..n {
        let one = bytes.get(subscriptions.wrapping_add(index.wrapping_mul(48)), 48)?;
        let mut event = [0; 32];
        event[..8].copy_from_slice(&one[..8]);
        event[10] = one[8];
        event[16] = u8::from(one[8] == 0); // as wasmtime has it for a clock
        bytes.set(events.wrapping_add(index.wrapping_mul(32)), &event)?;
    }
    bytes.set_u32(count, n as usize)?;
    Ok(SUCCESS)
}
