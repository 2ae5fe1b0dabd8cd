//! A plan as a drawn tree.

use std::collections::BTreeMap;

use wasi_vfs::plan::{Entry, Plan};

use super::render::printable;

/// The strokes that lead to a name.
struct Strokes {
    child: &'static str,
    last: &'static str,
    past: &'static str,
    none: &'static str,
}

const DRAWN: Strokes = Strokes {
    child: "├── ",
    last: "└── ",
    past: "│   ",
    none: "    ",
};
const ASCII: Strokes = Strokes {
    child: "|-- ",
    last: "`-- ",
    past: "|   ",
    none: "    ",
};

/// Every entry, parents before their children, with its name behind the strokes that lead to it.
pub(crate) fn draw(plan: &Plan, drawn: bool) -> Vec<(String, &Entry)> {
    let strokes = if drawn { DRAWN } else { ASCII };
    let mut lines = Vec::with_capacity(plan.entries().len());
    let (roots, mut children) = branches(plan);
    // A list of what is still to do instead of recursion: a path has up to 2048 names.
    let mut pending: Vec<_> = roots
        .into_iter()
        .rev()
        .map(|root| (root, root.path.to_string(), String::new()))
        .collect();
    while let Some((entry, line, indent)) = pending.pop() {
        lines.push((line, entry));
        let below = children.remove(entry.path.as_str()).unwrap_or_default();
        for (back, child) in below.into_iter().rev().enumerate() {
            let (stroke, past) = match back {
                0 => (strokes.last, strokes.none),
                _ => (strokes.child, strokes.past),
            };
            let name = printable(child.path.name().unwrap_or_default());
            let line = format!("{indent}{stroke}{name}");
            pending.push((child, line, format!("{indent}{past}")));
        }
    }
    lines
}

/// The roots in their order, and what is in each directory.
fn branches(plan: &Plan) -> (Vec<&Entry>, BTreeMap<String, Vec<&Entry>>) {
    let mut roots = vec![None; plan.roots().len()];
    let mut children: BTreeMap<String, Vec<&Entry>> = BTreeMap::new();
    for entry in plan.entries() {
        let root = plan.roots().iter().position(|root| *root == entry.path);
        match (root, entry.path.parent()) {
            (Some(root), _) => roots[root] = Some(entry),
            (None, Some(parent)) => children.entry(parent.to_string()).or_default().push(entry),
            (None, None) => unreachable!("BUG: `{}` has no parent and is no root", entry.path),
        }
    }
    (roots.into_iter().flatten().collect(), children)
}
