//! The rooms of `src`: a room, a top-level module with everything below it, imports only from rooms below it.
//!
//! [`ROOMS`] is the order that ARCHITECTURE.md draws. Paths are read from the syntax tree, in `use` items and in
//! expressions alike. Unit tests (`tests.rs`, `tests/`, `#[cfg(test)]`) may import from anywhere: they are no part of the tool.

use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};

/// Every room, from the ground up. A room may import from any room before it, and from no other.
const ROOMS: &[&str] = &[
    // Words and values that everything uses.
    "digest",
    "path",
    "report",
    "settings",
    "time",
    // The disk, and modules as they lie there.
    "read_at",
    "atomic_file",
    "cache",
    "source",
    "module",
    // The three formats: a program, its files, what a bundle says of itself.
    "requires",
    "link",
    "image",
    "record",
    // Reading bundles and archives.
    "inspect",
    "layer",
    "archive",
    // What goes in.
    "manifest",
    "plan",
    // The stages that make a bundle.
    "program",
    "embed",
    "preinit",
    "output",
    "unused",
    // What a bundle holds, compared and recorded.
    "listing",
    "diff",
    "lock",
    // The pipeline, `bundle()`, and whole jobs.
    "error",
    "lib",
    "job",
    "pack",
    "extract",
    "sbom",
    "verify",
    // The command line.
    "cli",
    "main",
];

#[test]
fn a_room_imports_only_from_rooms_below_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    for file in files(&root) {
        let place = file.strip_prefix(&root).expect("below src").to_owned();
        let room = room_of(&place);
        let Some(height) = ROOMS.iter().position(|name| *name == room) else {
            wrong.push(format!(
                "{}: `{room}` is no room of the list",
                place.display()
            ));
            continue;
        };
        for import in imports(&file) {
            let Some(other) = target(&import, &room) else {
                continue;
            };
            if other != room && ROOMS.iter().position(|name| *name == other) >= Some(height) {
                wrong.push(format!(
                    "{}: `{}` is above `{room}`, in `{}`",
                    place.display(),
                    other,
                    import.join("::"),
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn an_import_from_above_is_found_wherever_it_stands() {
    let found = |text: &str| {
        paths(&syn::parse_file(text).expect("Rust")).contains(&vec![
            "crate".to_owned(),
            "job".to_owned(),
            "Job".to_owned(),
        ])
    };
    assert!(found("use crate::job::Job;"));
    assert!(found("use crate::{path, job::{self, Job as J}};"));
    assert!(found("fn f() { let x: crate::job::Job = g(); }"));
    assert!(
        found("mod inner { fn f() { crate::job::Job::new(); } }")
            || found("fn f(x: crate::job::Job) {}")
    );
    assert!(!found("#[cfg(test)] mod tests { use crate::job::Job; }"));
    assert!(!found(
        "// use crate::job::Job;\nfn f() { \"crate::job::Job\"; }"
    ));
}

/// The room that a path leads to from `room`; `None`: it stays inside, or leaves the crate.
fn target(import: &[String], room: &str) -> Option<String> {
    let first = import.first()?;
    let own = if room == "cli" || room == "main" {
        "wasi_vfs"
    } else {
        "crate"
    };
    if first == "crate" && own == "wasi_vfs" {
        return import.get(1).filter(|name| *name == "cli").cloned();
    }
    if first != own {
        return None;
    }
    let name = import.get(1)?;
    match ROOMS.contains(&name.as_str()) {
        true => Some(name.clone()),
        // What the crate's root defines or hands on.
        false => Some("lib".to_owned()),
    }
}

fn room_of(place: &Path) -> String {
    let first = place
        .components()
        .next()
        .expect("a name")
        .as_os_str()
        .to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

/// Every source file that is no unit test.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).expect("a folder of the sources") {
        let path = entry.expect("an entry").path();
        if path.file_stem().is_some_and(|stem| stem == "tests") {
            continue;
        }
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn imports(file: &Path) -> Vec<Vec<String>> {
    let text = fs::read_to_string(file).expect("a source file");
    paths(&syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display())))
}

fn paths(file: &syn::File) -> Vec<Vec<String>> {
    let mut collector = Collector::default();
    collector.visit_file(file);
    collector.paths
}

#[derive(Default)]
struct Collector {
    paths: Vec<Vec<String>>,
}

impl<'ast> Visit<'ast> for Collector {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        let attributes = match item {
            syn::Item::Mod(item) => &item.attrs,
            syn::Item::Use(item) => &item.attrs,
            syn::Item::Fn(item) => &item.attrs,
            _ => return visit::visit_item(self, item),
        };
        if !attributes.iter().any(is_test) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.tree(&item.tree, &mut Vec::new());
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.paths.push(
            path.segments
                .iter()
                .map(|segment| segment.ident.to_string())
                .collect(),
        );
        visit::visit_path(self, path);
    }
}

impl Collector {
    fn tree(&mut self, tree: &syn::UseTree, before: &mut Vec<String>) {
        match tree {
            syn::UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.tree(&path.tree, before);
                before.pop();
            }
            syn::UseTree::Group(group) => {
                for item in &group.items {
                    self.tree(item, before);
                }
            }
            syn::UseTree::Name(name) => self
                .paths
                .push([&before[..], &[name.ident.to_string()]].concat()),
            syn::UseTree::Rename(name) => self
                .paths
                .push([&before[..], &[name.ident.to_string()]].concat()),
            syn::UseTree::Glob(_) => self.paths.push(before.clone()),
        }
    }
}

/// Whether it is `#[cfg(test)]` or `#[test]`.
fn is_test(attribute: &syn::Attribute) -> bool {
    let path = attribute.path();
    path.is_ident("test")
        || path.is_ident("cfg")
            && attribute
                .parse_args::<syn::Path>()
                .is_ok_and(|argument| argument.is_ident("test"))
}
