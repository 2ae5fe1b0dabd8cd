//! What can go wrong while a program is run at bundle time.

use std::fmt;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode, SourceSpan};
use thiserror::Error;

use crate::report::Text;

/// Why a program could not be pre-initialized, and where the manifest asks for it.
#[derive(Debug, Error)]
#[error("{problem}")]
pub struct PreinitError {
    // Boxed, because every result of the tool's has room for this.
    problem: Box<PreinitProblem>,
    text: Box<NamedSource<String>>,
    at: SourceSpan,
}

impl PreinitError {
    pub(super) fn new(problem: PreinitProblem, text: &Text, at: SourceSpan) -> Self {
        Self {
            problem: Box::new(problem),
            text: Box::new(text.source_code()),
            at,
        }
    }

    /// What is wrong.
    #[must_use]
    pub fn problem(&self) -> &PreinitProblem {
        &self.problem
    }
}

impl Diagnostic for PreinitError {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.problem.code()
    }
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.problem.help()
    }
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&*self.text)
    }
    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let label = LabeledSpan::new_with_span(Some("the initializer".to_owned()), self.at);
        Some(Box::new(std::iter::once(label)))
    }
}

/// What the program was doing when it had to stop.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scene {
    /// The functions that were being called, the innermost first.
    pub calls: Vec<String>,
    /// The end of what it has printed.
    pub printed: String,
}

impl fmt::Display for Scene {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// Beyond that, the middle is left out.
        const SHOWN: usize = 16;
        let line = |f: &mut fmt::Formatter<'_>, index: usize| {
            let by = if index == 0 { "in" } else { "called by" };
            write!(f, "\n  {by} `{}`", self.calls[index])
        };
        let count = self.calls.len();
        for index in 0..count.min(SHOWN) {
            line(f, index)?;
        }
        if count > SHOWN + 1 {
            write!(f, "\n  … {} more", count - SHOWN - 1)?;
        }
        if count > SHOWN {
            line(f, count - 1)?;
        }
        if !self.printed.is_empty() {
            write!(f, "\nit printed:")?;
            for text in self.printed.lines() {
                write!(f, "\n  {text}")?;
            }
        }
        Ok(())
    }
}

