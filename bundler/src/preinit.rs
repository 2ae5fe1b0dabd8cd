//! Pre-initialization: the program's own initializer is run while it is bundled, and what it leaves in memory is what the
//! bundle starts with.
//!
//! The order is what makes the image cost nothing. The program is linked first, with a hole for the image; the image is
//! written into the output, at its place; the program runs in an interpreter, where reads of the image's segment go to the
//! output; then memory and globals go into the module (crate `wasmtime-wizer`), and that around the image.
//!
//! Nothing of the machine reaches the program: a host of our own is all there is. The interposer is told when a run begins and ends,
//! and looks at its host anew when the bundle is run.

mod engine;
mod error;
mod host;
mod image;
mod instrument;
mod memory;
mod names;
mod refuse;
mod snapshot;
mod trace;

use std::io;

use miette::Diagnostic;
use thiserror::Error;
use wasmtime_wizer::{ModuleContext, Wizer};

use crate::link::{Linked, code_start};
use crate::manifest::{self, Manifest};
use crate::read_at::ReadAt;
use crate::report::Text;
use engine::{Failure, Running};
use host::{Host, Stop};
use image::Image;
use instrument::{Change, instrument};

pub use error::{PreinitError, PreinitProblem, Scene};

/// What commands start with.
const START: &str = "_start";

/// Makes a reader of what was written so far.
type Reopen<'a> = &'a mut dyn FnMut() -> io::Result<Box<dyn ReadAt>>;

/// A linked program that is going to be run.
pub(crate) struct Preinit<'a> {
    settings: &'a manifest::Preinit,
    text: &'a Text,
    /// What the program is called when it is run.
    program: String,
    linked: &'a Linked<'a>,
    module: &'a [u8],
    wizer: Wizer,
    context: ModuleContext<'a>,
    instrumented: Vec<u8>,
    before: u64,
}

/// What a run was like.
#[derive(Debug, Clone)]
pub struct Ran {
    /// The function that was run.
    pub function: String,
    /// Whether what it printed is to be shown.
    pub shown: bool,
    /// What the program printed, standard output and error in their order; the first 64 KiB.
    pub printed: Vec<u8>,
    /// Bytes that it printed beyond these.
    pub printed_more: u64,
    /// Fuel that it used; an instruction takes one, and more in large loops.
    pub fuel: u64,
    /// Bytes of memory that the bundle starts with.
    pub memory_size: u64,
    /// Those of them that are data in the bundle, because they are not zero.
    pub data_size: u64,
    /// Random bytes that it took.
    pub random: u64,
    /// Whether what a command starts with was the initializer, and is in the bundle no more.
    pub startless: bool,
}

/// Something about a run that the user should know.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic)]
#[non_exhaustive]
pub enum Notice {
    /// The program has seeds and keys that everyone knows.
    #[error(
        "the initializer drew {bytes} random bytes, which are the same in every bundle and every run"
    )]
    #[diagnostic(
        severity(Warning),
        code(wasi_vfs::preinit::frozen_random),
        help(
            "a hash seed that is public allows collision attacks, and a public key is not secret: let the program draw random bytes again at run time"
        )
    )]
    FrozenRandom {
        /// How many.
        bytes: u64,
    },
    /// The bundle can't be run as a command.
    #[error("the bundle exports no `_start`: it was the initializer, and was removed")]
    #[diagnostic(
        severity(Warning),
        code(wasi_vfs::preinit::no_start),
        help(
            "name another function to initialize with; or write `rename = {{ _start = \"…\" }}` with the function that the bundle should start, or `keep-function = true` to run it again"
        )
    )]
    NoStart,
}

impl Ran {
    /// What the user should know.
    #[must_use]
    pub fn notices(&self) -> Vec<Notice> {
        let bytes = self.random;
        let frozen = (bytes > 0).then_some(Notice::FrozenRandom { bytes });
        let startless = self.startless.then_some(Notice::NoStart);
        frozen.into_iter().chain(startless).collect()
    }
}

