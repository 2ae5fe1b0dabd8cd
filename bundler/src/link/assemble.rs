//! The output, section by section: the program's bytes, patched, with what is appended.

use std::borrow::Cow;

use super::append::Appendix;
use super::debug;
use super::error::{LinkError, Notice};
use super::features;
use super::guest::{Guest, Section, Snapshot};
use super::hermetic::Dropped;
use super::inside::Inside;
use super::interposer::Interposer;
use super::layout::{CODE, CUSTOM, DATA, DATA_COUNT, IMPORT, MEMORY, place_for};
use super::leb;
use super::linked::{Holes, Linked};
use super::moves::Moves;
use super::names::Names;
use super::options::Options;
use super::parts::Parts;
use super::patch::{self, Patches};
use super::pieces::Pieces;
use super::place::Place;
use super::producers;
use super::route::Route;
use super::undo::{self, Pair, Undo};
use super::validate;

/// Writes the linked module, and validates it.
///
/// # Errors
/// [`LinkError::TooMany`] when a function becomes too large; [`LinkError::Bug`]: the program was valid, so the linker is wrong.
pub(super) fn assemble<'p>(
    guest: &Guest<'p>,
    interposer: &Interposer,
    route: &Route,
    place: &Place,
    options: &Options,
) -> Result<Linked<'p>, LinkError> {
    let patches = Patches::new(route, place);
    let mut assembly = Assembly::new(guest, Some(interposer), route, place, patches);
    Place::check_body(assembly.parts.code.largest)?;
    let preinit = route.preinit.zip(place.merged.as_ref());
    assembly.preinit = preinit.map(|(own, merged)| merged.function_of[&own]);
    if !route.interposes() {
        assembly.notices.push(Notice::NoFileCalls);
    }
    assembly.module();
    assembly.finish(options)
}

/// The same of a module that has its interposer, with an image for it; `functions` are what imports become.
///
/// # Errors
/// As [`assemble`].
pub(super) fn fill<'p>(
    guest: &Guest<'p>,
    route: &Route,
    place: &Place,
    functions: Vec<Option<u32>>,
    inside: &Inside,
    options: &Options,
) -> Result<Linked<'p>, LinkError> {
    let body = inside.body(guest, place.segment);
    let patches = Patches::inside(functions, (inside.reader, body));
    let mut assembly = Assembly::new(guest, None, route, place, patches);
    assembly.size_at = Some(inside.size_at);
    assembly.module();
    assembly.finish(options)
}

/// A section of the output: one of the program, or one that it lacks.
enum Step<'a> {
    Program(&'a Section),
    New(u8),
}

struct Assembly<'a, 'p> {
    parts: Parts<'a, 'p>,
    preinit: Option<u32>,
    place: &'a Place,
    dropped: Option<&'a Dropped>,
    /// Debug information of code that has moved.
    debug: debug::Sections<'p>,
    names: Names,
    out: Pieces<'p>,
    /// What was written up to the hole, once it was reached.
    before: Option<Pieces<'p>>,
    holes: Holes,
    /// Where the contents of the code section begin.
    code_at: usize,
    /// The sections that validity is a question of.
    sections: Vec<validate::Section>,
    /// Where in the program's data the image's size is kept.
    size_at: Option<usize>,
    added_code: u64,
    /// Sections that described code which has moved.
    left_out: Vec<String>,
    /// The program's other sections.
    pairs: Vec<Pair>,
    notices: Vec<Notice>,
    named: bool,
    produced: bool,
}

impl<'a, 'p> Assembly<'a, 'p> {
    fn new(
        guest: &'a Guest<'p>,
        interposer: Option<&Interposer>,
        route: &'a Route,
        place: &'a Place,
        patches: Patches<'a>,
    ) -> Self {
        let appendix = Appendix::new(interposer, place);
        let code = patch::code(guest, &patches, count_width(guest, &appendix));
        let debug = match code.moved {
            true => moved_debug(guest, &code.moves),
            false => debug::Sections::new(),
        };
        Assembly {
            parts: Parts {
                guest,
                code,
                patches,
                appendix,
                joined: &place.joined,
            },
            debug,
            preinit: None,
            place,
            dropped: route.dropped.as_ref(),
            names: Names::new(interposer, route, place),
            out: Pieces::new(guest.bytes),
            before: None,
            holes: Holes::default(),
            code_at: 0,
            sections: Vec::new(),
            size_at: None,
            added_code: 0,
            left_out: Vec::new(),
            pairs: Vec::new(),
            notices: route.notices.clone(),
            named: false,
            produced: false,
        }
    }

