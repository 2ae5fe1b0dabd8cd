//! What is kept for the next run, and where.

use std::fs;

use crate::tool::Folder;

/// A program of more than a megabyte, and a large file.
fn folder() -> Folder {
    let folder = Folder::new();
    folder.write(
        "wasi-vfs.toml",
        "manifest-version = 1\n[module]\ninput = \"app.wasm\"\noutput = \"app.out.wasm\"\n\
         [[mount]]\nguest = \"/\"\nsource = \"tree\"\n",
    );
    let padding = "\\01".repeat(1 << 20);
    let program = format!(
        "(module (memory (export \"memory\") 32) (data (i32.const 0) \"{padding}\") (func (export \"_start\")))"
    );
    let program = wat::parse_str(program).unwrap();
    fs::write(folder.path().join("app.wasm"), program).unwrap();
    folder.write("tree/large", "x".repeat(1 << 20));
    folder
}

fn bundle(folder: &Folder, args: &[&str], env: &[(&str, &str)]) -> Vec<u8> {
    let mut command = folder.command(&["bundle", "--quiet"]);
    command.args(args).env_remove("WASI_VFS_CACHE");
    let done = command.envs(env.iter().copied()).output().unwrap();
    assert!(done.status.success(), "{done:?}");
    assert!(done.stdout.is_empty() && done.stderr.is_empty(), "{done:?}");
    let output = folder.path().join("app.out.wasm");
    let bytes = fs::read(&output).unwrap();
    fs::remove_file(output).unwrap();
    bytes
}

/// How many entries of each kind there are.
fn entries(folder: &Folder, cache: &str) -> (usize, usize) {
    let names = match fs::read_dir(folder.path().join(cache)) {
        Ok(entries) => entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()),
        Err(_) => return (0, 0),
    };
    let (files, programs): (Vec<_>, Vec<_>) = names.partition(|name| name.starts_with("file-"));
    assert!(programs.iter().all(|name| name.starts_with("program-")));
    (files.len(), programs.len())
}

#[test]
fn what_is_kept_is_where_it_should_be() {
    let folder = folder();
    let root = folder.path().to_str().unwrap().to_owned();
    let home = [("HOME", root.as_str()), ("XDG_CACHE_HOME", "")];
    let plain = bundle(&folder, &["--no-cache"], &home);
    assert_eq!(entries(&folder, ".cache/wasi-vfs"), (0, 0));
    // The user's own folder, by default; again with what is known by then.
    for _ in 0..2 {
        assert!(bundle(&folder, &[], &home) == plain);
        assert_eq!(entries(&folder, ".cache/wasi-vfs"), (2, 1));
    }
    let xdg = format!("{root}/xdg");
    let home = [("HOME", root.as_str()), ("XDG_CACHE_HOME", xdg.as_str())];
    assert!(bundle(&folder, &[], &home) == plain);
    assert_eq!(entries(&folder, "xdg/wasi-vfs"), (2, 1));
    // Relative ones are ignored, as the specification has it.
    let home = [("HOME", "relative"), ("XDG_CACHE_HOME", "relative")];
    assert!(bundle(&folder, &[], &home) == plain);
    assert!(!folder.path().join("relative").exists());
    // One's own.
    assert!(bundle(&folder, &["--cache", "own"], &home) == plain);
    assert_eq!(entries(&folder, "own"), (2, 1));
    let variable = [("WASI_VFS_CACHE", "variable")];
    assert!(bundle(&folder, &[], &variable) == plain);
    assert_eq!(entries(&folder, "variable"), (2, 1));
}

#[test]
fn nothing_is_kept_when_that_is_not_wanted() {
    let folder = folder();
    let root = folder.path().to_str().unwrap().to_owned();
    let home = ("HOME", root.as_str());
    let none = [home, ("XDG_CACHE_HOME", ""), ("WASI_VFS_CACHE", "")];
    let plain = bundle(&folder, &[], &none);
    let variable = [home, ("WASI_VFS_CACHE", "variable")];
    assert!(bundle(&folder, &["--no-cache"], &variable) == plain);
    assert!(bundle(&folder, &["--locked"], &variable) == plain);
    assert!(!folder.path().join(".cache").exists());
    assert!(!folder.path().join("variable").exists());
}