impl<'a> Preinit<'a> {
    /// Looks whether `linked` can be run and saved; `module` is it as bytes.
    ///
    /// # Errors
    /// When the initializer is not there, or the program does what can't be saved.
    pub(crate) fn new(
        manifest: &'a Manifest,
        settings: &'a manifest::Preinit,
        linked: &'a Linked<'a>,
        module: &'a [u8],
    ) -> Result<Self, PreinitError> {
        let text = manifest.text();
        let wrong = |problem| PreinitError::new(problem, text, manifest::span(&settings.span));
        if linked.is_pre_linked() {
            return Err(wrong(PreinitProblem::PreLinked));
        }
        refuse::check_functions(module, settings).map_err(wrong)?;
        let mut wizer = Wizer::new();
        wizer
            .init_func(&settings.function)
            .keep_init_func(settings.keep_function);
        for (to, from) in &settings.rename {
            wizer.func_rename(to, from);
        }
        let (context, instrumented) = wizer
            .instrument(module)
            .map_err(|error| wrong(refuse::reason(module, format!("{error:#}"))))?;
        let blank = snapshot::snapshot(&wizer, &context, None)
            .map_err(|message| wrong(PreinitProblem::Snapshot { message }))?;
        Ok(Self {
            settings,
            text,
            program: manifest.program_name().to_owned(),
            before: linked.warm(&blank, &[], &[]).before(),
            linked,
            module,
            wizer,
            context,
            instrumented,
        })
    }

    /// The initializer.
    pub(crate) fn function(&self) -> &str {
        &self.settings.function
    }

    /// Where in the output the image goes.
    pub(crate) fn before(&self) -> u64 {
        self.before
    }

    /// Runs the program with the image of `size` bytes at its place in what `reopen` opens. Gives the module as it is then,
    /// with as much before its hole as [`before`](Self::before) says.
    ///
    /// # Errors
    /// When the initializer does not return, or asks for what it can't have.
    pub(crate) fn run(
        &self,
        reopen: Reopen<'_>,
        size: u32,
    ) -> Result<(Linked<'static>, Ran), PreinitError> {
        let wrong =
            |problem| PreinitError::new(problem, self.text, manifest::span(&self.settings.span));
        let mut running = match self.attempt(reopen, size, false) {
            Ok((running, Ok(()))) => running,
            Ok((_, Err(failure))) => return Err(wrong(self.explain(failure, reopen, size))),
            Err(failure) => return Err(wrong(self.problem(failure, Scene::default()))),
        };
        let snapshot = snapshot::snapshot(&self.wizer, &self.context, Some(&mut running))
            .map_err(|message| wrong(PreinitProblem::Snapshot { message }))?;
        let segments: Vec<_> = (0..)
            .zip(running.memories())
            .flat_map(|(index, bytes)| memory::segments(index, bytes))
            .collect();
        let pages: Vec<u32> = running
            .memories()
            .map(|bytes| (bytes.len() >> 16) as u32)
            .collect();
        let warm = self.linked.warm(&snapshot, &segments, &pages);
        debug_assert_eq!(warm.before(), self.before);
        let fuel = self.fuel().unwrap_or(u64::MAX) - running.fuel();
        let host = running.into_host();
        let ran = Ran {
            function: self.settings.function.clone(),
            shown: self.settings.output == manifest::PreinitOutput::Show,
            printed: host.printed.bytes,
            printed_more: host.printed.dropped,
            fuel,
            memory_size: pages.iter().map(|&pages| u64::from(pages) << 16).sum(),
            data_size: segments
                .iter()
                .map(|segment| segment.bytes.len() as u64)
                .sum(),
            random: host.taken,
            startless: self.settings.function == START
                && !self.settings.keep_function
                && self.settings.rename.iter().all(|(to, _)| to != START),
        };
        Ok((warm, ran))
    }

