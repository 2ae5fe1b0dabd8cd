//! Where everything new goes: all indices are assigned before any byte is written.

use std::collections::BTreeMap;

use wasmparser::{FuncType, MemoryType, ValType};

use super::error::LinkError;
use super::guest::{Guest, Snapshot};
use super::interposer::{Interposer, InterposerImport};
use super::leb;
use super::route::Route;

/// Pages of 64 KiB in a 32-bit address space.
pub(super) const MAX_PAGES: u64 = 65536;

/// Limits that engines agree on (the JavaScript API's implementation limits).
const MAX_FUNCTIONS: u64 = 1_000_000;
const MAX_TYPES: u64 = 1_000_000;
const MAX_GLOBALS: u64 = 1_000_000;
const MAX_DATA_SEGMENTS: u64 = 100_000;

/// The indices of what is appended to the program's index spaces.
#[derive(Debug)]
pub(super) struct Place {
    /// Types that the program lacks, in index order.
    pub(super) types: Vec<FuncType>,
    /// Functions, in index order.
    pub(super) functions: Vec<Appended>,
    /// Index of the first appended function.
    pub(super) first_function: u32,
    /// The interposer's part; `None` when no call is interposed.
    pub(super) merged: Option<Merged>,
    /// The data segment of the image, the last one.
    pub(super) segment: u32,
}

/// Where the interposer goes.
#[derive(Debug)]
pub(super) struct Merged {
    /// Module's function index by interposer index, for defined functions and host calls.
    pub(super) function_of: BTreeMap<u32, u32>,
    /// Module's global index by interposer's; those that reachable functions use.
    pub(super) global_of: BTreeMap<u32, u32>,
    pub(super) globals: RegionGlobals,
    pub(super) helpers: Helpers,
    /// By the operators before a `memory.grow`: the function that does both. A call is longer than `memory.grow`; together
    /// with `i32.const 16` and `i32.shr_u`, which wasi-libc has there, it is as long, and no code moves.
    pub(super) folded_growth: BTreeMap<Vec<u8>, u32>,
    /// The memory with the region on top.
    pub(super) memory: MemoryType,
    /// Pages that the program may have at most: its declared maximum.
    pub(super) limit: u32,
    /// Pages that the program starts with.
    pub(super) program_pages: u32,
    /// The WASI that the program speaks.
    pub(super) snapshot: Snapshot,
}

/// The globals that book where the region is; `i32`, mutable.
#[derive(Debug, Clone, Copy)]
pub(super) struct RegionGlobals {
    /// Pages that the program sees. The first appended global: below 128 its `global.get` is as long as `memory.size`.
    pub(super) pages: u32,
    /// Where the region begins, in bytes: `pages << 16`.
    pub(super) base: u32,
    /// Pages of the region.
    pub(super) region: u32,
}

/// Functions that keep the region on top of the memory; present when something calls them.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Helpers {
    /// Replaces the program's `memory.grow`.
    pub(super) memory_grow: Option<u32>,
    /// Replaces the interposer's `memory.grow`.
    pub(super) region_grow: Option<u32>,
}

/// An appended function.
#[derive(Debug)]
pub(super) struct Appended {
    /// Its type's index.
    pub(super) ty: u32,
    pub(super) source: Source,
}

/// Where the body of an appended function comes from.
#[derive(Debug)]
pub(super) enum Source {
    /// From the interposer: its index there.
    Interposer(u32),
    /// [`Helpers::memory_grow`].
    MemoryGrow,
    /// [`Merged::folded_growth`]: the operators.
    FoldedGrow(Vec<u8>),
    /// [`Helpers::region_grow`].
    RegionGrow,
    /// Answers a call of this type that the host of this program does not.
    NoSys(FuncType),
}

impl Place {
    /// Assigns all indices.
    ///
    /// # Errors
    /// When a limit of engines would be passed, or the memory has no room for the region.
    pub(super) fn new(
        guest: &Guest<'_>,
        interposer: &Interposer,
        route: &Route,
    ) -> Result<Self, LinkError> {
        let mut place = Place {
            types: Vec::new(),
            functions: Vec::new(),
            first_function: guest.functions,
            merged: None,
            segment: guest.data_segments,
        };
        if route.interposes() {
            place.segment += interposer.data.len() as u32;
            place.merged = Some(place.merge(guest, interposer, route)?);
        }
        place.check_limits(guest)?;
        Ok(place)
    }