    fn module(&mut self) {
        self.out.program(0..8);
        let steps = self.steps();
        let is_custom =
            |step: &Step<'_>| matches!(step, Step::Program(section) if section.id == CUSTOM);
        let tail = steps.iter().rposition(|step| !is_custom(step));
        for (index, step) in steps.into_iter().enumerate() {
            match step {
                Step::Program(section) if section.id == CUSTOM => {
                    if tail.is_none_or(|last| index > last) {
                        self.lacking_before(section);
                    }
                    let start = self.position();
                    self.custom(section);
                    self.note(section, start);
                }
                Step::Program(section) => {
                    let start = self.position();
                    self.section(section.id, Some(section));
                    self.note(section, start);
                }
                Step::New(id) => self.section(id, None),
            }
        }
        self.put_names();
        self.put_producers();
    }

    /// How many bytes of the output are written, its image not counted.
    fn position(&self) -> usize {
        self.before.as_ref().map_or(0, Pieces::len) + self.out.len()
    }

    /// Notes what has become of a section, which was written from `start` on; nothing when it was left out.
    fn note(&mut self, section: &Section, start: usize) {
        let linked = start..self.position();
        if linked.is_empty() {
            return;
        }
        let code = self.parts.appendix.items(CODE);
        self.pairs.push(Pair {
            id: section.id,
            program: section.start..section.contents.end,
            linked,
            appended: match section.id {
                CODE => code.map_or(0, |items| items.bytes.len()),
                _ => 0,
            },
        });
    }

    /// Writes what the program lacks and has its place before this section: LLVM's tools read `name`, `producers` and
    /// `target_features` in this order only.
    fn lacking_before(&mut self, section: &Section) {
        let guest = self.parts.guest;
        let lacks = |name: &[u8]| {
            let mut custom = guest.sections.iter().filter(|it| it.id == CUSTOM);
            !custom.any(|it| guest.custom_name(it) == name)
        };
        let name = guest.custom_name(section);
        let features = name == b"target_features";
        if (features || name == b"producers") && lacks(b"name") {
            self.put_names();
        }
        if features && lacks(b"producers") {
            self.put_producers();
        }
    }

    fn put_names(&mut self) {
        if !std::mem::replace(&mut self.named, true) {
            let names = self.names.section();
            self.put_custom(b"name", names);
        }
    }

    fn put_producers(&mut self) {
        if !std::mem::replace(&mut self.produced, true) {
            self.put_custom(b"producers", producers::section());
        }
    }

