//! Module in, module out: the interposer is linked into a finished program.
//!
//! It is a patch, not a re-compilation. Every index space of the program is kept; the interposer's functions, types and
//! globals are appended, and only the places that name an interposed import, read the memory's size or grow it change.
//! The imports stay byte for byte the program's, unless it is to have nothing of the host's file system: then those that
//! only that needs become second ones of others. See `ARCHITECTURE.md` for the layout of the memory.

mod append;
mod assemble;
mod debug;
mod error;
mod features;
mod fold;
pub(crate) mod foreign;
mod guest;
mod hermetic;
mod inside;
mod interposer;
mod intrinsic;
mod layout;
mod leb;
mod linked;
mod merge;
mod moves;
mod names;
mod options;
mod parts;
mod patch;
mod pieces;
mod place;
mod producers;
mod region;
mod route;
mod sections;
mod segments;
mod slide;
pub(crate) mod undo;
mod validate;
mod warm;

pub use error::{LinkError, Notice};
pub use guest::Guest;
pub use interposer::Interposer;
pub(crate) use leb::padded_signed;
pub use linked::{Linked, WriteError};
pub use options::{Host, Memory, Mode, Options};
pub(crate) use sections::{code_start, read as read_sections};
pub(crate) use warm::Segment;

/// The interposer as an archive, `libwasi_vfs.a`: for those who link their programs' objects with it.
///
/// It defines the symbols that wasi-libc has for its imports. Without an image it passes each call to the host.
pub const ARCHIVE: &[u8] = include_bytes!("../../libvfs/dist/libwasi_vfs.a");

/// Links this release's interposer into `program`: the one that [`Interposer::pinned`] gives for `options.writable`.
/// A program that was linked with `libwasi_vfs.a` has its own, unless `options.mode` says otherwise.
///
/// # Errors
/// When `program` is not a module that can be served; each reason is a variant of [`LinkError`].
pub fn link<'p>(program: &'p [u8], options: &Options) -> Result<Linked<'p>, LinkError> {
    link_inspected(&Guest::inspect(program)?, options)
}

/// The same for a program that was inspected before.
///
/// # Errors
/// As [`link`].
pub fn link_inspected<'p>(guest: &Guest<'p>, options: &Options) -> Result<Linked<'p>, LinkError> {
    match inside::Inside::wanted(guest, options)? {
        inside::Wanted::This(inside) => inside.link(guest, options),
        inside::Wanted::Another(notice) => {
            let interposer = Interposer::pinned(options.writable);
            let mut linked = link_guest(guest, interposer, options)?;
            linked.notices.extend(notice);
            Ok(linked)
        }
    }
}

/// Links `interposer` into a program that was inspected before.
///
/// # Errors
/// When the program has no room for the interposer, or declares a WASI function with another type than WASI.
pub fn link_guest<'p>(
    guest: &Guest<'p>,
    interposer: &Interposer,
    options: &Options,
) -> Result<Linked<'p>, LinkError> {
    let interposer = &fold::fold(interposer, fold::Known::new(guest, options));
    let route = route::Route::new(guest, interposer, options)?;
    let place = place::Place::new(guest, interposer, &route, options)?;
    assemble::assemble(guest, interposer, &route, &place, options)
}
