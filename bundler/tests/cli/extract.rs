//! `wasi-vfs extract`, and the other forms of `inspect`, as a user sees them.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use crate::tool::{Folder, golden, session};
use crate::{folder, schema};

fn bundled() -> Folder {
    let folder = folder();
    let said = folder.run(&["bundle", "--quiet"]);
    assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""));
    folder
}

#[test]
fn inspect_draws_and_prints() {
    let text = session(
        &bundled(),
        &[
            &["inspect", "dist/app.wasm", "--tree"],
            &["inspect", "dist/app.wasm", "--cat", "/etc/motd"],
            &[
                "inspect",
                "dist/app.wasm",
                "--cat",
                "/usr/share/../../latest",
            ],
            &["inspect", "dist/app.wasm", "--cat", "/latest"],
            &["inspect", "dist/app.wasm", "--cat", "/etc/modt"],
            &["inspect", "dist/app.wasm", "--cat", "/etc"],
            &["inspect", "dist/app.wasm", "--cat", "/etc/motd/x"],
        ],
    );
    golden("cli/inspect-forms.txt", &text);
}

#[test]
fn extract_says_what_it_did_and_why_not() {
    let folder = bundled();
    folder.write("full/x", "x");
    let text = session(
        &folder,
        &[
            &["extract", "dist/app.wasm", "-o", "out"],
            &["extract", "dist/app.wasm", "-o", "out"],
            &["extract", "dist/app.wasm", "-o", "out", "--force"],
            &["extract", "dist/app.wasm", "-o", "app.tar"],
            &["extract", "dist/app.wasm", "-o", "etc", "/etc", "/tmp"],
            &["extract", "dist/app.wasm", "-o", "etc2", "/ect"],
            &["extract", "dist/app.wasm", "-o", "etc2", ""],
            &["extract", "dist/app.wasm", "-o", "none/etc"],
            &["extract", "dist/app.wasm", "-o", "app.wat"],
            &["extract", "dist/app.wasm", "-o", "app.tar.gz"],
            &["extract", "dist/app.wasm", "-o", "-", "--json"],
            &["extract", "app.wat", "-o", "new"],
        ],
    );
    golden("cli/extract.txt", &text);
    assert_eq!(folder.read("out/etc/motd"), b"hello\n");
    assert_eq!(folder.read("out/@cwd/data/inner.txt"), b"");
    assert_eq!(folder.names("etc"), ["etc", "tmp"]);
    assert_eq!(
        folder.names("."),
        [
            "app.tar",
            "app.wat",
            "dist",
            "doc",
            "etc",
            "full",
            "out",
            "wasi-vfs.lock",
            "wasi-vfs.toml"
        ]
    );
}

#[test]
fn a_report_of_an_extraction() {
    let folder = folder();
    let manifest = String::from_utf8(folder.read("wasi-vfs.toml")).unwrap();
    folder.write("wasi-vfs.toml", manifest.replace("\"0755\"", "\"4755\""));
    folder.run(&["bundle", "--quiet"]);
    let said = folder.run(&["extract", "dist/app.wasm", "-o", "out", "--json"]);
    golden("cli/extract.json", &said.stdout);
    schema::check(&folder, "extract-report", &said.stdout);
    golden("cli/extract-special-bits.txt", &said.stderr);
}

/// The same in a file and on stdout; a tar that can't be finished leaves nothing.
#[test]
fn a_tar_is_whole_or_not_there() {
    let folder = bundled();
    folder.run(&["extract", "dist/app.wasm", "-o", "app.tar"]);
    let stdout = folder
        .command(&["extract", "dist/app.wasm", "-o", "-"])
        .output()
        .unwrap()
        .stdout;
    assert!(stdout == folder.read("app.tar"));
    assert_eq!(stdout.len() % 512, 0);

    let full = std::fs::File::options()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let said = folder
        .command(&["extract", "dist/app.wasm", "-o", "-"])
        .stdout(full)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert_eq!(said.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&said.stderr).contains("wasi_vfs::cli::stdout"));

    let mut module = folder.read("dist/app.wasm");
    let at = module
        .windows(7)
        .position(|bytes| bytes == b"second\n")
        .unwrap();
    module[at] = b'S';
    folder.write("changed.wasm", module);
    for output in ["new.tar", "new"] {
        let said = folder.run(&["extract", "changed.wasm", "-o", output]);
        assert_eq!(said.code, Some(1));
        assert!(
            said.stderr.contains("wasi_vfs::image::digest"),
            "{}",
            said.stderr
        );
        assert!(!folder.names(".").contains(&output.to_owned()));
    }
}

/// Tools that rewrite modules drop sections and move segments; what they leave is enough.
#[test]
fn a_module_without_its_section() {
    let folder = bundled();
    let module = folder.read("dist/app.wasm");
    let mut stripped = wasm_encoder::Module::new();
    for payload in wasmparser::Parser::new(0).parse_all(&module) {
        let payload = payload.unwrap();
        if let wasmparser::Payload::CustomSection(_) = payload {
            continue;
        }
        if let Some((id, range)) = payload.as_section() {
            let data = &module[range];
            stripped.section(&wasm_encoder::RawSection { id, data });
        }
    }
    folder.write("stripped.wasm", stripped.finish());
    let lines = |module: &str| folder.run(&["inspect", module]).stdout;
    let (whole, rest) = (lines("dist/app.wasm"), lines("stripped.wasm"));
    assert!(rest.contains("(verified)"));
    // All but the four lines that only the section tells.
    assert!(whole.starts_with(&rest));
    assert_eq!(whole.lines().count(), rest.lines().count() + 4);

    for (module, out) in [("dist/app.wasm", "a.tar"), ("stripped.wasm", "b.tar")] {
        assert_eq!(folder.run(&["extract", module, "-o", out]).code, Some(0));
    }
    assert!(folder.read("a.tar") == folder.read("b.tar"));
    let mode = |name: &str| {
        let path = folder.path().join(name);
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    };
    // A new file as any other tool makes it.
    assert_eq!(mode("a.tar"), mode("stripped.wasm"));
}
