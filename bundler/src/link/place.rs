//! Where everything new goes: all indices are assigned before any byte is written.

use std::collections::BTreeMap;

use wasmparser::FuncType;

use super::error::LinkError;
use super::guest::Guest;
use super::interposer::{Interposer, InterposerImport};
use super::options::{Memory, Options};
use super::region::{Region, RegionGlobals};
use super::route::{Answer, Route};
use super::segments::Joined;

/// Limits that engines agree on (the JavaScript API's implementation limits).
const MAX_FUNCTIONS: u64 = 1_000_000;
const MAX_TYPES: u64 = 1_000_000;
const MAX_GLOBALS: u64 = 1_000_000;
const MAX_DATA_SEGMENTS: u64 = 100_000;
const MAX_BODY_BYTES: u64 = 7_654_321;

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
    /// Segments of the program that become one, so that there are not too many.
    pub(super) joined: Joined,
}

/// Where the interposer goes.
#[derive(Debug)]
pub(super) struct Merged {
    /// Module's function index by interposer index, for defined functions and host calls.
    pub(super) function_of: BTreeMap<u32, u32>,
    /// Module's global index by interposer's; those that reachable functions use.
    pub(super) global_of: BTreeMap<u32, u32>,
    /// Index of the memory that the interposer's becomes, or becomes a part of.
    pub(super) memory: u32,
    /// Its part of the program's memory; `None` when it has one of its own.
    pub(super) region: Option<Region>,
}

impl Merged {
    /// How many globals are appended.
    fn globals(&self) -> u32 {
        region_globals(self.region.as_ref()) + self.global_of.len() as u32
    }
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
    /// [`Helpers::memory_grow`](super::region::Helpers::memory_grow).
    MemoryGrow,
    /// [`Region::folded_growth`]: the operators.
    FoldedGrow(Vec<u8>),
    /// [`Helpers::region_grow`](super::region::Helpers::region_grow).
    RegionGrow,
    /// Answers calls of this type that the host is not asked, always with this `errno`.
    Always(u16, FuncType),
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
        options: &Options,
    ) -> Result<Self, LinkError> {
        let mut place = Self::apart(guest);
        if route.interposes() {
            place.segment += interposer.data.len() as u32;
            place.merged = Some(place.merge(guest, interposer, route, options)?);
        }
        let excess = (u64::from(place.segment) + 1).saturating_sub(MAX_DATA_SEGMENTS);
        if let Some(joined) = Joined::new(guest, excess as u32) {
            place.segment -= joined.continued.len() as u32;
            place.joined = joined;
        }
        place.check_limits(guest)?;
        Ok(place)
    }

    /// Indices of what is appended to a program that has its interposer: of nothing yet.
    pub(super) fn apart(guest: &Guest<'_>) -> Self {
        Place {
            types: Vec::new(),
            functions: Vec::new(),
            first_function: guest.functions,
            merged: None,
            segment: guest.data_segments,
            joined: Joined::default(),
        }
    }

    fn merge(
        &mut self,
        guest: &Guest<'_>,
        interposer: &Interposer,
        route: &Route,
        options: &Options,
    ) -> Result<Merged, LinkError> {
        let mut function_of = BTreeMap::new();
        for &index in &route.reachable {
            let ty = interposer
                .function_type(index)
                .expect("a defined function has a type");
            let index_in_module = self.function(guest, ty.clone(), Source::Interposer(index));
            function_of.insert(index, index_in_module);
        }
        let reachable = route.reachable.iter();
        let defined = || reachable.clone().map(|&index| interposer.function(index));
        let grows = defined().any(|function| function.grows);
        let (memory, region) = match options.memory {
            Memory::Single => {
                let pages = interposer.pages;
                let region = Region::new(self, guest, pages, grows, options.writable)?;
                (0, Some(region))
            }
            // A program has one memory.
            Memory::Isolated => (1, None),
        };
        let mut stubs: Vec<(FuncType, u16, u32)> = Vec::new();
        for (&index, &answer) in &route.host {
            let InterposerImport::Host { ty, .. } = &interposer.imports[index as usize] else {
                continue;
            };
            let ty = &interposer.types[*ty as usize];
            let target = match answer {
                Answer::Import(import) => import,
                Answer::Always(errno) => {
                    let same =
                        |(known, says, _): &&(FuncType, u16, u32)| (known, *says) == (ty, errno);
                    match stubs.iter().find(same) {
                        Some(&(_, _, stub)) => stub,
                        None => {
                            let source = Source::Always(errno, ty.clone());
                            let stub = self.function(guest, ty.clone(), source);
                            stubs.push((ty.clone(), errno, stub));
                            stub
                        }
                    }
                }
            };
            function_of.insert(index, target);
        }
        let mut used: Vec<u32> = defined()
            .flat_map(|function| function.globals.iter().copied())
            .collect();
        used.sort_unstable();
        used.dedup();
        let first = guest.globals + region_globals(region.as_ref());
        Ok(Merged {
            function_of,
            global_of: used.into_iter().zip(first..).collect(),
            memory,
            region,
        })
    }

    pub(super) fn function(&mut self, guest: &Guest<'_>, ty: FuncType, source: Source) -> u32 {
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

    /// Checks the largest body that was patched, of so many bytes.
    pub(super) fn check_body(bytes: usize) -> Result<(), LinkError> {
        match bytes as u64 {
            count if count > MAX_BODY_BYTES => Err(LinkError::TooMany {
                what: "bytes in one function",
                count,
                limit: MAX_BODY_BYTES,
            }),
            _ => Ok(()),
        }
    }

    pub(super) fn check_limits(&self, guest: &Guest<'_>) -> Result<(), LinkError> {
        let globals = self.merged.as_ref().map_or(0, Merged::globals);
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
                u64::from(guest.globals) + u64::from(globals),
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

/// How many globals book where the interposer's region is.
fn region_globals(region: Option<&Region>) -> u32 {
    region.map_or(0, |_| RegionGlobals::COUNT)
}