    fn steps(&self) -> Vec<Step<'a>> {
        let guest: &'a Guest<'p> = self.parts.guest;
        let mut steps: Vec<Step<'_>> = guest.sections.iter().map(Step::Program).collect();
        let lacking = self
            .parts
            .appendix
            .sections()
            .chain([DATA_COUNT])
            .filter(|&id| guest.section(id).is_none());
        for id in lacking {
            let ids: Vec<u8> = steps
                .iter()
                .map(|step| match step {
                    Step::Program(section) => section.id,
                    Step::New(id) => *id,
                })
                .collect();
            steps.insert(place_for(id, &ids), Step::New(id));
        }
        steps
    }

    /// Writes a section that is not a custom one.
    fn section(&mut self, id: u8, section: Option<&Section>) {
        let start = self.position();
        match id {
            IMPORT => self.imports(section.expect("imports are the program's")),
            MEMORY => self.memory(section),
            DATA_COUNT => {
                let mut contents = Vec::new();
                leb::write(&mut contents, self.place.segment + 1);
                self.put(id, &contents);
            }
            DATA => self.data(section),
            _ => self.extended(id, section),
        }
        let linked = start..self.position();
        self.sections.push(validate::Section { id, linked });
    }

    fn imports(&mut self, section: &Section) {
        match self.dropped {
            Some(dropped) => {
                let contents = dropped.section(self.parts.guest, section);
                self.put(IMPORT, &contents);
            }
            None => self.copy(section),
        }
    }

    /// Writes a section with what is appended to it; as it is when nothing is.
    fn extended(&mut self, id: u8, section: Option<&Section>) {
        if let Some(section) = section
            && self.parts.keeps(section)
        {
            self.copy(section);
            return;
        }
        let contents = self.parts.contents(id, section);
        let size = contents.len();
        header(&mut self.out, id, size);
        let start = self.out.len();
        self.out.append(contents);
        if id == CODE {
            self.code_at = start;
            let program = section.map_or(0, |section| section.contents.len());
            self.added_code = (size - program) as u64;
            let added = self
                .parts
                .appendix
                .items(CODE)
                .map_or(0, |items| items.bytes.len());
            let first = self.out.len() - added;
            let inside = self.parts.appendix.image_size_at.iter();
            self.holes.image_size_at = inside.map(|at| first + at).collect();
        }
    }

    /// Writes a section of the program as it is.
    fn copy(&mut self, section: &Section) {
        self.out.program(section.start..section.contents.end);
    }

    /// Whether the interposer has a memory of its own.
    fn isolated(&self) -> bool {
        let merged = self.place.merged.as_ref();
        merged.is_some_and(|merged| merged.region.is_none())
    }

    fn memory(&mut self, section: Option<&Section>) {
        let merged = self.place.merged.as_ref();
        let Some(region) = merged.and_then(|merged| merged.region.as_ref()) else {
            self.extended(MEMORY, section);
            return;
        };
        let memory = &region.memory;
        let mut contents = vec![1, u8::from(memory.maximum.is_some())];
        for pages in [Some(memory.initial), memory.maximum].into_iter().flatten() {
            leb::write(&mut contents, pages as u32);
        }
        self.put(MEMORY, &contents);
    }

    /// Writes the data section up to the image, and splits the output there.
    fn data(&mut self, section: Option<&Section>) {
        let contents = self.parts.contents(DATA, section);
        self.holes.section_size =
            u32::try_from(contents.len()).expect("a program's data is smaller than its file");
        self.out.bytes(&[DATA]);
        self.holes.section_size_at = self.out.len();
        self.out.bytes(&leb::padded(self.holes.section_size));
        if let (Some(size_at), Some(section)) = (self.size_at, section) {
            // In front of the segment that is appended come the program's own as they were.
            let appended = self.parts.appendix.items(DATA);
            let end = contents.len() - appended.map_or(0, |items| items.bytes.len());
            let from_end = section.contents.end - size_at;
            self.holes.image_size_word_at = Some(self.out.len() + end - from_end);
        }
        self.out.append(contents);
        // The image's segment is the last one and ends with its length.
        self.holes.segment_size_at = self.out.len() - leb::PADDED;
        let after = Pieces::new(self.parts.guest.bytes);
        self.before = Some(std::mem::replace(&mut self.out, after));
    }

    fn custom(&mut self, section: &Section) {
        let name = self.parts.guest.custom_name(section);
        let contents = self
            .parts
            .guest
            .slice(&(section.name.end..section.contents.end));
        match self.debug.remove(name) {
            Some(Cow::Borrowed(_)) => return self.copy(section),
            Some(Cow::Owned(contents)) => return self.put_custom(name, contents),
            None => {}
        }
        let first = |seen: &mut bool| !std::mem::replace(seen, true);
        let (extended, instead) = match name {
            b"name" if first(&mut self.named) => {
                (self.names.extend(contents), Some(self.names.section()))
            }
            b"producers" if first(&mut self.produced) => {
                (producers::extend(contents), Some(producers::section()))
            }
            _ if is_relocation(name) => return,
            b"target_features" => (features::extend(contents, self.isolated()), None),
            _ if describes_offsets(name) && self.parts.code.moved
                || name == b"sourceMappingURL" =>
            {
                self.left_out
                    .push(String::from_utf8_lossy(name).into_owned());
                return;
            }
            _ => {
                self.copy(section);
                return;
            }
        };
        if extended.is_none() {
            let section = String::from_utf8_lossy(name).into_owned();
            self.notices.push(Notice::CustomMalformed { section });
        }
        if let Some(contents) = extended.or(instead) {
            self.put_custom(name, contents);
        }
    }

    /// Appends a custom section.
    fn put_custom(&mut self, name: &[u8], contents: Vec<u8>) {
        let mut named = Vec::new();
        leb::write(&mut named, name.len() as u32);
        named.extend_from_slice(name);
        header(&mut self.out, CUSTOM, named.len() + contents.len());
        self.out.bytes(&named);
        self.out.own(contents);
    }

    /// Appends another section.
    fn put(&mut self, id: u8, contents: &[u8]) {
        header(&mut self.out, id, contents.len());
        self.out.bytes(contents);
    }

    fn finish(mut self, options: &Options) -> Result<Linked<'p>, LinkError> {
        if !self.left_out.is_empty() {
            self.notices.push(Notice::DebugDropped {
                sections: self.left_out,
            });
        }
        let size_word = self.size_at.zip(self.holes.image_size_word_at);
        let mut linked = Linked {
            before: self.before.expect("the data section was written"),
            after: self.out,
            code_at: self.code_at,
            undo: None,
            requires: self.parts.guest.requires,
            once: options.once,
            holes: self.holes,
            segment: self.place.segment,
            added_code: self.added_code,
            pre_linked: self.size_at.is_some(),
            preinit: self.preinit,
            first_function: self.place.first_function,
            unstable: self.parts.guest.snapshot == Snapshot::Zero,
            notices: self.notices,
        };
        let parts = &self.parts;
        let (valid, undo) = rayon::join(
            || validate::validate(&linked, &self.sections, parts, options),
            || {
                let sides = undo::Sides {
                    before: &linked.before,
                    after: &linked.after,
                };
                let undo = || Undo::new(parts.guest, &sides, &self.pairs, size_word);
                (!options.once).then(undo)
            },
        );
        valid?;
        linked.undo = undo;
        Ok(linked)
    }
}

