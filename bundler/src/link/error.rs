//! What can't be linked, and what to do about it.

use miette::Diagnostic;
use thiserror::Error;

/// Why a module can't be bundled.
///
/// Each variant has a stable code, `wasi_vfs::link::…`.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic)]
#[non_exhaustive]
pub enum LinkError {
    /// No bytes at all.
    #[error("the module is empty: a file of 0 bytes")]
    #[diagnostic(
        code(wasi_vfs::link::empty),
        help("build the program again; the build or a copy was probably interrupted")
    )]
    Empty,

    /// WebAssembly text where a binary was expected.
    #[error("the module is WebAssembly text, not a binary")]
    #[diagnostic(
        code(wasi_vfs::link::text),
        help(
            "give the file the extension `.wat`, or translate it first: `wat2wasm app.wat -o app.wasm`"
        )
    )]
    Text,

    /// Something else.
    #[error("the module is not WebAssembly: it begins with {begins}")]
    #[diagnostic(
        code(wasi_vfs::link::not_wasm),
        help(
            "`[module] input` must name a `.wasm` file, which begins with `\\0asm`; was a script or a native program given instead?"
        )
    )]
    NotWasm {
        /// The first bytes as text in quotes, or as hexadecimal.
        begins: String,
    },

    /// A component of the component model.
    #[error("the module is a WebAssembly component, not a core module")]
    #[diagnostic(
        code(wasi_vfs::link::component),
        help(
            "bundle the core module before it becomes a component: build for `wasm32-wasip1`, bundle, then run `wasm-tools component new --adapt …` on the bundle"
        )
    )]
    Component,

    /// A binary format version that does not exist yet.
    #[error("unsupported WebAssembly version {version:#x}; only version 1 is supported")]
    #[diagnostic(
        code(wasi_vfs::link::version),
        help("build the program for `wasm32-wasip1`")
    )]
    Version {
        /// The 32 bits behind the magic.
        version: u32,
    },

    /// The file ends inside a section.
    #[error(
        "the module is truncated: the section at offset {offset:#x} ends {missing} bytes past the end of the file"
    )]
    #[diagnostic(
        code(wasi_vfs::link::truncated),
        help("build or download the program again; the file is incomplete")
    )]
    Truncated {
        /// Where the section begins, in bytes.
        offset: usize,
        /// How many bytes are missing.
        missing: u64,
    },

    /// Not valid WebAssembly.
    #[error("the module is not valid WebAssembly, at offset {offset:#x}: {message}")]
    #[diagnostic(
        code(wasi_vfs::link::malformed),
        help(
            "build or download the program again; `wasm-tools validate app.wasm` shows the same problem"
        )
    )]
    Malformed {
        /// Where, in bytes.
        offset: usize,
        /// What the validator says.
        message: String,
    },

    /// A relocatable object (`clang -c`), not a program.
    #[error("the module is an object file (it has a `linking` section), not a finished program")]
    #[diagnostic(
        code(wasi_vfs::link::object_file),
        help("link it first: `clang --target=wasm32-wasip1 app.o -o app.wasm`")
    )]
    ObjectFile,

    /// A module for JavaScript, or for another host than WASI.
    #[error("the module was built by {toolchain}, not for WASI: it imports `{import}`")]
    #[diagnostic(code(wasi_vfs::link::foreign), help("{remedy}"))]
    Foreign {
        /// What made it.
        toolchain: &'static str,
        /// The import that shows it, as `module.name`.
        import: String,
        /// What to build instead.
        remedy: &'static str,
    },

    /// `memory` uses 64-bit addresses.
    #[error("the program has a 64-bit memory")]
    #[diagnostic(
        code(wasi_vfs::link::memory64),
        help("build the program for `wasm32-wasip1`; WASI preview 1 needs a 32-bit memory")
    )]
    Memory64,

    /// `memory` is shared between threads.
    #[error("the program has a shared memory")]
    #[diagnostic(
        code(wasi_vfs::link::shared_memory),
        help(
            "build the program without threads: `wasm32-wasip1`, not `wasm32-wasip1-threads`, and without `-pthread`"
        )
    )]
    SharedMemory,

    /// `memory` has pages of another size than 64 KiB.
    #[error("the program's memory has pages of {bytes} bytes; only 65536 is supported")]
    #[diagnostic(
        code(wasi_vfs::link::page_size),
        help("build the program without the custom-page-sizes proposal")
    )]
    PageSize {
        /// Bytes in a page.
        bytes: u64,
    },

    /// The memory comes from outside.
    #[error("the program imports its memory, as `{module}.{name}`")]
    #[diagnostic(
        code(wasi_vfs::link::imported_memory),
        help(
            "link the program with a memory of its own: without `--import-memory`, not as a side module"
        )
    )]
    ImportedMemory {
        /// The import's module name.
        module: String,
        /// The import's own name.
        name: String,
    },

    /// More than one memory.
    #[error("the program has {count} memories; it must have exactly one")]
    #[diagnostic(
        code(wasi_vfs::link::several_memories),
        help(
            "link the program without the multi-memory proposal; was it merged from several modules?"
        )
    )]
    SeveralMemories {
        /// How many, imported ones included.
        count: u32,
    },

    /// No memory, so no way to pass a path.
    #[error("the program has no memory")]
    #[diagnostic(
        code(wasi_vfs::link::no_memory),
        help("a WASI program has a memory and exports it as `memory`; is this the right file?")
    )]
    NoMemory,

    /// WASI hosts look the memory up by name.
    #[error("the program does not export its memory as `memory`{}", match .exported_as {
        Some(name) => format!(", but as `{name}`"),
        None => String::new(),
    })]
    #[diagnostic(
        code(wasi_vfs::link::memory_not_exported),
        help(
            "WASI hosts find the memory by that name; add `(export \"memory\" (memory 0))`, or link with `--export-memory`"
        )
    )]
    MemoryNotExported {
        /// The name that it is exported under instead.
        exported_as: Option<String>,
    },

    /// The memory is too large to hold the interposer's region as well.
    #[error(
        "the program's memory starts with {pages} pages of 64 KiB; the bundle needs {region} more, and the sum must stay below 65536"
    )]
    #[diagnostic(
        code(wasi_vfs::link::memory_full),
        help("link the program with a smaller `--initial-memory`")
    )]
    MemoryFull {
        /// The program's pages.
        pages: u64,
        /// The interposer's pages.
        region: u32,
    },

    /// An import that is not what WASI defines.
    #[error("the import `{module}.{name}` is {found}; WASI defines it as {expected}")]
    #[diagnostic(
        code(wasi_vfs::link::signature),
        help(
            "the program's own declaration of this WASI function is wrong; use the one from `wasi/api.h` or the `wasi` crate"
        )
    )]
    Signature {
        /// The version of WASI, as the import's module name.
        module: &'static str,
        /// The function.
        name: String,
        /// What the program imports, as WebAssembly text.
        found: String,
        /// What it should import, as WebAssembly text.
        expected: String,
    },

    /// Two versions of WASI, with different structures in memory.
    #[error("the program imports `{first}` and `{second}`, from two versions of WASI")]
    #[diagnostic(
        code(wasi_vfs::link::mixed_snapshots),
        help(
            "build all parts of the program with one toolchain; a library in it was compiled for `wasi_unstable`, the version of 2019"
        )
    )]
    MixedSnapshots {
        /// The first import of a version.
        first: String,
        /// The first one of another version.
        second: String,
    },

    /// It holds an image already, and nothing says what its own program was.
    #[error("the module is already a bundle: it has {evidence}")]
    #[diagnostic(
        code(wasi_vfs::link::already_bundled),
        help(
            "it does not record its original program, as bundles of this version do; bundle the original module, with the files of both bundles in one manifest"
        )
    )]
    AlreadyBundled {
        /// What shows it.
        evidence: String,
    },

    /// It is a bundle that was made with `rebundle = false`.
    #[error("the module is a bundle already, and was made with `rebundle = false`")]
    #[diagnostic(
        code(wasi_vfs::link::bundled_once),
        help(
            "bundle the original module, with the files of both bundles in one manifest; or make the first bundle without `rebundle = false` in `[link]`"
        )
    )]
    BundledOnce,

    /// It is a bundle with `[preinit]`: the memory that its program began with is gone.
    #[error("the module is already a bundle, and was pre-initialized with `{function}`")]
    #[diagnostic(
        code(wasi_vfs::link::pre_initialized),
        help(
            "its memory holds the state after `{function}`, so the original program cannot be restored; bundle the original module, with the files of both bundles and `[preinit]` in one manifest"
        )
    )]
    PreInitialized {
        /// The function that it was initialized with.
        function: String,
    },

    /// `mode = "pre-linked"` for a program that is not.
    #[error("`mode = \"pre-linked\"` needs a program linked with `libwasi_vfs.a`; this one is not")]
    #[diagnostic(
        code(wasi_vfs::link::not_pre_linked),
        help(
            "create it with `wasi-vfs libvfs -o libwasi_vfs.a` and add it to the linker's command line; or remove `mode` to let wasi-vfs link the interposer"
        )
    )]
    NotPreLinked,

    /// `memory = "isolated"` for a program that has the interposer in its memory.
    #[error(
        "`memory = \"isolated\"` does not work for a program linked with `libwasi_vfs.a`, which holds the interposer in its own memory"
    )]
    #[diagnostic(
        code(wasi_vfs::link::pre_linked_isolated),
        help(
            "remove `memory = \"isolated\"`, or add `mode = \"post-link\"` to link another interposer"
        )
    )]
    PreLinkedIsolated,

    /// `mode = "pre-linked"` for a program of which the interposer hears only a part.
    #[error(
        "the program was linked with `libwasi_vfs.a`, but calls {} directly, bypassing wasi-libc",
        list(names)
    )]
    #[diagnostic(
        code(wasi_vfs::link::calls_past),
        help(
            "remove `mode = \"pre-linked\"`: wasi-vfs then links its own interposer, which intercepts every call. Parts of Rust's standard library call WASI directly"
        )
    )]
    CallsPast {
        /// The functions, sorted.
        names: Vec<String>,
    },

    /// An archive of a later release.
    #[error(
        "the program was linked with a `libwasi_vfs.a` of format {form}; this release supports format 1"
    )]
    #[diagnostic(
        code(wasi_vfs::link::pre_linked_form),
        help("link the program with the archive that `wasi-vfs libvfs -o libwasi_vfs.a` writes")
    )]
    PreLinkedForm {
        /// The digit of its form.
        form: char,
    },

    /// A bundle whose program can't be told from what another tool made of it.
    #[error("the module is a bundle that another tool modified, so it can't be bundled again")]
    #[diagnostic(
        code(wasi_vfs::link::rewritten),
        help(
            "bundle first, then run other tools (`wasm-opt`, `wasm-strip`, wizer) on the result; or bundle the original module, with the files of both bundles in one manifest"
        )
    )]
    Rewritten,

    /// A limit that engines agree on.
    #[error("the bundle would have {count} {what}; engines accept {limit}")]
    #[diagnostic(
        code(wasi_vfs::link::too_many),
        help("make the program smaller: optimise it with `wasm-opt -O`, or leave out parts of it")
    )]
    TooMany {
        /// Of what, in the plural.
        what: &'static str,
        /// How many there would be.
        count: u64,
        /// How many there may be.
        limit: u64,
    },

    /// A section's length is a 32-bit number.
    #[error(
        "the program's data and the image together take {size} bytes; a module can hold {limit}"
    )]
    #[diagnostic(
        code(wasi_vfs::link::data_too_large),
        help("bundle fewer or smaller files: `wasi-vfs plan` lists what goes in")
    )]
    DataTooLarge {
        /// Bytes of the data section.
        size: u64,
        /// Bytes that it may have.
        limit: u64,
    },

    /// The artifact has another shape than the linker can take apart.
    #[error("the interposer can't be used: {reason}")]
    #[diagnostic(
        code(wasi_vfs::link::interposer),
        help("use the `libwasi_vfs.wasm` of this release of wasi-vfs")
    )]
    Interposer {
        /// Which rule it breaks.
        reason: String,
    },

    /// The linker itself is wrong.
    #[error("BUG: the linked module is not valid, at offset {offset:#x}: {message}")]
    #[diagnostic(
        code(wasi_vfs::link::bug),
        help("this is a bug in wasi-vfs; please report it, with the module if you can share it")
    )]
    Bug {
        /// Where in the output, in bytes.
        offset: usize,
        /// What the validator says.
        message: String,
    },
}

