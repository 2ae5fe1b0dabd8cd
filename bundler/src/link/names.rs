//! The `name` section: what debuggers and profilers call the appended functions.

use super::interposer::Interposer;
use super::leb;
use super::place::{Place, Source};
use super::region::Region;
use super::route::Route;

/// Subsections that get entries.
const FUNCTIONS: u8 = 1;
const MEMORIES: u8 = 6;
const GLOBALS: u8 = 7;
const DATA: u8 = 9;

/// Names of everything that is appended, by index.
#[derive(Debug)]
pub(super) struct Names {
    /// Subsection identifier, first new index and the entries, ascending.
    subsections: [(u8, Vec<(u32, String)>); 4],
    /// Functions of the program that are no more, ascending.
    dropped: Vec<u32>,
    /// Data segments of the program that are part of the one before them now, ascending.
    continued: Vec<u32>,
}

impl Names {
    pub(super) fn new(interposer: Option<&Interposer>, route: &Route, place: &Place) -> Self {
        const PLACED: &str = "what is placed from an interposer has one";
        let functions =
            place
                .functions
                .iter()
                .zip(place.first_function..)
                .map(|(function, index)| {
                    let name = match &function.source {
                        Source::Interposer(own) => own_name(interposer.expect(PLACED), *own),
                        Source::MemoryGrow => "memory_grow".to_owned(),
                        Source::FoldedGrow(operators) => {
                            let hex = operators.iter().map(|byte| format!("{byte:02x}"));
                            format!("memory_grow.{}", hex.collect::<String>())
                        }
                        Source::RegionGrow => "region_grow".to_owned(),
                        Source::Always(errno, ty) => {
                            let params: Vec<String> =
                                ty.params().iter().map(ToString::to_string).collect();
                            format!("errno.{errno}({})", params.join(","))
                        }
                    };
                    (index, format!("wasi_vfs::{name}"))
                });
        let (mut memories, mut globals) = (Vec::new(), Vec::new());
        if let Some(merged) = &place.merged {
            match &merged.region {
                Some(Region { globals: own, .. }) => {
                    for (index, name) in [
                        (own.pages, "pages"),
                        (own.base, "base"),
                        (own.region, "region"),
                    ] {
                        globals.push((index, format!("wasi_vfs::{name}")));
                    }
                }
                None => memories.push((merged.memory, "wasi_vfs::memory".to_owned())),
            }
            for (own, &index) in &merged.global_of {
                let name = interposer
                    .expect(PLACED)
                    .global_names
                    .get(own)
                    .cloned()
                    .unwrap_or_else(|| format!("g{own}"));
                globals.push((index, format!("wasi_vfs::{name}")));
            }
        }
        let data = vec![(place.segment, "wasi_vfs::image".to_owned())];
        Names {
            subsections: [
                (FUNCTIONS, functions.collect()),
                (MEMORIES, memories),
                (GLOBALS, globals),
                (DATA, data),
            ],
            dropped: route
                .dropped
                .as_ref()
                .map_or(Vec::new(), |dropped| dropped.imports.clone()),
            continued: place.joined.continued.clone(),
        }
    }

    /// The contents of a section with these names alone.
    pub(super) fn section(&self) -> Vec<u8> {
        self.extend(&[]).expect("nothing is well formed")
    }

    /// The contents of the program's section with these names appended; `None` when it is malformed.
    pub(super) fn extend(&self, section: &[u8]) -> Option<Vec<u8>> {
        let mut out = Vec::with_capacity(section.len() + 4096);
        let mut new = self
            .subsections
            .iter()
            .filter(|(_, entries)| !entries.is_empty())
            .peekable();
        let mut at = 0;
        while at < section.len() {
            let id = section[at];
            at += 1;
            let size = leb::read(section, &mut at)? as usize;
            let contents = section.get(at..at.checked_add(size)?)?;
            at += size;
            while let Some((own, entries)) = new.next_if(|(own, _)| *own < id) {
                subsection(&mut out, *own, &map(&[], Some, entries)?);
            }
            match new.next_if(|(own, _)| *own == id) {
                Some((_, entries)) => {
                    let index = |index| self.index(id, index);
                    subsection(&mut out, id, &map(contents, index, entries)?);
                }
                None => subsection(&mut out, id, contents),
            }
        }
        for (own, entries) in new {
            subsection(&mut out, *own, &map(&[], Some, entries)?);
        }
        Some(out)
    }
}

impl Names {
    /// What an index of the program is now; `None`: what it stood for is no more.
    fn index(&self, subsection: u8, index: u32) -> Option<u32> {
        match subsection {
            FUNCTIONS => self.dropped.binary_search(&index).is_err().then_some(index),
            DATA => match self.continued.binary_search(&index) {
                Ok(_) => None,
                Err(below) => Some(index - below as u32),
            },
            _ => Some(index),
        }
    }
}

/// The name of an interposer's function: what it replaces, else its own, else its number.
fn own_name(interposer: &Interposer, index: u32) -> String {
    let exported = interposer
        .exports
        .iter()
        .find(|(_, export)| **export == index)
        .map(|(name, _)| name.clone());
    exported
        .or_else(|| interposer.names.get(&index).cloned())
        .unwrap_or_else(|| format!("f{index}"))
}

fn subsection(out: &mut Vec<u8>, id: u8, contents: &[u8]) {
    out.push(id);
    leb::write(out, contents.len() as u32);
    out.extend_from_slice(contents);
}

/// A name map with `entries` behind its own, which must be sorted and lie below them; `now` is what an index has become,
/// `None` when it is no more.
fn map(own: &[u8], now: impl Fn(u32) -> Option<u32>, entries: &[(u32, String)]) -> Option<Vec<u8>> {
    let mut at = 0;
    let count = if own.is_empty() {
        0
    } else {
        leb::read(own, &mut at)?
    };
    let (mut kept, mut own_entries) = (0, Vec::new());
    let limit = entries.first()?.0;
    let mut previous = None;
    for _ in 0..count {
        let index = leb::read(own, &mut at)?;
        let now = now(index);
        if now.is_some_and(|now| now >= limit) || previous.is_some_and(|previous| index <= previous)
        {
            return None;
        }
        previous = Some(index);
        let start = at;
        let length = leb::read(own, &mut at)? as usize;
        let end = at.checked_add(length)?;
        std::str::from_utf8(own.get(at..end)?).ok()?;
        at = end;
        if let Some(now) = now {
            kept += 1;
            leb::write(&mut own_entries, now);
            own_entries.extend_from_slice(&own[start..end]);
        }
    }
    if at != own.len() {
        return None;
    }
    let mut out = Vec::with_capacity(own.len() + 32 * entries.len());
    leb::write(&mut out, kept + entries.len() as u32);
    out.extend(own_entries);
    for (index, name) in entries {
        leb::write(&mut out, *index);
        leb::write(&mut out, name.len() as u32);
        out.extend_from_slice(name.as_bytes());
    }
    Some(out)
}
