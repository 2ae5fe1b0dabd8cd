//! Who answers which call: the interposer or the host.

use std::collections::{BTreeMap, BTreeSet};

use wasmparser::FuncType;

use super::error::{LinkError, Notice};
use super::guest::{Guest, Import};
use super::hermetic::{self, Dropped};
use super::interposer::{Interposer, InterposerImport};
use super::options::{Host, Options};

/// Which calls go where.
///
/// "Interposer index" is an index of the interposer's own function index space, imports first.
#[derive(Debug)]
pub(super) struct Route {
    /// By function import of the program: the interposer index of the function that answers instead of the host.
    pub(super) interposed: Vec<Option<u32>>,
    /// Interposer indices of the defined functions that the program can reach, ascending.
    pub(super) reachable: Vec<u32>,
    /// Interposer index of the function that begins and ends a run at bundle time, when there is to be one.
    pub(super) preinit: Option<u32>,
    /// Host calls that these make, by interposer index, and who answers.
    pub(super) host: BTreeMap<u32, Answer>,
    /// Imports that nobody needs any more.
    pub(super) dropped: Option<Dropped>,
    /// What was left to the host although it has a name that the interposer answers.
    pub(super) notices: Vec<Notice>,
}

/// Who answers a call of the interposer to the host.
#[derive(Debug, Clone, Copy)]
pub(super) enum Answer {
    /// The host, through this import of the program.
    Import(u32),
    /// A function that always says the same, an `errno`.
    Always(u16),
}

/// What the interposer is told when the program can't ask the host either: not supported.
const NOSYS: u16 = 52;

impl Route {
    /// Matches the program's imports with the interposer's exports.
    ///
    /// # Errors
    /// [`LinkError::Signature`] when the program imports a file function of WASI with a type of its own.
    pub(super) fn new(
        guest: &Guest<'_>,
        interposer: &Interposer,
        options: &Options,
    ) -> Result<Self, LinkError> {
        let known = wasi_types(interposer);
        let module = guest.snapshot.module();
        let mut wasi = BTreeMap::new();
        let mut interposed = vec![None; guest.imports.len()];
        let mut notices = Vec::new();
        for (index, import) in guest
            .imports
            .iter()
            .enumerate()
            .filter(|(_, import)| import.module == module)
        {
            let name = import.name;
            if let Some(expected) = known.get(name)
                && let Err(found) = same_type(guest, import, expected)
            {
                let (name, expected) = (name.to_owned(), format!("`{expected}`"));
                // Some hosts have sockets of their own under these names; without them no program of theirs would do.
                if !(name.starts_with("fd_") || name.starts_with("path_")) {
                    notices.push(Notice::ForeignSignature {
                        module,
                        name,
                        found,
                        expected,
                    });
                    continue;
                }
                return Err(LinkError::Signature {
                    module,
                    name,
                    found,
                    expected,
                });
            }
            interposed[index] = interposer
                .exports
                .get(name)
                .copied()
                .filter(|_| wanted(name, options));
            // A second import of a name is the same function.
            wasi.entry(name).or_insert(index as u32);
        }
        let roots = || interposed.iter().flatten().copied();
        // A program without file calls has nothing to begin or end.
        let preinit = interposer.preinit;
        let preinit = preinit.filter(|_| options.preinit && roots().next().is_some());
        let (reachable, called) = reach(interposer, roots().chain(preinit));
        let hermetic = options.host == Host::None;
        let answer = |name: &str| match hermetic.then(|| hermetic::answer(name)).flatten() {
            Some(errno) => Answer::Always(errno),
            None => wasi
                .get(name)
                .map_or(Answer::Always(NOSYS), |&import| Answer::Import(import)),
        };
        let host =
            called
                .into_iter()
                .filter_map(|index| match &interposer.imports[index as usize] {
                    InterposerImport::Host { name, .. } => Some((index, answer(name))),
                    InterposerImport::Intrinsic(_) => None,
                });
        let host = host.collect();
        let mut dropped = None;
        if hermetic {
            match Dropped::new(guest, &interposed) {
                Ok(imports) => dropped = imports,
                Err(names) => notices.push(Notice::ImportsStay { module, names }),
            }
        }
        Ok(Route {
            interposed,
            reachable,
            preinit,
            host,
            dropped,
            notices,
        })
    }

    /// Every call goes where it went.
    pub(super) fn direct(guest: &Guest<'_>) -> Self {
        Route {
            preinit: None,
            interposed: vec![None; guest.imports.len()],
            reachable: Vec::new(),
            host: BTreeMap::new(),
            dropped: None,
            notices: Vec::new(),
        }
    }

    /// Notes that imports have to stay although nobody needs them.
    pub(super) fn imports_stay(&mut self, module: &'static str, names: Vec<String>) {
        self.notices.push(Notice::ImportsStay { module, names });
    }

    /// Whether the interposer answers anything at all.
    pub(super) fn interposes(&self) -> bool {
        self.interposed.iter().any(Option::is_some)
    }
}

/// Whether the image has something to say about a function that the interposer answers.
pub(super) fn wanted(name: &str, options: &Options) -> bool {
    match name {
        "environ_get" | "environ_sizes_get" => options.environment,
        "args_get" | "args_sizes_get" => options.arguments,
        _ => true,
    }
}

/// Everything that can be called from `roots`: defined functions and imports, each ascending.
fn reach(interposer: &Interposer, roots: impl Iterator<Item = u32>) -> (Vec<u32>, Vec<u32>) {
    let imports = interposer.imports.len() as u32;
    let mut seen = BTreeSet::new();
    let mut waiting: Vec<u32> = roots.collect();
    while let Some(index) = waiting.pop() {
        if seen.insert(index) && index >= imports {
            waiting.extend(&interposer.functions[(index - imports) as usize].calls);
        }
    }
    let (called, reachable) = seen.into_iter().partition(|&index| index < imports);
    (reachable, called)
}

/// The type of every WASI function that the interposer replaces or calls.
fn wasi_types(interposer: &Interposer) -> BTreeMap<&str, &FuncType> {
    let exported = interposer
        .exports
        .iter()
        .map(|(name, &index)| (name.as_str(), index));
    let imported = interposer
        .imports
        .iter()
        .zip(0..)
        .filter_map(|(import, index)| match import {
            InterposerImport::Host { name, .. } => Some((name.as_str(), index)),
            InterposerImport::Intrinsic(_) => None,
        });
    exported
        .chain(imported)
        .filter_map(|(name, index)| Some((name, interposer.function_type(index)?)))
        .collect()
}

/// Calls are patched without a look at their operands, so the types must agree; if not, the program's is returned.
fn same_type(guest: &Guest<'_>, import: &Import<'_>, expected: &FuncType) -> Result<(), String> {
    match &guest.types[import.ty as usize] {
        Some(found) if found == expected => Ok(()),
        Some(found) => Err(format!("`{found}`")),
        None => Err("another kind of type".to_owned()),
    }
}
