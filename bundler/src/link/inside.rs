//! A program that was linked with `libwasi_vfs.a`: the interposer is inside already, and lacks its image only.
//!
//! It works in the program's own memory, and was there when the program was optimized, so its functions may be anywhere and
//! have any name. What is found again is a mark in the data: with the place in the table of the function that is to read the
//! image, and how large the image is. Both are filled in; no code moves.

mod find;

use std::collections::BTreeSet;

use super::error::{LinkError, Notice};
use super::guest::{Guest, What};
use super::hermetic::{self, Dropped};
use super::interposer::Interposer;
use super::linked::Linked;
use super::options::{Host, Memory, Mode, Options};
use super::place::{Place, Source};
use super::route::{self, Route};
use super::{assemble, leb};

/// The interposer in a program.
#[derive(Debug)]
pub(super) struct Inside {
    /// Where the image's size is in the program's file: four bytes, little-endian.
    pub(super) size_at: usize,
    /// The body of the function that is to read the image: an index into [`Guest::bodies`].
    pub(super) reader: usize,
}

/// The interposer to be used.
#[derive(Debug)]
pub(super) enum Wanted {
    /// The one in the program.
    This(Inside),
    /// One that is linked into it, with something to be said about that.
    Another(Option<Notice>),
}

impl Inside {
    /// The interposer in `guest` that is to be used.
    ///
    /// # Errors
    /// When `options` want one that there is not, or something that this one can't do.
    pub(super) fn wanted(guest: &Guest<'_>, options: &Options) -> Result<Wanted, LinkError> {
        if options.mode == Mode::PostLink {
            return Ok(Wanted::Another(None));
        }
        let required = options.mode == Mode::PreLinked;
        let Some(inside) = find::find(guest)? else {
            return match required {
                true => Err(LinkError::NotPreLinked),
                false => Ok(Wanted::Another(None)),
            };
        };
        if options.preinit && !required {
            return Ok(Wanted::Another(Some(Notice::LinkedForPreinit)));
        }
        let names = calls_past(guest, options);
        if !names.is_empty() {
            return match required {
                true => Err(LinkError::CallsPast { names }),
                false => Ok(Wanted::Another(Some(Notice::LinkedAgain { names }))),
            };
        }
        match options.memory {
            Memory::Isolated => Err(LinkError::PreLinkedIsolated),
            Memory::Single => Ok(Wanted::This(inside)),
        }
    }

    /// Links: gives it its image.
    ///
    /// # Errors
    /// When a limit of engines would be passed.
    pub(super) fn link<'p>(
        self,
        guest: &Guest<'p>,
        options: &Options,
    ) -> Result<Linked<'p>, LinkError> {
        let mut route = Route::direct(guest);
        let mut place = Place::apart(guest);
        let mut functions = vec![None; guest.imports.len()];
        if options.host == Host::None {
            self.cut_off(guest, &mut route, &mut place, &mut functions);
        }
        place.check_limits(guest)?;
        assemble::fill(guest, &route, &place, functions, &self, options)
    }

    /// Lets functions of the program's own answer what would be asked of the host's file system.
    fn cut_off(
        &self,
        guest: &Guest<'_>,
        route: &mut Route,
        place: &mut Place,
        functions: &mut [Option<u32>],
    ) {
        let module = guest.snapshot.module();
        let mut stubs = Vec::new();
        for (import, function) in guest.imports.iter().zip(&mut *functions) {
            let ty = guest.types[import.ty as usize].as_ref();
            let (Some(ty), Some(errno)) = (ty, hermetic::answer(import.name)) else {
                continue;
            };
            if import.module != module {
                continue;
            }
            let same = |(known, says, _): &&(_, u16, u32)| (*known, *says) == (ty, errno);
            let stub = stubs.iter().find(same).map(|&(_, _, stub)| stub);
            *function = Some(stub.unwrap_or_else(|| {
                let stub = place.function(guest, ty.clone(), Source::Always(errno, ty.clone()));
                stubs.push((ty, errno, stub));
                stub
            }));
        }
        match Dropped::new(guest, functions) {
            Ok(dropped) => route.dropped = dropped,
            Err(names) => route.imports_stay(module, names),
        }
    }

    /// The body of the function that reads the image, from the data segment `segment`; as long as the one before, so
    /// that no other moves.
    pub(super) fn body(&self, guest: &Guest<'_>, segment: u32) -> Vec<u8> {
        const LOCAL_GET: u8 = 0x20;
        const NOP: u8 = 0x01;
        const END: u8 = 0x0b;
        // No locals; the parameters are what `memory.init` takes.
        let mut body = vec![0, LOCAL_GET, 0, LOCAL_GET, 1, LOCAL_GET, 2, 0xfc, 0x08];
        leb::write(&mut body, segment);
        body.push(0); // of the program's memory
        let size = guest.bodies[self.reader].contents.len();
        body.resize(body.len().max(size - 1), NOP);
        body.push(END);
        body
    }
}

/// What the program calls of the host's by itself, sorted: functions that the interposer in it never hears of, and that
/// the image has something to say about.
///
/// It calls these by way of the table, so that a direct call is the program's: that of a language which declares WASI's
/// functions itself and not by wasi-libc's names.
fn calls_past(guest: &Guest<'_>, options: &Options) -> Vec<String> {
    let sites = guest.bodies.iter().flat_map(|body| &body.sites);
    let called: BTreeSet<u32> = sites
        .filter_map(|site| match site.what {
            What::Function(index) | What::ErrnoCall(index) => Some(index),
            What::MemorySize | What::MemoryGrow { .. } => None,
        })
        .collect();
    let answers: BTreeSet<&str> = Interposer::pinned(true).answers().collect();
    let imports = called.iter().map(|&index| &guest.imports[index as usize]);
    let names = imports
        .filter(|import| import.module == guest.snapshot.module())
        .filter(|import| answers.contains(import.name) && route::wanted(import.name, options));
    let names: BTreeSet<String> = names.map(|import| import.name.to_owned()).collect();
    names.into_iter().collect()
}
