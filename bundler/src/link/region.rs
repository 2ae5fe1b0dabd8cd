//! The interposer's memory as a region at the top of the program's: what that takes.

use std::collections::BTreeMap;

use wasmparser::{FuncType, MemoryType, ValType};

use super::error::LinkError;
use super::guest::Guest;
use super::leb;
use super::place::{Place, Source};

/// Pages of 64 KiB in a 32-bit address space.
pub(super) const MAX_PAGES: u64 = 65536;

/// The region and what keeps it out of the program's way.
#[derive(Debug)]
pub(super) struct Region {
    pub(super) globals: RegionGlobals,
    pub(super) helpers: Helpers,
    /// By the operators before a `memory.grow`: the function that does both. A call is longer than `memory.grow`; together
    /// with `i32.const 16` and `i32.shr_u`, which wasi-libc has there, it is as long, and no code moves.
    pub(super) folded_growth: BTreeMap<Vec<u8>, u32>,
    /// The memory with the region on top.
    pub(super) memory: MemoryType,
    /// How the region moves.
    pub(super) moves: Moves,
    /// Pages that the program starts with.
    pub(super) program_pages: u32,
}

/// The globals that book where the region is; `i32`, mutable.
#[derive(Debug, Clone, Copy)]
pub(super) struct RegionGlobals {
    /// Pages that the program sees. The first appended global: below 128 its `global.get` is as long as `memory.size`.
    pub(super) pages: u32,
    /// Where the region begins, in bytes: behind these pages, and behind a gap that nobody sees.
    pub(super) base: u32,
    /// Pages of the region.
    pub(super) region: u32,
}

impl RegionGlobals {
    /// How many there are.
    pub(super) const COUNT: u32 = 3;

    fn first(index: u32) -> Self {
        RegionGlobals {
            pages: index,
            base: index + 1,
            region: index + 2,
        }
    }
}

/// Functions that keep the region on top of the memory; present when something calls them.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Helpers {
    /// Replaces the program's `memory.grow`.
    pub(super) memory_grow: Option<u32>,
    /// Replaces the interposer's `memory.grow`.
    pub(super) region_grow: Option<u32>,
}

/// How the region moves when the program grows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moves {
    /// Pages that the program may have at most: its declared maximum.
    pub(super) limit: u32,
    /// Whether it moves further than it has to, because it may be large.
    pub(super) ahead: bool,
}

impl Region {
    /// Plans the region. `grows` tells whether the interposer extends it, `large` whether it holds files' contents.
    pub(super) fn new(
        place: &mut Place,
        guest: &Guest<'_>,
        pages: u32,
        grows: bool,
        large: bool,
    ) -> Result<Self, LinkError> {
        let memory = memory_with_region(&guest.memory, pages, large)?;
        let grow = || FuncType::new([ValType::I32], [ValType::I32]);
        let mut helpers = Helpers::default();
        let mut folded_growth = BTreeMap::new();
        if guest.growth().next().is_some() {
            let index = place.function(guest, grow(), Source::MemoryGrow);
            helpers.memory_grow = Some(index);
            for (site, operators) in guest.growth() {
                let longer = 1 + leb::width(index) > site.at.len();
                if longer && !operators.is_empty() && !folded_growth.contains_key(operators) {
                    let source = Source::FoldedGrow(operators.to_vec());
                    let folded = place.function(guest, grow(), source);
                    folded_growth.insert(operators.to_vec(), folded);
                }
            }
        }
        if grows {
            helpers.region_grow = Some(place.function(guest, grow(), Source::RegionGrow));
        }
        Ok(Region {
            globals: RegionGlobals::first(guest.globals),
            helpers,
            folded_growth,
            memory,
            moves: Moves {
                limit: guest.memory.maximum.unwrap_or(MAX_PAGES) as u32,
                ahead: large,
            },
            program_pages: guest.memory.initial as u32,
        })
    }
}

/// The program's memory with `region` pages on top.
///
/// A declared maximum makes room for a small region twice: when something else has grown the memory, the region moves
/// above those pages and leaves a hole of its own size below. For a large one it is all there can be; what the program may
/// have is tested where it grows.
fn memory_with_region(
    memory: &MemoryType,
    region: u32,
    large: bool,
) -> Result<MemoryType, LinkError> {
    let initial = memory.initial + u64::from(region);
    if initial >= MAX_PAGES {
        return Err(LinkError::MemoryFull {
            pages: memory.initial,
            region,
        });
    }
    let room = |pages| match large {
        true => MAX_PAGES,
        false => MAX_PAGES.min(pages + 2 * u64::from(region)),
    };
    Ok(MemoryType {
        initial,
        maximum: memory.maximum.map(room),
        ..*memory
    })
}
