//! Paths as a drawn tree.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::render::push_printable;

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

/// One line of a drawing: an entry's name behind the strokes that lead to it.
pub(crate) struct Line<'a> {
    indent: &'a str,
    stroke: &'static str,
    name: &'a str,
}

impl Line<'_> {
    /// Writes it at the end of a text, which stays on its line.
    pub(crate) fn push_to(&self, text: &mut String) {
        text.push_str(self.indent);
        text.push_str(self.stroke);
        push_printable(text, self.name);
    }
}

/// Something that has a path.
pub(crate) trait Placed {
    /// The path, without `.` and `..`.
    fn path(&self) -> &str;
    /// Whether others may be below it.
    fn is_directory(&self) -> bool;
}

/// An entry that is still to be drawn.
struct Pending<'p, T> {
    entry: &'p T,
    /// What the strokes of what is in its directory begin with; none for a root.
    indent: Option<Rc<str>>,
    /// The last in its directory.
    last: bool,
}

/// Shows the line of every entry, parents before their children: `roots` in their order, the others in the order given.
pub(crate) fn draw<'p, T: Placed>(
    roots: &[&str],
    entries: &'p [T],
    drawn: bool,
    mut show: impl FnMut(&Line<'_>, &'p T),
) {
    let strokes = if drawn { DRAWN } else { ASCII };
    let mut top = vec![None; roots.len()];
    let mut children: BTreeMap<&str, Vec<&'p T>> = BTreeMap::new();
    // What is in one directory comes in one run or few.
    let mut run: (&str, Vec<&'p T>) = ("", Vec::new());
    for entry in entries {
        let path = entry.path();
        match roots.iter().position(|root| *root == path) {
            Some(root) => top[root] = Some(entry),
            None => {
                let parent = parent(path);
                if run.0 != parent {
                    let (directory, names) = std::mem::replace(&mut run, (parent, Vec::new()));
                    children.entry(directory).or_default().extend(names);
                }
                run.1.push(entry);
            }
        }
    }
    children.entry(run.0).or_default().extend(run.1);
    // A list of what is still to do instead of recursion: a path has up to 2048 names.
    let root = |entry| Pending {
        entry,
        indent: None,
        last: true,
    };
    let mut pending: Vec<_> = top.into_iter().rev().flatten().map(root).collect();
    while let Some(next) = pending.pop() {
        let path = next.entry.path();
        let (stroke, past) = match (&next.indent, next.last) {
            (None, _) => ("", ""),
            (Some(_), true) => (strokes.last, strokes.none),
            (Some(_), false) => (strokes.child, strokes.past),
        };
        let indent = next.indent.as_deref().unwrap_or_default();
        let name = match &next.indent {
            None => path,
            Some(_) => path.rsplit('/').next().unwrap_or(path),
        };
        let line = Line {
            indent,
            stroke,
            name,
        };
        show(&line, next.entry);
        if !next.entry.is_directory() {
            continue;
        }
        let Some(below) = children.remove(path) else {
            continue;
        };
        let indent: Rc<str> = [indent, past].concat().into();
        let below = below.into_iter().rev().enumerate();
        pending.extend(below.map(|(back, entry)| Pending {
            entry,
            indent: Some(Rc::clone(&indent)),
            last: back == 0,
        }));
    }
}

/// The directory that a path without `.` and `..` is in.
fn parent(path: &str) -> &str {
    match path.rfind('/') {
        Some(0) => "/",
        Some(end) => &path[..end],
        None => ".",
    }
}
