//! The bundler: a manifest and a program's module in, one `.wasm` out.
//!
//! Data goes forward only, one module per stage:
//!
//! * [`manifest`]: TOML as written becomes a [`Manifest`](manifest::Manifest) as meant; no file is looked at.
//! * [`plan`]: the manifest becomes a sorted list of entries, each knowing who asked for it; listings and metadata are
//!   read from a [`source`].
//! * [`image`]: the entries become the bytes that the program will read; contents stream, they are never all in memory.
//! * [`link`]: the interposer goes into the program's module, with a hole where the image will be.
//! * [`output`]: module and image together, sealed with a section that says what they are, put in place in one step.
//!
//! [`inspect`] goes the other way, from a bundle to what is in it.
//!
//! [`Job`] is the way in: from a manifest on disk to a bundle on disk, as `wasi-vfs bundle` does it. [`bundle()`] is what
//! lies between, from a [`source::Source`] into a writer. Neither prints, exits, or reads the environment.

pub mod archive;
pub mod atomic_file;
pub mod cache;
pub mod diff;
pub mod digest;
pub mod embed;
pub mod extract;
pub mod image;
pub mod inspect;
pub mod job;
pub mod layer;
pub mod link;
pub mod listing;
pub mod lock;
pub mod manifest;
pub mod module;
pub mod output;
pub mod pack;
pub mod path;
pub mod plan;
pub mod preinit;
pub mod program;
pub mod read_at;
pub mod record;
pub mod report;
pub mod requires;
pub mod sbom;
pub mod settings;
pub mod source;
pub mod unused;
pub mod verify;

mod error;
mod time;

pub use error::Error;
pub use job::{DepfileNotice, Finished, Inputs, Job, LockUse};

/// A finished bundle: what went in and what came out.
#[derive(Debug)]
pub struct Bundled {
    /// What is in it, and who asked for it.
    pub plan: plan::Plan,
    /// Its numbers and digests.
    pub sealed: output::Sealed,
    /// What the program's initializer did, if it was run.
    pub ran: Option<preinit::Ran>,
    /// Bytes of code that linking added.
    pub added_code: u64,
    /// What the user should know about the program.
    pub notices: Vec<link::Notice>,
    /// What of the manifest changes nothing for the program.
    pub unused: Vec<unused::Unused>,
}

/// Bundles the files that `manifest` asks for into `program` and writes the result to `out`.
///
/// `out` must be empty and at its start; after an error its content is of no use. The same arguments give the same bytes.
///
/// # Errors
/// The first stage that fails; a stage tells all its problems at once.
pub fn bundle<W: output::Destination>(
    manifest: &manifest::Manifest,
    program: &program::Program,
    source: &dyn source::Source,
    out: &mut W,
    progress: &dyn embed::Progress,
) -> Result<Bundled, Error> {
    // None of these waits for another. What is wrong with the files is told first.
    let (planned, inspected) = rayon::join(
        || -> Result<_, Error> {
            let plan = plan::resolve_on(manifest, source, program.layer())?;
            let image = embed::describe(&plan)?;
            // Taken apart while the program is inspected.
            let interposer = link::Interposer::pinned(plan.is_writable());
            Ok((plan, image, interposer))
        },
        || program.inspect(source.cache()),
    );
    let (plan, image, interposer) = planned?;
    let inspected = inspected?;
    let options = link_options(manifest, &plan);
    // Writing waits for the disk, and hashing the program for nobody.
    let (written, digest) = rayon::join(
        || -> Result<_, Error> {
            let linked = link::link_inspected(inspected.guest(), &options)?;
            let (unsealed, ran) = match manifest.preinit() {
                None => (output::write(&linked, image, source, out, progress)?, None),
                Some(settings) => {
                    let module = linked.to_bytes();
                    let preinit = preinit::Preinit::new(manifest, settings, &linked, &module);
                    let preinit = preinit.map_err(output::SealError::from)?;
                    let (unsealed, ran) =
                        output::write_warm(&preinit, image, source, out, progress)?;
                    (unsealed, Some(ran))
                }
            };
            Ok((linked, unsealed, ran))
        },
        || inspected.digest(),
    );
    let (linked, unsealed, ran) = written?;
    let parts = output::Parts {
        program: program.original().unwrap_or(digest),
        linked: digest,
        interposer,
    };
    let sealed = unsealed.seal(parts, out)?;
    let file_calls = !linked.notices().contains(&link::Notice::NoFileCalls);
    let unused = unused::find(program.module(), &plan, file_calls);
    Ok(Bundled {
        plan,
        sealed,
        ran,
        added_code: linked.added_code(),
        notices: linked.notices().to_vec(),
        unused,
    })
}

/// Whether `program` can be bundled.
///
/// # Errors
/// Why not.
pub fn check(program: &program::Program) -> Result<(), link::LinkError> {
    link::link(program.module(), &link::Options::default()).map(drop)
}

/// What the linker has to know of a manifest and its plan.
fn link_options(manifest: &manifest::Manifest, plan: &plan::Plan) -> link::Options {
    let start = plan.start();
    link::Options {
        mode: manifest.link().mode,
        memory: manifest.link().memory,
        host: start.host,
        requires_host: plan.mounts().iter().any(|mount| mount.required),
        writable: plan.is_writable(),
        environment: start.environment_fixed || !start.environment.is_empty(),
        arguments: !start.arguments.is_empty(),
        once: !manifest.link().rebundle,
        preinit: manifest.preinit().is_some(),
    }
}
