//! How much goes in, and whether that is too much.

use std::collections::BTreeMap;

use super::error::{Paths, PlanProblem};
use super::{Brief, Entries};
use crate::manifest::{Manifest, span};
use crate::report::display_size;

/// A problem for each limit that the entries are over.
pub(super) fn check(manifest: &Manifest, entries: &Entries) -> Vec<PlanProblem> {
    let limits = &manifest.limits;
    let mut problems = Vec::new();
    let (mut names, mut total, mut over) = (0_u64, 0_u64, false);
    for number in 0..entries.len() {
        match entries.brief(number) {
            Brief::File { size } => {
                total = total.saturating_add(size);
                over |= size > limits.file_size.value;
            }
            Brief::HardLink { .. } => {}
            _ => continue,
        }
        names += 1;
    }
    let mut files: Vec<(u64, usize)> = Vec::new();
    if over || total > limits.image_size.value {
        // Only now, because usually nothing is over.
        let all = 0..entries.len();
        files.extend(all.filter_map(|number| match entries.brief(number) {
            Brief::File { size } => Some((size, number)),
            _ => None,
        }));
        // Their numbers are in the order of their paths.
        files.sort_by(|(a, one), (b, other)| b.cmp(a).then(one.cmp(other)));
    }
    let largest = |files: &[(u64, usize)]| {
        Paths::new(
            files
                .iter()
                .map(|(size, number)| {
                    format!("`{}` ({})", entries.path(*number), display_size(*size))
                })
                .collect(),
        )
    };
    if over {
        let count = files
            .iter()
            .take_while(|(size, _)| *size > limits.file_size.value)
            .count();
        problems.push(PlanProblem::FileSize {
            limit: display_size(limits.file_size.value),
            paths: largest(&files[..count]),
            at: limits.file_size.span.as_ref().map(span),
        });
    }
    if total > limits.image_size.value {
        let limit = limits.image_size.value;
        // Just over the limit both round to the same.
        let alike = display_size(total) == display_size(limit);
        problems.push(PlanProblem::ImageSize {
            size: if alike {
                format!("{total} bytes")
            } else {
                display_size(total)
            },
            limit: if alike {
                limit.to_string()
            } else {
                display_size(limit)
            },
            paths: largest(&files[..files.len().min(5)]),
            at: limits.image_size.span.as_ref().map(span),
        });
    }
    if names > limits.files.value {
        problems.push(PlanProblem::Files {
            count: names,
            limit: limits.files.value,
            paths: fullest(entries),
            at: limits.files.span.as_ref().map(span),
        });
    }
    problems
}

/// The directories with the most files directly in them.
fn fullest(entries: &Entries) -> Paths {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for number in 0..entries.len() {
        if let Brief::File { .. } | Brief::HardLink { .. } = entries.brief(number)
            && let Some(parent) = entries.directory(number)
        {
            *counts.entry(parent.to_string()).or_default() += 1;
        }
    }
    let mut counts: Vec<(String, u64)> = counts.into_iter().collect();
    counts.sort_by(|(one, a), (other, b)| b.cmp(a).then_with(|| one.cmp(other)));
    Paths::new(
        counts
            .into_iter()
            .take(5)
            .map(|(path, count)| format!("`{path}` ({count})"))
            .collect(),
    )
}
