//! What is allowed and yet likely a mistake.

use miette::Diagnostic;
use thiserror::Error;
use unicode_normalization::UnicodeNormalization as _;

use super::Plan;
use crate::path::GuestPath;

/// Something a user should know about a plan; it works all the same. Codes are stable, like those of problems.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic)]
#[diagnostic(severity(Warning))]
#[non_exhaustive]
pub enum PlanWarning {
    /// Two names of one directory differ only by case or Unicode form: some machines can't hold both.
    #[error("`{first}` and `{second}` differ only by case or Unicode form")]
    #[diagnostic(
        code(wasi_vfs::plan::similar_names),
        help("rename one of them if the tree shall also be checked out on macOS or Windows")
    )]
    SimilarNames {
        /// The smaller path.
        first: GuestPath,
        /// The other.
        second: GuestPath,
    },

    /// The manifest asks for nothing, so the program gets no file.
    #[error("the manifest asks for no file")]
    #[diagnostic(
        code(wasi_vfs::plan::empty),
        help("add a `[[mount]]` with `guest` and `source`")
    )]
    Empty,
}

pub(super) fn find(plan: &Plan) -> Vec<PlanWarning> {
    let entries = plan.entries();
    if entries.is_empty() {
        return vec![PlanWarning::Empty];
    }
    // Hashes first: folding each path is cheap, comparing them all is not.
    let mut folded: Vec<(u64, usize)> = entries
        .iter()
        .enumerate()
        .map(|(index, entry)| (hash(entry.path.as_str()), index))
        .collect();
    folded.sort_unstable();
    let mut warnings: Vec<PlanWarning> = Vec::new();
    for pair in folded.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
        let (first, second) = (&entries[pair[0].1].path, &entries[pair[1].1].path);
        // Below two similar directories everything is similar; once is enough.
        if first.parent() == second.parent() && fold(first.as_str()).eq(fold(second.as_str())) {
            warnings.push(PlanWarning::SimilarNames {
                first: first.clone(),
                second: second.clone(),
            });
        }
    }
    warnings.sort_by(|a, b| match (a, b) {
        (
            PlanWarning::SimilarNames { first: a, .. },
            PlanWarning::SimilarNames { first: b, .. },
        ) => a.cmp(b),
        _ => std::cmp::Ordering::Equal,
    });
    warnings
}

/// A path without case, in one Unicode form.
fn fold(path: &str) -> impl Iterator<Item = char> {
    path.nfd().flat_map(char::to_lowercase).nfd()
}

/// FNV-1a of the folded path.
fn hash(path: &str) -> u64 {
    const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    let step = |hash: u64, unit: u32| (hash ^ u64::from(unit)).wrapping_mul(0x0100_0000_01b3);
    match path.is_ascii() {
        true => path.bytes().fold(BASIS, |hash, byte| {
            step(hash, byte.to_ascii_lowercase().into())
        }),
        false => fold(path).fold(BASIS, |hash, c| step(hash, c.into())),
    }
}
