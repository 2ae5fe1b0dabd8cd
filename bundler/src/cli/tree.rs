//! Paths as a drawn tree.

use std::collections::BTreeMap;

use wasi_vfs::plan::{Entry, GuestPath, Plan};

use super::render::{printable, push_printable};

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

/// Every entry of a plan, parents before their children, with its name behind the strokes that lead to it.
pub(crate) fn draw(plan: &Plan, drawn: bool) -> Vec<(String, &Entry)> {
    let roots: Vec<_> = plan.roots().iter().map(GuestPath::as_str).collect();
    let entries = plan.entries().iter();
    draw_all(
        &roots,
        entries.map(|entry| (entry.path.as_str(), entry)),
        drawn,
    )
}

/// The same for anything that has paths: `roots` in their order, the others in the order given.
pub(crate) fn draw_all<'p, T: Copy>(
    roots: &[&'p str],
    entries: impl Iterator<Item = (&'p str, T)>,
    drawn: bool,
) -> Vec<(String, T)> {
    let strokes = if drawn { DRAWN } else { ASCII };
    let mut top = vec![None; roots.len()];
    let mut children: BTreeMap<&str, Vec<(&str, T)>> = BTreeMap::new();
    // What is in one directory comes in one run or few.
    let mut run: (&str, Vec<(&str, T)>) = ("", Vec::new());
    for (path, entry) in entries {
        match roots.iter().position(|root| *root == path) {
            Some(root) => top[root] = Some((path, entry)),
            None => {
                let parent = parent(path);
                if run.0 != parent {
                    let (directory, names) = std::mem::replace(&mut run, (parent, Vec::new()));
                    children.entry(directory).or_default().extend(names);
                }
                run.1.push((path, entry));
            }
        }
    }
    children.entry(run.0).or_default().extend(run.1);
    let mut lines = Vec::new();
    // A list of what is still to do instead of recursion: a path has up to 2048 names.
    let mut pending: Vec<_> = (top.into_iter().rev().flatten())
        .map(|(path, entry)| (path, entry, printable(path), Some(String::new())))
        .collect();
    while let Some((path, entry, line, indent)) = pending.pop() {
        lines.push((line, entry));
        let Some(indent) = indent else {
            continue;
        };
        let below = children.remove(path).unwrap_or_default();
        for (back, (path, entry)) in below.into_iter().rev().enumerate() {
            let (stroke, past) = match back {
                0 => (strokes.last, strokes.none),
                _ => (strokes.child, strokes.past),
            };
            let name = path.rsplit('/').next().unwrap_or(path);
            let mut line = String::with_capacity(indent.len() + stroke.len() + name.len());
            line.push_str(&indent);
            line.push_str(stroke);
            push_printable(&mut line, name);
            let leads_on = children.contains_key(path);
            let below = leads_on.then(|| [&*indent, past].concat());
            pending.push((path, entry, line, below));
        }
    }
    lines
}

/// The directory that a path without `.` and `..` is in.
fn parent(path: &str) -> &str {
    match path.rfind('/') {
        Some(0) => "/",
        Some(end) => &path[..end],
        None => ".",
    }
}