/// Bytes of the function count in front of the bodies.
fn count_width(guest: &Guest<'_>, appendix: &Appendix) -> usize {
    let before = guest
        .section(CODE)
        .map_or(0, |code| guest.count(code).len());
    let added = appendix.items(CODE).map_or(0, |items| items.count);
    leb::width(guest.bodies.len() as u32 + added).max(before)
}

/// The program's DWARF with the places that its code has now; nothing when that can't be had.
fn moved_debug<'p>(guest: &Guest<'p>, moves: &Moves) -> debug::Sections<'p> {
    let mut sections = debug::Sections::new();
    for section in guest.sections.iter().filter(|it| it.id == CUSTOM) {
        let name = guest.custom_name(section);
        if name.starts_with(b".debug_") {
            let contents = guest.slice(&(section.name.end..section.contents.end));
            if sections.insert(name, contents.into()).is_some() {
                return debug::Sections::new();
            }
        }
    }
    debug::rewrite(sections, moves).unwrap_or_default()
}

/// Appends what stands in front of a section's contents.
fn header(out: &mut Pieces<'_>, id: u8, size: usize) {
    let mut bytes = vec![id];
    leb::write(
        &mut bytes,
        u32::try_from(size).expect("a section of a program is smaller than its file"),
    );
    out.bytes(&bytes);
}

/// Whether a custom section counts bytes of the code section, or points to a file that does.
fn describes_offsets(name: &[u8]) -> bool {
    const PREFIXES: [&[u8]; 2] = [b".debug_", b"metadata.code."];
    PREFIXES.iter().any(|prefix| name.starts_with(prefix)) || name == b"external_debug_info"
}

/// Whether a custom section is what `--emit-relocs` leaves in a finished program. The places that relocations name are
/// wrong once anything is appended, and a `linking` section makes LLVM's tools take the bundle for an object file.
fn is_relocation(name: &[u8]) -> bool {
    name == b"linking" || name.starts_with(b"reloc.")
}
