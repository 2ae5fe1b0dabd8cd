//! `wasi-vfs why`: one answer of each kind.

use crate::tool::{Folder, golden, session};
use crate::{PROGRAM, schema};

const MANIFEST: &str = r#"manifest-version = 1
[module]
input = "app.wat"
output = "lib/app.wasm"

[[mount]]
name = "library"
guest = "/usr/lib"
source = "lib"
include = ["**/*.py", "bin", "{link,.env}"]
exclude = ["**/test", "!**/test/support"]

[[mount.rule]]
match = "bin/*"
permissions = "0755"

[[mount.rule]]
match = "**/*.py"
timestamps = "2024-02-29T12:30:00Z"

[[file]]
guest = "/usr/lib/b.py"
content = "replaced"
overrides = true

[[mount]]
guest = "/tmp"
kind = "tmpfs"

[[mount]]
guest = "/data"
kind = "host"

[[symlink]]
guest = "/python"
target = "usr/lib"

[[dir]]
guest = "/spool/mail"
permissions = "0700"

[profile.dev]
remove = ["library", "/usr/lib/b.py"]

[profile.exec]
[profile.exec.defaults]
permissions = "0640"
timestamps = "2020-02-02T02:02:02Z"

[[profile.exec.mount]]
name = "library"
permissions = "0700"

[[profile.dev.file]]
guest = "/usr/lib/c.txt"
source = "lib/c.txt"
"#;

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("wasi-vfs.toml", MANIFEST);
    folder.write("app.wat", PROGRAM);
    for name in [
        "a.py",
        "b.py",
        "c.txt",
        ".env",
        "bin/tool",
        "test/t.py",
        "test/support/u.py",
        "link",
        "app.wasm",
    ] {
        folder.write(&format!("lib/{name}"), "x");
    }
    folder
}

#[test]
fn one_answer_of_each_kind() {
    let folder = folder();
    let text = session(
        &folder,
        &[
            &["why", "/usr/lib/a.py"],
            &["why", "/usr/lib/bin/tool"],
            &["why", "/usr/lib/bin"],
            &["why", "/usr/lib/test/support/u.py"],
            &["why", "/usr/lib/test"],
            &["why", "/usr/lib"],
            &["why", "/usr"],
            &["why", "/usr/lib/b.py"],
            &["why", "/usr/lib/c.txt"],
            &["why", "/usr/lib/test/t.py"],
            &["why", "/usr/lib/.env"],
            &["why", "/usr/lib/a.pyc"],
            &["why", "/usr/lib/a.py/b"],
            &["why", "/tmp"],
            &["why", "/tmp/x"],
            &["why", "/data/x"],
            &["why", "/python"],
            &["why", "/python/a.py"],
            &["why", "/opt/a.py"],
            &["why", "/nothing/like/it"],
            &["why", "/usr/lib/a.py", "-p", "dev"],
            &["why", "/usr/lib/c.txt", "-p", "dev"],
            &["why", "/usr/lib/a.py", "-p", "exec"],
            &["why", "/usr/lib/c.txt", "-p", "exec"],
            &["why", "/usr/lib/b.py", "-p", "exec"],
            &["why", "/python", "-p", "exec"],
            &["why", "/spool/mail"],
            &["why", "/spool/mail", "-p", "exec"],
            &["why", "/spool", "-p", "exec"],
            &["why", "/usr/lib/test/t.py", "-p", "dev"],
            &["why", "/usr/lib/none", "-p", "dev"],
            &["why", "/nothing/like/it", "-p", "dev"],
            &["why", "../x"],
            &["why", "why"],
        ],
    );
    golden("cli/why.txt", &text);
}

#[test]
fn as_json() {
    let folder = folder();
    for (path, name) in [
        ("/usr/lib/bin/tool", "why-in.json"),
        ("/usr/lib/test/t.py", "why-out.json"),
    ] {
        let said = folder.run(&["why", path, "--json"]);
        golden(&format!("cli/{name}"), &said.stdout);
        schema::check(&folder, "why-report", &said.stdout);
    }
}
