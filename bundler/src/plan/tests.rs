//! Plans of small trees in memory.

use std::path::Path;

use super::{EntryKind, Plan, PlanError, resolve};
use crate::manifest::{Environment, Manifest};
use crate::source::MemorySource;

const HEAD: &str = "manifest-version = 1\n[module]\ninput = 'app.wasm'\noutput = 'out.wasm'\n";

fn manifest(text: &str) -> Manifest {
    let text = format!("{HEAD}{text}");
    match Manifest::parse(
        &text,
        "wasi-vfs.toml",
        Path::new("m"),
        &Environment::default(),
    ) {
        Ok(manifest) => manifest,
        Err(error) => panic!("{:?}", miette::Report::new(error)),
    }
}

fn plan(text: &str, src: &MemorySource) -> Plan {
    match try_plan(text, src) {
        Ok(plan) => plan,
        Err(error) => panic!("{:?}", miette::Report::new(error)),
    }
}

fn try_plan(text: &str, src: &MemorySource) -> Result<Plan, PlanError> {
    resolve(&manifest(text), src)
}

/// One line an entry: kind, mode, path and what it holds.
fn lines(plan: &Plan) -> Vec<String> {
    let line = |entry: &super::Entry| match &entry.kind {
        EntryKind::Directory => format!("d{:04o} {}", entry.mode, entry.path),
        EntryKind::File { size, .. } => format!("f{:04o} {} {size}", entry.mode, entry.path),
        EntryKind::HardLink { to } => format!("h{:04o} {} = {to}", entry.mode, entry.path),
        EntryKind::Symlink { target } => format!("l{:04o} {} -> {target}", entry.mode, entry.path),
    };
    plan.entries().iter().map(line).collect()
}

#[test]
fn a_directory_is_mounted() {
    let src = MemorySource::new()
        .file("m/lib/a.py", "a")
        .file("m/lib/sub/b.py", "bb")
        .directory("m/lib/empty");
    let plan = plan("[[mount]]\nguest = '/usr/lib'\nsource = 'lib'", &src);
    assert_eq!(
        lines(&plan),
        [
            "d0755 /",
            "d0755 /usr",
            "d0755 /usr/lib",
            "f0644 /usr/lib/a.py 1",
            "d0755 /usr/lib/empty",
            "d0755 /usr/lib/sub",
            "f0644 /usr/lib/sub/b.py 2",
        ]
    );
    assert_eq!(
        plan.roots()
            .iter()
            .map(|root| root.as_str())
            .collect::<Vec<_>>(),
        ["/"]
    );
}
