//! What is made from the command line's own description: `docs/cli.md`, manual pages, completions.

use std::path::Path;

use crate::tool::{Folder, compare};

#[test]
fn the_documentation_is_current() {
    let said = Folder::new().run(&["markdown"]);
    assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/cli.md");
    compare(&path, &said.stdout);
}

/// The names of all commands, from the table of `docs/cli.md`.
fn commands(folder: &Folder) -> Vec<String> {
    let text = folder.run(&["markdown"]).stdout;
    let rows = text.lines().filter_map(|line| line.strip_prefix("| [`"));
    let names = rows.map(|row| row.split('`').next().unwrap().to_owned());
    names.collect()
}

#[test]
fn every_command_has_a_page_and_an_example() {
    let folder = Folder::new();
    let said = folder.run(&["man", "-o", "man1"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let mut expected: Vec<_> = commands(&folder)
        .iter()
        .map(|name| format!("wasi-vfs-{name}.1"))
        .collect();
    expected.push("wasi-vfs.1".to_owned());
    expected.sort();
    assert_eq!(folder.names("man1"), expected);
    for name in commands(&folder) {
        let page = String::from_utf8(folder.read(&format!("man1/wasi-vfs-{name}.1"))).unwrap();
        assert!(page.contains("\n.SH SYNOPSIS\n"), "{name}");
        let (_, end) = page.split_once("\n.SH \"EXIT STATUS\"\n").expect(&name);
        let (codes, variables) = end.split_once("\n.SH ENVIRONMENT\n").expect(&name);
        assert!(codes.contains("\\fB3\\fR\n"), "{name}: {codes}");
        for variable in ["WASI_VFS_CACHE", "SOURCE_DATE_EPOCH", "NO_COLOR"] {
            assert!(variables.contains(variable), "{name}: {variable}");
        }
        let help = folder.run(&[&name, "--help"]).stdout;
        assert!(help.contains("\nExample"), "{name} has no example");
    }
    let said = folder.run(&["man", "-o", "none/share/man1"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert_eq!(folder.names("none/share/man1"), expected);
    let said = folder.run(&["man", "-o", "man1/wasi-vfs.1/man1"]);
    assert_eq!(said.code, Some(1));
    assert!(
        said.stderr.contains("wasi_vfs::cli::man"),
        "{}",
        said.stderr
    );
}

#[test]
fn completions_know_every_command() {
    let folder = Folder::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let said = folder.run(&["completions", shell]);
        assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""));
        for name in commands(&folder) {
            assert!(said.stdout.contains(&name), "{shell}: {name}");
        }
        assert!(said.stdout.contains("locked"), "{shell}");
    }
    assert_eq!(folder.run(&["completions", "cmd"]).code, Some(2));
}
