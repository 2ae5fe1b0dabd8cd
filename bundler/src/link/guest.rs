//! The program's module: what it is made of, and whether it may be served.

mod known;
mod read;
mod refuse;
mod scan;

use std::ops::Range;

use wasmparser::{FuncType, MemoryType};

use super::error::LinkError;
use super::layout::CODE;
use super::leb;
use crate::requires::{self, Requires};

/// The module name of WASI preview 1.
pub(super) const WASI: &str = "wasi_snapshot_preview1";

/// A version of WASI that programs were built for. Their functions have the same names and types; what lies in memory
/// differs, so nobody may import from both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Snapshot {
    /// `wasi_unstable`, of 2019.
    Zero,
    /// Preview 1.
    One,
}

impl Snapshot {
    /// The version whose functions are imported from `module`.
    pub(super) fn of(module: &str) -> Option<Self> {
        let known = [Snapshot::Zero, Snapshot::One];
        known.into_iter().find(|known| known.module() == module)
    }

    /// The module name that its functions are imported from.
    pub(super) fn module(self) -> &'static str {
        match self {
            Snapshot::Zero => "wasi_unstable",
            Snapshot::One => WASI,
        }
    }
}

/// The custom section that marks a bundle.
pub(super) const MARK: &str = "wasi-vfs";

/// The first bytes of every image.
pub(super) const IMAGE_MAGIC: &[u8] = b"\0wasivfs";

/// `i32.const 65535` and `i32.and`: what wasi-libc does to an `errno` that it gets, which is of 16 bits already.
pub(super) const ERRNO_MASK: [u8; 5] = [0x41, 0xff, 0xff, 0x03, 0x71];

/// A program that can be bundled: a valid core module with one 32-bit memory of its own.
#[derive(Debug)]
pub struct Guest<'a> {
    pub(super) bytes: &'a [u8],
    /// In file order.
    pub(super) sections: Vec<Section>,
    /// The type index space; `None` for what is not a plain function type.
    pub(super) types: Vec<Option<FuncType>>,
    /// Imported functions, in index order.
    pub(super) imports: Vec<Import<'a>>,
    /// The WASI that it imports from, preview 1 when it imports from none.
    pub(super) snapshot: Snapshot,
    /// Functions, imported ones included.
    pub(super) functions: u32,
    /// Globals, imported ones included.
    pub(super) globals: u32,
    pub(super) memory: MemoryType,
    pub(super) data_segments: u32,
    /// The bodies of the code section, in order.
    pub(super) bodies: Vec<Body>,
    /// What it needs of an engine.
    pub(super) requires: Requires,
}

/// An imported function.
#[derive(Debug)]
pub(super) struct Import<'a> {
    pub(super) module: &'a str,
    pub(super) name: &'a str,
    /// Index into [`Guest::types`].
    pub(super) ty: u32,
}

/// One section of the program.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) id: u8,
    /// Where its identifier byte is.
    pub(super) start: usize,
    /// What follows its length.
    pub(super) contents: Range<usize>,
    /// Its name, for custom sections (else empty).
    pub(super) name: Range<usize>,
    /// References to imported functions (not those in the code section), in order.
    pub(super) sites: Vec<Site>,
}

/// A function's body.
#[derive(Debug)]
pub(super) struct Body {
    /// Where the length before the body begins.
    pub(super) start: usize,
    /// From the local declarations to the final `end`.
    pub(super) contents: Range<usize>,
    /// Places that the linker may have to change, in order.
    pub(super) sites: Vec<Site>,
}

/// A place in the program that the linker may have to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Site {
    pub(super) at: Range<usize>,
    pub(super) what: What,
}

/// What is at a [`Site`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// The index of an imported function, a LEB128 operand.
    Function(u32),
    /// The same of a `call` whose result is cut to 16 bits right behind; from the operand to the end of [`ERRNO_MASK`].
    ErrnoCall(u32),
    /// A whole `memory.size`.
    MemorySize,
    /// A whole `memory.grow`.
    MemoryGrow {
        /// Bytes of the operators right before it that compute its operand from one value on the stack; 0 when they are
        /// not of a kind that can be done elsewhere.
        operand: usize,
    },
}

impl<'a> Guest<'a> {
    /// Reads and validates `module`.
    ///
    /// # Errors
    /// When it is not a valid core module, or one that can't be served: see the variants of [`LinkError`].
    pub fn inspect(module: &'a [u8]) -> Result<Self, LinkError> {
        refuse::by_preamble(module)?;
        let outline = refuse::by_sections(module)?;
        let read = read::read(module).map_err(|error| outline.explain(error));
        let (guest, bodies) = refuse::by_origin(module, read)?;
        let imports = guest.imports.len() as u32;
        let (bodies, code) = scan::scan(module, imports, guest.first_body(), bodies)?;
        Ok(Guest {
            bodies,
            requires: requires::of_sections(module).with_code(code),
            ..guest
        })
    }

    /// Reads a `module` that was inspected before by what was [`found`](Self::found) then; `None`: it was another one.
    pub(crate) fn known(module: &'a [u8], found: &[u8]) -> Option<Self> {
        let (guest, bodies) = read::read_known(module).ok()?;
        let (requires, bodies) = known::decode(&guest, &bodies, found)?;
        Some(Guest {
            bodies,
            requires,
            ..guest
        })
    }

    /// What it took long to find.
    pub(crate) fn found(&self) -> Vec<u8> {
        known::encode(self.requires, &self.bodies)
    }

    /// Where the first body's length is.
    fn first_body(&self) -> usize {
        self.section(CODE).map_or(0, |code| self.count(code).end)
    }

    /// The section with this identifier (not a custom one).
    pub(super) fn section(&self, id: u8) -> Option<&Section> {
        self.sections.iter().find(|section| section.id == id)
    }

    /// Where the number of items is that a section begins with.
    pub(super) fn count(&self, section: &Section) -> Range<usize> {
        leb::range(self.bytes, section.contents.start).expect("the parser has read this count")
    }

    /// The bytes at `range`.
    pub(super) fn slice(&self, range: &Range<usize>) -> &'a [u8] {
        &self.bytes[range.clone()]
    }

    /// The name of a custom section.
    pub(super) fn custom_name(&self, section: &Section) -> &'a [u8] {
        self.slice(&section.name)
    }

    /// Every `memory.grow`, with the operators that compute its operand.
    pub(super) fn growth(&self) -> impl Iterator<Item = (&Site, &'a [u8])> {
        let sites = self.bodies.iter().flat_map(|body| &body.sites);
        sites.filter_map(|site| match site.what {
            What::MemoryGrow { operand } => {
                let operators = site.at.start - operand..site.at.start;
                Some((site, self.slice(&operators)))
            }
            _ => None,
        })
    }
}
