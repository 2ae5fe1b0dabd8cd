//! The same manifest, inputs and tool give the same bytes on every machine, and nothing of the machine.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use wasi_vfs_tests::bundle;
use wasi_vfs_tests::fixture::Fixture;
use wasi_vfs_tests::guest::{self, Libc};
use wasi_vfs_tests::tool;

/// One bundling: a tree created in another order at another path, under other circumstances.
struct Circumstances {
    seed: u64,
    umask: &'static str,
    env: &'static [(&'static str, &'static str)],
    /// Run from this folder below the fixture's; the manifest is named by an absolute or a relative path.
    absolute: bool,
}

const CANARY: &str = "canary-Zm9vYmFyCg";

const ALL: [Circumstances; 4] = [
    Circumstances {
        seed: 1,
        umask: "022",
        env: &[],
        absolute: false,
    },
    Circumstances {
        seed: 2,
        umask: "077",
        env: &[
            ("LANG", "tr_TR.UTF-8"),
            ("LC_ALL", "C"),
            ("TZ", "Pacific/Kiritimati"),
            ("RAYON_NUM_THREADS", "1"),
            ("HOME", "/nonexistent/home-canary-Zm9vYmFyCg"),
            ("USER", "user-canary-Zm9vYmFyCg"),
            ("LOGNAME", "user-canary-Zm9vYmFyCg"),
            ("HOSTNAME", "host-canary-Zm9vYmFyCg"),
            ("SECRET_TOKEN", "env-canary-Zm9vYmFyCg"),
        ],
        absolute: true,
    },
    Circumstances {
        seed: 3,
        umask: "000",
        env: &[
            ("LANG", "de_DE.UTF-8"),
            ("TZ", "America/St_Johns"),
            ("RAYON_NUM_THREADS", "7"),
            ("TMPDIR", "/tmp"),
            ("TERM", "xterm"),
        ],
        absolute: false,
    },
    Circumstances {
        seed: 4,
        umask: "027",
        env: &[("LANG", ""), ("TZ", ""), ("CI", "1"), ("NO_COLOR", "1")],
        absolute: true,
    },
];

/// Bundles `module` with a fresh fixture; the bytes, and the folder it happened in.
fn bundle(circumstances: &Circumstances, module: &std::path::Path) -> (Vec<u8>, PathBuf) {
    let fixture = Fixture::new(circumstances.seed);
    let folder = fixture.folder();
    fs::copy(module, folder.join("program.wasm")).expect("can't copy the program");
    let manifest = folder.join("wasi-vfs.toml");
    fs::write(&manifest, bundle::fixture_manifest("program.wasm".as_ref()))
        .expect("can't write a manifest");
    let mut command = Command::new("sh");
    command.args([
        "-c",
        &format!("umask {} && exec \"$0\" \"$@\"", circumstances.umask),
    ]);
    command
        .arg(tool::wasi_vfs())
        .arg("bundle")
        .envs(circumstances.env.iter().copied());
    if circumstances.absolute {
        command.arg("-m").arg(&manifest).current_dir("/");
    } else {
        command.current_dir(folder);
    }
    let _ = tool::run(&mut command, b"").ok();
    let bytes =
        fs::read(folder.join("bundle.wasm")).expect("the bundle is where the manifest says");
    (bytes, folder.to_owned())
}

fn contains(haystack: &[u8], needle: &str) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle.as_bytes())
}

#[test]
fn same_bytes_under_all_circumstances() {
    let module = guest::probe(Libc::Debian);
    let (first, _) = bundle(&ALL[0], &module);
    for (index, circumstances) in ALL.iter().enumerate().skip(1) {
        let (bytes, _) = bundle(circumstances, &module);
        let at = first.iter().zip(&bytes).position(|(a, b)| a != b);
        assert!(
            first == bytes,
            "bundle {index} differs at byte {at:?} ({} and {} bytes)",
            first.len(),
            bytes.len()
        );
    }
}

#[test]
fn nothing_of_the_builder_is_in_the_bundle() {
    let module = guest::probe(Libc::Debian);
    let program = fs::read(&module).expect("can be read");
    let (bytes, folder) = bundle(&ALL[1], &module);
    assert!(!contains(&bytes, CANARY), "a variable of the environment");
    assert!(
        !contains(&bytes, &folder.display().to_string()),
        "the path of the manifest"
    );
    assert!(
        !contains(
            &bytes,
            &folder.file_name().expect("has a name").to_string_lossy()
        ),
        "the folder's name"
    );
    assert!(!contains(&bytes, "wasi-vfs.toml"), "the manifest's name");
    assert!(!contains(&bytes, "mount.rule"), "the manifest's text");
    let host = tool::run(Command::new("uname").arg("-n"), b"").ok();
    let host = host.trim();
    // A short host name is a word like others.
    if host.len() > 5 && !contains(&program, host) {
        assert!(!contains(&bytes, host), "the host name");
    }
    let target = tool::wasi_vfs()
        .parent()
        .expect("lies in a folder")
        .display()
        .to_string();
    assert!(
        contains(&program, &target) || !contains(&bytes, &target),
        "the tool's own path"
    );
}