    fn fuel(&self) -> Option<u64> {
        (self.settings.fuel != 0).then_some(self.settings.fuel)
    }

    /// Runs the program, `calls` written down or not.
    #[allow(
        clippy::type_complexity,
        reason = "a program that failed has something to tell, too"
    )]
    fn attempt(
        &self,
        reopen: Reopen<'_>,
        size: u32,
        calls: bool,
    ) -> Result<(Running, Result<(), Failure>), Failure> {
        let mut sized = self.instrumented.clone();
        let (from, to) = (code_start(self.module), code_start(&sized));
        for at in self.linked.image_size_at() {
            let (from, to) = from.zip(to).expect("an interposer is code");
            let at = at - from + to;
            let size = crate::link::padded_signed(size);
            sized[at..at + size.len()].copy_from_slice(&size);
        }
        let module = instrument(
            &sized,
            Change {
                segment: self.linked.segment(),
                begin: self.linked.preinit(),
                interposer: self.linked.first_function(),
                calls,
            },
        );
        drop(sized);
        let bytes = reopen().map_err(|error| Failure::Stop(Stop::Image(error.to_string())))?;
        let image = Image::new(bytes, self.before, size);
        let mut running = Running::load(&module, self.host(), image, self.fuel())?;
        let done = running.run(&self.settings.function);
        Ok((running, done))
    }

    fn host(&self) -> Host {
        let variables = self.settings.env.iter();
        let mut arguments = vec![self.program.clone()];
        arguments.extend_from_slice(&self.settings.args);
        Host {
            variables: variables
                .map(|(name, value)| format!("{name}={value}"))
                .collect(),
            arguments,
            random: self.settings.random,
            clock: self.settings.clock,
            unstable: self.linked.speaks_unstable(),
            ..Host::default()
        }
    }

    /// Runs a program that has failed once more, for what it called.
    fn explain(&self, failure: Failure, reopen: Reopen<'_>, size: u32) -> PreinitProblem {
        let scene = match self.attempt(reopen, size, true) {
            Ok((running, Err(_))) => {
                let names = names::Names::of(self.module);
                let calls = trace::read(running.calls());
                Scene {
                    calls: calls
                        .into_iter()
                        .map(|function| names.get(function))
                        .collect(),
                    printed: tail(&running.into_host().printed.bytes),
                }
            }
            // The engine's limits are a little different with it; there is nothing to tell then.
            _ => Scene::default(),
        };
        self.problem(failure, scene)
    }

    fn problem(&self, failure: Failure, scene: Scene) -> PreinitProblem {
        match failure {
            Failure::Engine(message) => PreinitProblem::Engine { message },
            Failure::Trap(message) => PreinitProblem::Trap { message, scene },
            Failure::Fuel => PreinitProblem::Fuel {
                fuel: self.settings.fuel,
                scene,
            },
            Failure::Stop(stop) => match stop {
                Stop::Random => PreinitProblem::Random { scene },
                Stop::Clock(call) => PreinitProblem::Clock { call, scene },
                Stop::Exit(code) => PreinitProblem::Exit { code, scene },
                Stop::Foreign { module, name } => PreinitProblem::Foreign {
                    module,
                    name,
                    scene,
                },
                Stop::Image(message) => PreinitProblem::Image { message },
                Stop::Bounds => PreinitProblem::Trap {
                    message: "out of bounds memory access".to_owned(),
                    scene,
                },
            },
        }
    }
}

/// The last lines of what was printed, without what a terminal would obey.
fn tail(printed: &[u8]) -> String {
    const LINES: usize = 10;
    let text = String::from_utf8_lossy(printed);
    let lines: Vec<&str> = text.lines().collect();
    let last = &lines[lines.len().saturating_sub(LINES)..];
    let shown = last.join("\n");
    shown
        .chars()
        .map(|c| {
            if c.is_control() && c != '\n' {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}