    fn merge(
        &mut self,
        guest: &Guest<'_>,
        interposer: &Interposer,
        route: &Route,
    ) -> Result<Merged, LinkError> {
        let (memory, limit) = memory_with_region(&guest.memory, interposer.pages)?;
        let mut function_of = BTreeMap::new();
        for &index in &route.reachable {
            let ty = interposer
                .function_type(index)
                .expect("a defined function has a type");
            function_of.insert(
                index,
                self.function(guest, ty.clone(), Source::Interposer(index)),
            );
        }
        let defined = || {
            route
                .reachable
                .iter()
                .map(|&index| interposer.function(index))
        };
        let grow = || FuncType::new([ValType::I32], [ValType::I32]);
        let mut helpers = Helpers::default();
        let mut folded_growth = BTreeMap::new();
        if guest.growth().next().is_some() {
            let index = self.function(guest, grow(), Source::MemoryGrow);
            helpers.memory_grow = Some(index);
            for (site, operators) in guest.growth() {
                let longer = 1 + leb::width(index) > site.at.len();
                if longer && !operators.is_empty() && !folded_growth.contains_key(operators) {
                    let source = Source::FoldedGrow(operators.to_vec());
                    let folded = self.function(guest, grow(), source);
                    folded_growth.insert(operators.to_vec(), folded);
                }
            }
        }
        if defined().any(|function| function.grows) {
            helpers.region_grow = Some(self.function(guest, grow(), Source::RegionGrow));
        }
        let mut stubs: Vec<(FuncType, u32)> = Vec::new();
        for (&index, &import) in &route.host {
            let InterposerImport::Host { ty, .. } = &interposer.imports[index as usize] else {
                continue;
            };
            let ty = &interposer.types[*ty as usize];
            let stub = stubs
                .iter()
                .find(|(known, _)| known == ty)
                .map(|&(_, stub)| stub);
            let target = import.or(stub).unwrap_or_else(|| {
                let stub = self.function(guest, ty.clone(), Source::NoSys(ty.clone()));
                stubs.push((ty.clone(), stub));
                stub
            });
            function_of.insert(index, target);
        }
        let first = guest.globals;
        let globals = RegionGlobals {
            pages: first,
            base: first + 1,
            region: first + 2,
        };
        let mut used: Vec<u32> = defined()
            .flat_map(|function| function.globals.iter().copied())
            .collect();
        used.sort_unstable();
        used.dedup();
        let global_of = used.into_iter().zip(first + 3..).collect();
        let program_pages = guest.memory.initial as u32;
        Ok(Merged {
            folded_growth,
            function_of,
            global_of,
            globals,
            helpers,
            memory,
            limit,
            program_pages,
            snapshot: guest.snapshot,
        })
    }

    fn function(&mut self, guest: &Guest<'_>, ty: FuncType, source: Source) -> u32 {
        let ty = self.type_index(guest, ty);
        self.functions.push(Appended { ty, source });
        self.first_function + (self.functions.len() - 1) as u32
    }

    /// The index of an equal type of the program, or of one that was or is now appended.
    fn type_index(&mut self, guest: &Guest<'_>, ty: FuncType) -> u32 {
        let first = guest.types.len();
        if let Some(index) = guest
            .types
            .iter()
            .position(|known| known.as_ref() == Some(&ty))
        {
            return index as u32;
        }
        let appended = self
            .types
            .iter()
            .position(|known| *known == ty)
            .unwrap_or_else(|| {
                self.types.push(ty);
                self.types.len() - 1
            });
        (first + appended) as u32
    }

    fn check_limits(&self, guest: &Guest<'_>) -> Result<(), LinkError> {
        let globals = self
            .merged
            .as_ref()
            .map_or(0, |merged| 3 + merged.global_of.len());
        let counts = [
            (
                "functions",
                u64::from(guest.functions) + self.functions.len() as u64,
                MAX_FUNCTIONS,
            ),
            (
                "types",
                (guest.types.len() + self.types.len()) as u64,
                MAX_TYPES,
            ),
            (
                "globals",
                u64::from(guest.globals) + globals as u64,
                MAX_GLOBALS,
            ),
            (
                "data segments",
                u64::from(self.segment) + 1,
                MAX_DATA_SEGMENTS,
            ),
        ];
        match counts.into_iter().find(|(_, count, limit)| count > limit) {
            Some((what, count, limit)) => Err(LinkError::TooMany { what, count, limit }),
            None => Ok(()),
        }
    }
}

/// The program's memory with `region` pages on top, and the pages that the program may have at most.
///
/// A declared maximum makes room for the region twice: when something else has grown the memory, the region moves
/// above those pages and leaves a hole of its own size below.
fn memory_with_region(memory: &MemoryType, region: u32) -> Result<(MemoryType, u32), LinkError> {
    let initial = memory.initial + u64::from(region);
    if initial >= MAX_PAGES {
        return Err(LinkError::MemoryFull {
            pages: memory.initial,
            region,
        });
    }
    let maximum = memory
        .maximum
        .map(|pages| MAX_PAGES.min(pages + 2 * u64::from(region)));
    let limit = memory.maximum.unwrap_or(MAX_PAGES) as u32;
    Ok((
        MemoryType {
            initial,
            maximum,
            ..*memory
        },
        limit,
    ))
}
