//! What is written beside or inside the sources, and sources that are symlinks.

use std::os::unix::fs::symlink;

use crate::PROGRAM;
use crate::tool::Folder;

const MANIFEST: &str = r#"manifest-version = 1

[module]
input = "app.wat"
output = "out.wasm"

[[mount]]
guest = "/data"
source = "."
"#;

fn folder(manifest: &str) -> Folder {
    let folder = Folder::new();
    folder.write("wasi-vfs.toml", manifest);
    folder.write("app.wat", PROGRAM);
    folder.write("tree/a", "one\n");
    folder
}

fn bundle(folder: &Folder, more: &[&str]) {
    let mut args = vec!["bundle", "-q"];
    args.extend(more);
    let said = folder.run(&args);
    assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""), "{more:?}");
}

/// All of them are in a folder that is mounted, and none of them goes in, at the second time neither.
#[test]
fn outputs_and_depfiles_in_a_mounted_folder_stay_out() {
    let folder = folder(MANIFEST);
    bundle(&folder, &[]);
    let first = folder.read("out.wasm");
    let lock = folder.read("wasi-vfs.lock");
    for _ in 0..2 {
        for more in [
            &["-o", "tree/other.wasm", "--depfile", "tree/app.d"][..],
            &["-o", "./tree/../tree/other.wasm", "--depfile", "tree/app.d"],
        ] {
            bundle(&folder, more);
            assert!(folder.read("tree/other.wasm") == first, "{more:?}");
            assert_eq!(folder.read("wasi-vfs.lock"), lock);
            let depfile = String::from_utf8(folder.read("tree/app.d")).unwrap();
            assert!(
                depfile.contains("tree/a") && !depfile.contains("app.d"),
                "{depfile}"
            );
        }
        std::fs::remove_file(folder.path().join("tree/other.wasm")).unwrap();
        bundle(&folder, &["--depfile", "tree/app.d"]);
        assert!(folder.read("out.wasm") == first);
    }
    // What is no depfile is a source, and stays as it is.
    let said = folder.run(&["bundle", "-q", "--depfile", "tree/a"]);
    let reason = "cannot write the depfile `tree/a`: it is one of the sources";
    assert!(said.stderr.contains(reason), "{}", said.stderr);
    assert_eq!(folder.read("tree/a"), b"one\n");
}

#[test]
fn a_bundle_is_not_written_to_stdout() {
    let folder = folder(MANIFEST);
    for args in [
        &["bundle", "-o", "-"][..],
        &["pack", "app.wat", "--dir", "tree::/data", "-o", "-"],
    ] {
        let said = folder.run(args);
        let error = "error: `-o -`: a bundle can't be written to stdout; give a file name (`-o ./-` writes a file named `-`)\n";
        assert_eq!((said.code, said.stderr.as_str()), (Some(2), error));
        assert_eq!(said.stdout, "");
    }
    bundle(&folder, &["-o", "./-"]);
    assert!(folder.read("-").starts_with(b"\0asm"));
}

/// `plan` and `why` call a source what the manifest calls it, and both are what goes in.
#[test]
fn a_source_that_is_a_symlink_keeps_its_name() {
    let manifest = r#"manifest-version = 1
[module]
input = "app.wat"
output = "out.wasm"
[[mount]]
guest = "/kept"
source = "link"
[[mount]]
guest = "/followed"
source = "link"
symlinks = "follow"
[[mount]]
guest = "/one"
source = "file"
[[file]]
guest = "/two"
source = "file"
"#;
    let folder = folder(manifest);
    symlink("tree", folder.path().join("link")).unwrap();
    symlink("tree/a", folder.path().join("file")).unwrap();
    symlink("a", folder.path().join("tree/b")).unwrap();
    let plan = folder.run(&["plan"]);
    assert_eq!(plan.code, Some(0), "{}", plan.stderr);
    for (path, source) in [
        ("/kept/a", "link/a"),
        ("/followed/a", "link/a"),
        ("/followed/b", "link/b"),
        ("/one", "file"),
        ("/two", "file"),
    ] {
        let name = path.rsplit('/').next().unwrap();
        // A followed link is the file that it leads to.
        let shown = source.replace("link/b", "link/a");
        let line = format!("- {name}  <- {shown}\n");
        assert!(plan.stdout.contains(&line), "{path}: {}", plan.stdout);
        let why = folder.run(&["why", path]);
        assert!(
            why.stdout.contains(&format!("from `{source}`\n")),
            "{}",
            why.stdout
        );
    }
    bundle(&folder, &[]);
    for path in ["/kept/a", "/followed/b", "/one", "/two"] {
        let cat = folder.run(&["inspect", "out.wasm", "--cat", path]);
        assert_eq!(cat.stdout, "one\n", "{path}: {}", cat.stderr);
    }
}