impl LinkError {
    /// Whether the module is refused for the memory that it has or does not have.
    pub(super) fn is_about_memory(&self) -> bool {
        matches!(
            self,
            LinkError::Memory64
                | LinkError::SharedMemory
                | LinkError::ImportedMemory { .. }
                | LinkError::SeveralMemories { .. }
                | LinkError::NoMemory
                | LinkError::MemoryNotExported { .. }
        )
    }

    pub(super) fn malformed(error: &wasmparser::Error) -> Self {
        LinkError::Malformed {
            offset: error.offset(),
            message: error.message().to_owned(),
        }
    }
}

/// Something about a linked module that its user should know.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic)]
#[non_exhaustive]
pub enum Notice {
    /// Nothing in the program can read a file.
    #[error(
        "the program imports no file function of `wasi_snapshot_preview1`, so it can't read the files"
    )]
    #[diagnostic(
        severity(Warning),
        code(wasi_vfs::link::no_file_calls),
        help(
            "is this the right module? A program that is built for `wasm32-unknown-unknown` has no file system"
        )
    )]
    NoFileCalls,

    /// The interposer in the program would not hear of all calls, so another one was linked in.
    #[error(
        "linked another interposer: the one from `libwasi_vfs.a` does not intercept the program's direct calls of {}",
        list(names)
    )]
    #[diagnostic(
        severity(Advice),
        code(wasi_vfs::link::linked_again),
        help(
            "link the program without `libwasi_vfs.a`, which intercepts calls from wasi-libc and Zig, but not all calls from Rust"
        )
    )]
    LinkedAgain {
        /// The functions that the program calls itself, sorted.
        names: Vec<String>,
    },

    /// The interposer in the program knows nothing of `[preinit]`, so another one was linked in.
    #[error("linked another interposer: the one from `libwasi_vfs.a` does not support [preinit]")]
    #[diagnostic(
        severity(Advice),
        code(wasi_vfs::link::linked_for_preinit),
        help(
            "add `mode = \"post-link\"` to [link] to silence this, or link the program without `libwasi_vfs.a`, which makes the bundle smaller"
        )
    )]
    LinkedForPreinit,

    /// A function that is in WASI's module but is not WASI's.
    #[error(
        "left `{module}.{name}` to the host: the program imports it as {found}, WASI defines {expected}"
    )]
    #[diagnostic(
        severity(Advice),
        code(wasi_vfs::link::foreign_signature),
        help(
            "no action is needed unless the program passes this function the file descriptor of an embedded file, which the host does not know"
        )
    )]
    ForeignSignature {
        /// The version of WASI, as the import's module name.
        module: &'static str,
        /// The function.
        name: String,
        /// What the program imports, as WebAssembly text.
        found: String,
        /// What WASI defines, as WebAssembly text.
        expected: String,
    },

    /// A bundle without the host's file system still imports some of it.
    #[error(
        "the bundle still imports {} of `{module}`: the program has no other import to replace them with",
        list(names)
    )]
    #[diagnostic(
        severity(Advice),
        code(wasi_vfs::link::imports_stay),
        help(
            "they are never called, but the engine must provide functions of these names. A program that can exit or print does not need them"
        )
    )]
    ImportsStay {
        /// The version of WASI, as the imports' module name.
        module: &'static str,
        /// The functions, in the order of the imports.
        names: Vec<String>,
    },

    /// Code moved, so what describes its addresses would be wrong.
    #[error("dropped {}: linking moved the code that it describes", list(sections))]
    #[diagnostic(
        severity(Advice),
        code(wasi_vfs::link::debug_dropped),
        help(
            "debug the program unbundled, or compile it without `-gsplit-dwarf`: 32-bit DWARF up to version 5 is always kept"
        )
    )]
    DebugDropped {
        /// The sections that were left out, in their order.
        sections: Vec<String>,
    },

    /// A custom section that can't be read; engines ignore it, and so does the bundle.
    #[error("dropped the malformed section `{section}`")]
    #[diagnostic(
        severity(Advice),
        code(wasi_vfs::link::custom_malformed),
        help("no action is needed: only debuggers and tools use the section")
    )]
    CustomMalformed {
        /// Its name.
        section: String,
    },
}

fn list(sections: &[String]) -> String {
    let quoted: Vec<String> = sections.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}
