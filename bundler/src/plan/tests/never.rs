//! What stays out by itself.

use std::path::Path;

use super::{HEAD, below, lines, manifest, plan, resolve};
use crate::manifest::{Choice, Manifest};
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
    let expected = [
        "d0755 /",
        "f0644 /app.wasm 0",
        "d0755 /out",
        "f0644 /wasi-vfs.toml 0",
    ];
    // Neither goes in: the text's own may be from the run before.
    assert_eq!(lines(&plan), expected);
    let told = moved.clone().without("m/app.wasm".into());
    let plan = resolve(&told, &src).unwrap();
    assert_eq!(
        lines(&plan),
        ["d0755 /", "d0755 /out", "f0644 /wasi-vfs.toml 0"]
    );
    // Nor can they be named.
    let named = format!("{HEAD}[[file]]\nguest = '/f'\nsource = 'out/out.wasm'\n");
    let named = Manifest::parse(&named, "wasi-vfs.toml", Path::new("m"), &Choice::default());
    for manifest in [
        named.as_ref().unwrap().clone(),
        named.as_ref().unwrap().clone().with_output("m/y".into()),
    ] {
        let error = resolve(&manifest, &src).unwrap_err();
        let said: Vec<String> = error.problems().iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            ["`out/out.wasm` is the output, so it cannot be embedded"]
        );
    }
}