/// One thing that is wrong. Codes are stable: scripts may rely on them.
#[derive(Debug, Error, Diagnostic)]
#[non_exhaustive]
pub enum PreinitProblem {
    /// The interposer is the program's own.
    #[error("[preinit] does not work with `mode = \"pre-linked\"`")]
    #[diagnostic(
        code(wasi_vfs::preinit::pre_linked),
        help(
            "remove `mode = \"pre-linked\"` from [link] to link another interposer; or link the program without `libwasi_vfs.a`"
        )
    )]
    PreLinked,

    /// Nothing is exported under the name.
    #[error("the program exports no `{name}`, which `{key}` of [preinit] names")]
    #[diagnostic(code(wasi_vfs::preinit::no_export), help("{help}"))]
    NoExport {
        /// The name.
        name: String,
        /// The key that has it.
        key: &'static str,
        /// What to write.
        help: String,
    },

    /// Something else is exported under the name.
    #[error("the program's export `{name}` is not a function")]
    #[diagnostic(
        code(wasi_vfs::preinit::no_function),
        help("name an exported function in [preinit]")
    )]
    NoFunction {
        /// The name.
        name: String,
    },

    /// The function wants arguments, or answers something.
    #[error("the initializer `{name}` has the wrong type `{found}`")]
    #[diagnostic(
        code(wasi_vfs::preinit::function_type),
        help(
            "an initializer takes no parameters and returns nothing: `void {name}(void)` in C. Pass it options with `env` and `args` of [preinit]"
        )
    )]
    Type {
        /// Its name.
        name: String,
        /// Its type, as WebAssembly text.
        found: String,
    },

    /// An import that can't be saved.
    #[error("the program imports the {what} `{module}.{name}`, which can't be saved")]
    #[diagnostic(
        code(wasi_vfs::preinit::import),
        help(
            "a pre-initialized program must define its own memories, tables and globals, and no name in it may start with `__wizer_`"
        )
    )]
    Import {
        /// `global`, `table`, `memory`, `tag` or `function`.
        what: &'static str,
        /// The import's module.
        module: String,
        /// The import's name.
        name: String,
    },

    /// A global that can't be saved.
    #[error("the program's global {index} is mutable and holds a reference, which can't be saved")]
    #[diagnostic(
        code(wasi_vfs::preinit::global),
        help(
            "build the program without reference types (`-mno-reference-types`), or leave out [preinit]"
        )
    )]
    Global {
        /// Its number among those that the program defines.
        index: usize,
    },

    /// An instruction that changes what can't be saved.
    #[error("the function `{function}` uses `{instruction}`, whose effect can't be saved")]
    #[diagnostic(
        code(wasi_vfs::preinit::instruction),
        help("{}", instruction_help(instruction))
    )]
    Instruction {
        /// The instruction.
        instruction: &'static str,
        /// The first function that has one.
        function: String,
    },

    /// Any other refusal.
    #[error("the program can't be pre-initialized: {message}")]
    #[diagnostic(
        code(wasi_vfs::preinit::snapshot),
        help("build the program without what is named here, or leave out [preinit]")
    )]
    Snapshot {
        /// What wizer says.
        message: String,
    },

    /// The engine does not take the module.
    #[error("the engine that runs initializers does not accept the program: {message}")]
    #[diagnostic(
        code(wasi_vfs::preinit::engine),
        help(
            "it runs WebAssembly 2.0 with tail calls, several memories and SIMD, but no exceptions, relaxed SIMD or garbage collection: build the program without these, or leave out [preinit]"
        )
    )]
    Engine {
        /// What the engine says.
        message: String,
    },

    /// It asked for random bytes.
    #[error("the initializer asked for random bytes: it called `random_get`{scene}")]
    #[diagnostic(
        code(wasi_vfs::preinit::random),
        help(
            "random bytes drawn now would be the same in every run, and known to anyone with the bundle. If that is harmless, write `random = \"fixed\"` in [preinit]; for hash seeds and keys, let the program draw them at run time"
        )
    )]
    Random {
        /// Where.
        scene: Scene,
    },

    /// It asked for the time.
    #[error("the initializer asked for the time: it called `{call}`{scene}")]
    #[diagnostic(
        code(wasi_vfs::preinit::clock),
        help(
            "every run would see the time of bundling. If a fixed time is acceptable, write `clock = \"fixed\"` in [preinit]: the time is then SOURCE_DATE_EPOCH, or 1970"
        )
    )]
    Clock {
        /// The function of WASI.
        call: &'static str,
        /// Where.
        scene: Scene,
    },

    /// It ended the program.
    #[error(
        "the initializer ended the program with exit code {code}: it called `proc_exit`{scene}"
    )]
    #[diagnostic(
        code(wasi_vfs::preinit::exit),
        help("{}", exit_help(*code))
    )]
    Exit {
        /// The exit code.
        code: i32,
        /// Where.
        scene: Scene,
    },

    /// It called an import that only the engine at run time has.
    #[error(
        "the initializer called the import `{module}.{name}`, which exists only at run time{scene}"
    )]
    #[diagnostic(
        code(wasi_vfs::preinit::foreign),
        help("only WASI is available at bundle time: call this function at run time")
    )]
    Foreign {
        /// The import's module.
        module: String,
        /// The import's name.
        name: String,
        /// Where.
        scene: Scene,
    },

    /// It trapped.
    #[error("the initializer failed: {message}{scene}")]
    #[diagnostic(
        code(wasi_vfs::preinit::trap),
        help(
            "to debug it, call the function in a bundle without [preinit]. At bundle time it sees the embedded files, no host directories, and only the variables and arguments that [preinit] names"
        )
    )]
    Trap {
        /// What WebAssembly calls it.
        message: String,
        /// Where.
        scene: Scene,
    },

    /// It took too long.
    #[error("the initializer ran out of fuel ({fuel}){scene}")]
    #[diagnostic(
        code(wasi_vfs::preinit::fuel),
        help(
            "each instruction uses at least one unit. If the initializer terminates at all, raise `fuel` in [preinit]; `fuel = 0` means no limit"
        )
    )]
    Fuel {
        /// What it might use.
        fuel: u64,
        /// Where.
        scene: Scene,
    },

    /// The image could not be read back.
    #[error("cannot read the embedded files for the initializer: {message}")]
    #[diagnostic(
        code(wasi_vfs::preinit::image),
        help("the output is read while it is written: choose a place for it that allows both")
    )]
    Image {
        /// What the system says.
        message: String,
    },
}

fn instruction_help(instruction: &str) -> &'static str {
    match instruction {
        "data.drop" => {
            "build the program without threads (`-pthread`, `-mthread-model posix`), which is where linkers write it, or leave out [preinit]"
        }
        _ if instruction.starts_with("table.") || instruction == "elem.drop" => {
            "tables are not saved: build the program without dynamic linking and without functions that are added at run time, or leave out [preinit]"
        }
        _ => "garbage-collected objects are not saved: leave out [preinit]",
    }
}

fn exit_help(code: i32) -> &'static str {
    match code {
        0 => "an initializer must return; name a function that does, not `main` or `_start`",
        _ => {
            "an initializer must return. At bundle time it sees the embedded files, no host directories, and only the variables and arguments that [preinit] names"
        }
    }
}
