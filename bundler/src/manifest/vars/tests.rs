//! What is looked up, where it goes, and what else stays as it is.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use crate::manifest::{
    Choice, Environment, FileContent, Manifest, RequestKind, Var, VarSource, Variables,
};

const HEAD: &str = "manifest-version = 1\nmodule = { input = \"a.wasm\", output = \"b.wasm\" }\n";

/// The manifest of a text, and the names that were looked up in `environment`.
fn read(
    text: &str,
    profile: Option<&str>,
    environment: &[(&str, &str)],
) -> (Manifest, Vec<String>) {
    let known: BTreeMap<String, String> = (environment.iter())
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    let choice = Choice {
        profile: profile.map(str::to_owned),
        environment: Environment {
            source_date_epoch: None,
            variables: Variables::new(move |name| {
                log.lock()
                    .expect("nobody panics with it")
                    .push(name.to_owned());
                known.get(name).map(Into::into)
            }),
        },
    };
    let manifest = match Manifest::parse(text, "m.toml", Path::new(""), &choice) {
        Ok(manifest) => manifest,
        Err(error) => panic!("{:?}", miette::Report::new(error)),
    };
    let asked = asked.lock().expect("nobody panics with it").clone();
    (manifest, asked)
}

fn var(name: &str, value: &str, from: Option<&str>) -> Var {
    Var {
        name: name.to_owned(),
        value: value.to_owned(),
        from: from.map_or(VarSource::Default, |env| {
            VarSource::Environment(env.to_owned())
        }),
    }
}

/// What is declared and used is looked up once; nothing else ever is.
#[test]
fn only_what_is_declared_and_used_is_looked_up() {
    let text = HEAD.to_owned()
        + r#"
        [vars]
        A = { env = "ENV_A", default = "a" }
        B = { env = "ENV_B", default = "b" }
        C = { env = "ENV_C" }
        D = "d"
        [env]
        HOME = "${A}${A}$HOME"
        PATH = "${D}"
        [profile.dev.env]
        LANG = "${C}${B}"
        [profile.other.env]
        HOME = "h"
    "#;
    let environment = [
        ("ENV_A", "1"),
        ("ENV_C", ""),
        ("HOME", "/root"),
        ("D", "no"),
    ];
    let (manifest, asked) = read(&text, None, &environment);
    assert_eq!(asked, ["ENV_A"]);
    assert_eq!(
        manifest.vars(),
        [var("A", "1", Some("ENV_A")), var("D", "d", None)]
    );
    assert_eq!(manifest.env[0].1, "11$HOME");
    let (manifest, asked) = read(&text, Some("dev"), &environment);
    assert_eq!(asked, ["ENV_A", "ENV_C", "ENV_B"]);
    // An empty value is one.
    assert_eq!(manifest.vars()[2], var("C", "", Some("ENV_C")));
    assert_eq!(manifest.vars()[1], var("B", "b", None));
    let (manifest, asked) = read(&text, Some("other"), &environment);
    assert_eq!(
        (asked.len(), manifest.vars()),
        (0, &[var("D", "d", None)][..])
    );
}

/// Every text that can have variables, each with one of its own.
#[test]
fn where_variables_go() {
    let text = r#"
        manifest-version = 1
        module = { input = "${V}/input", output = "${V}/output" }
        vars = { V = "value" }
        env = { E = "${V}/env" }
        args = { program = "${V}/program", default = ["${V}/argument"] }
        file = [
            { guest = "/${V}/file", content = "${V}/content" },
            { guest = "/f", source = "${V}/source" },
        ]
        dir = [{ guest = "/${V}/dir" }]
        symlink = [{ guest = "/${V}/symlink", target = "${V}/target" }]
        [[mount]]
        name = "${V}"
        guest = "/${V}/mount"
        source = "${V}/tree"
        include = ["${V}/include"]
        exclude = ["!${V}/exclude"]
        strip-prefix = "${V}"
        rule = [{ match = "${V}/match", permissions = "0644" }]
    "#;
    let (manifest, _) = read(text, None, &[]);
    assert_eq!(manifest.input(), Path::new("value/input"));
    assert_eq!(manifest.output(), Path::new("value/output"));
    assert_eq!(manifest.env, [("E".to_owned(), "value/env".to_owned())]);
    assert_eq!(manifest.args, ["value/program", "value/argument"]);
    let guests: Vec<_> = manifest
        .requests
        .iter()
        .map(|request| request.guest.as_str())
        .collect();
    assert_eq!(
        guests,
        [
            "/value/file",
            "/f",
            "/value/dir",
            "/value/symlink",
            "/value/mount"
        ]
    );
    let kinds: Vec<_> = manifest
        .requests
        .iter()
        .map(|request| &request.kind)
        .collect();
    let RequestKind::File(FileContent::Inline(content)) = kinds[0] else {
        panic!("{:?}", kinds[0]);
    };
    assert_eq!(**content, *b"value/content");
    let RequestKind::File(FileContent::Source { source, .. }) = kinds[1] else {
        panic!("{:?}", kinds[1]);
    };
    assert_eq!(source.path, Path::new("value/source"));
    assert!(matches!(kinds[3], RequestKind::Symlink { target } if target == "value/target"));
    let RequestKind::Mount(mount) = kinds[4] else {
        panic!("{:?}", kinds[4]);
    };
    assert_eq!(mount.source.path, Path::new("value/tree"));
    let written = format!(
        "{:?} {:?} {:?}",
        mount.include,
        mount.exclude.last(),
        mount.rules
    );
    for text in ["value/include", "!value/exclude", "value/match"] {
        assert!(written.contains(text), "{text} is not in {written}");
    }
    assert_eq!(
        mount.strip_prefix.as_ref().expect("it is given").names,
        ["value"]
    );
    // A name is for messages and profiles, and means itself.
    assert_eq!(manifest.requests[4].name, "${V}");
}

/// What comes from the environment is a text, whatever is in it.
#[test]
fn values_are_not_expanded_again() {
    let text =
        HEAD.to_owned() + "[vars]\nA = { env = \"A\" }\nB = \"b\"\n[env]\nE = \"$${B}${A}${B}\"\n";
    let (manifest, _) = read(&text, None, &[("A", "${B}$${B}")]);
    assert_eq!(manifest.env[0].1, "${B}${B}$${B}b");
}
