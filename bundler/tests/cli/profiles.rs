//! Profiles and variables on the command line: what chooses one, and what `plan` says of where a value comes from.

use serde_json::Value;

use crate::schema;
use crate::tool::{Folder, Said, golden};

const MANIFEST: &str = r#"manifest-version = 1

[module]
input = "app.wat"
output = "app.wasm"

[vars]
VERSION = { default = "0.0", env = "APP_VERSION" }
NAME = "app"

[env]
STAGE = "base"
VERSION = "${NAME} ${VERSION}"

[[mount]]
name = "lib"
guest = "/lib/${NAME}"
source = "lib"
timestamps = "source-date-epoch"

[[mount]]
name = "fixtures"
guest = "/fixtures"
source = "fixtures"

[profile.dev]
output = "app.dev.wasm"
env.STAGE = "dev"

[[profile.dev.mount]]
name = "lib"
kind = "host"

[profile.test]
inherits = "dev"

[[profile.test.mount]]
name = "lib"
kind = "embed"
writable = true
timestamps = "epoch"
rule = [{ match = "a.txt", permissions = "0600" }]

[[profile.test.file]]
guest = "/etc/motd"
content = "for ${NAME}\n"

[profile.release]
remove = ["fixtures", "env.STAGE"]

[profile.same]
"#;

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("wasi-vfs.toml", MANIFEST);
    folder.write(
        "app.wat",
        "(module (memory (export \"memory\") 1) (func (export \"_start\")))",
    );
    folder.write("lib/a.txt", "one\n");
    folder.write("fixtures/b.txt", "two\n");
    folder
}

fn run(folder: &Folder, args: &[&str], env: &[(&str, &str)]) -> Said {
    let mut command = folder.command(args);
    command
        .env_remove("WASI_VFS_PROFILE")
        .env_remove("APP_VERSION");
    command
        .env("SOURCE_DATE_EPOCH", "1000000000")
        .envs(env.iter().copied());
    let output = command.output().unwrap();
    Said {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn a_plan_says_where_values_come_from() {
    let folder = folder();
    let mut shown = String::new();
    for args in [
        &["plan"] as &[&str],
        &["plan", "--profile", "dev"],
        &["plan", "--profile", "test"],
        &["plan", "--profile", "release"],
        &["plan", "--profile", "same"],
    ] {
        let said = run(&folder, args, &[("APP_VERSION", "1.2")]);
        assert_eq!((said.code, &*said.stderr), (Some(0), ""), "{args:?}");
        shown += &format!("$ wasi-vfs {}\n{}", args.join(" "), said.stdout);
    }
    golden("cli/plan-profiles.txt", &shown);
}

#[test]
fn a_plan_says_it_as_json() {
    let folder = folder();
    let said = run(
        &folder,
        &["plan", "-p", "test", "--json"],
        &[("APP_VERSION", "1.2")],
    );
    assert_eq!((said.code, &*said.stderr), (Some(0), ""));
    let report: Value = serde_json::from_str(&said.stdout).unwrap();
    schema::check(&folder, "plan-report", &said.stdout);
    let mut told = serde_json::Map::new();
    for key in ["profile", "output", "values", "vars", "machine-dependent"] {
        told.insert(key.to_owned(), report[key].clone());
    }
    let told = serde_json::to_string_pretty(&told).unwrap() + "\n";
    golden("cli/plan-profiles.json", &told);
}

/// The flag counts before the variable, and an empty variable is none.
#[test]
fn a_profile_is_chosen_by_flag_or_variable() {
    let folder = folder();
    let output = |args: &[&str], profile: &str| {
        let args = [&["plan", "--json"], args].concat();
        let said = run(&folder, &args, &[("WASI_VFS_PROFILE", profile)]);
        let report: Value = serde_json::from_str(&said.stdout).expect(&said.stderr);
        report["profile"].as_str().unwrap().to_owned()
    };
    assert_eq!(output(&[], ""), "base");
    assert_eq!(output(&[], "dev"), "dev");
    assert_eq!(output(&["-p", "test"], "dev"), "test");
    assert_eq!(output(&["--profile", "base"], "dev"), "base");
    assert_eq!(output(&["--profile=test"], "no such"), "test");
}

/// Each profile has its own output, and the variables of the environment that the manifest does not name do nothing.
#[test]
fn a_bundle_of_a_profile_goes_to_its_output() {
    let folder = folder();
    let said = run(&folder, &["bundle", "-p", "release"], &[]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let first = folder.read("app.wasm");
    let said = run(
        &folder,
        &["bundle", "-p", "release"],
        &[("NAME", "x"), ("VERSION", "y")],
    );
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert!(
        folder.read("app.wasm") == first,
        "another variable has changed the bundle"
    );
    let said = run(
        &folder,
        &["bundle", "-p", "release"],
        &[("APP_VERSION", "1.2")],
    );
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert!(folder.read("app.wasm") != first, "its own variable has not");
    let said = run(&folder, &["bundle", "-p", "dev"], &[]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert!(folder.path().join("app.dev.wasm").exists());
}
