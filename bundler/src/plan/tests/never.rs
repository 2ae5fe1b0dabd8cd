//! What stays out by itself.

use super::{below, lines, manifest, plan, resolve};
use crate::source::MemorySource;

#[test]
fn default_excludes_can_be_taken_back() {
    let src = MemorySource::new()
        .file("m/s/.env", "")
        .file("m/s/.git/config", "")
        .file("m/s/.git/HEAD", "")
        .file("m/s/.hidden", "")
        .file("m/s/a.swp", "")
        .file("m/s/b", "")
        .file("m/s/b~", "")
        .file("m/s/id_rsa", "")
        .file("m/s/sub/.DS_Store", "")
        .file("m/s/cert.pem", "");
    for (keys, paths) in [
        ("", ".hidden b cert.pem sub"),
        ("hidden = false", "b cert.pem sub"),
        (
            "hidden = false\nexclude = ['!.hidden']",
            ".hidden b cert.pem sub",
        ),
        (
            "exclude = ['!.env', '!.git/HEAD']",
            ".env .git .git/HEAD .hidden b cert.pem sub",
        ),
        (
            "default-excludes = false\nexclude = ['!.env']",
            ".env .git .git/HEAD .git/config .hidden a.swp b b~ cert.pem id_rsa sub sub/.DS_Store",
        ),
    ] {
        assert_eq!(
            below(keys, &src),
            paths.split_whitespace().collect::<Vec<_>>(),
            "{keys}"
        );
    }
}

#[test]
fn the_bundle_and_its_lock_stay_out_of_it() {
    let src = MemorySource::new()
        .file("m/app.wasm", "")
        .file("m/out/out.wasm", "")
        .file("m/wasi-vfs.toml", "")
        .file("m/wasi-vfs.lock", "")
        .file("m/x", "");
    let all = "[[mount]]\nguest = '/'\nsource = '.'\n";
    assert_eq!(
        lines(&plan(all, &src)),
        ["d0755 /", "d0755 /out", "f0644 /x 0"]
    );
    let without = format!("{all}default-excludes = false");
    assert_eq!(
        lines(&plan(&without, &src)),
        [
            "d0755 /",
            "f0644 /app.wasm 0",
            "d0755 /out",
            "f0644 /wasi-vfs.toml 0",
            "f0644 /x 0"
        ]
    );
    // `-o` on the command line moves the output.
    let moved = manifest(&without).with_output("m/x".into());
    let plan = resolve(&moved, &src).unwrap();
    assert!(lines(&plan).contains(&"f0644 /out/out.wasm 0".to_owned()));
    assert!(!lines(&plan).contains(&"f0644 /x 0".to_owned()));
}
