//! Plans of small trees in memory.

mod archives;
mod earlier;
mod later;
mod merge;
mod mounts;
mod never;
mod relative;

use std::path::Path;

use super::{EntryKind, Plan, PlanError, PlanWarning, resolve};
use crate::manifest::{Environment, Manifest};
use crate::source::MemorySource;

const HEAD: &str = "manifest-version = 1\n[module]\ninput = 'app.wasm'\noutput = 'out/out.wasm'\n";

fn manifest(text: &str) -> Manifest {
    let text = format!("{HEAD}{text}");
    let environment = Environment {
        source_date_epoch: Some("1000".to_owned()),
        ..Environment::default()
    };
    match Manifest::parse(&text, "wasi-vfs.toml", Path::new("m"), &environment.into()) {
        Ok(manifest) => manifest,
        Err(error) => panic!("{:?}", miette::Report::new(error)),
    }
}

fn plan(text: &str, src: &MemorySource) -> Plan {
    match try_plan(text, src) {
        Ok(plan) => plan,
        Err(error) => panic!("{:?}", miette::Report::new(error)),
    }
}

fn try_plan(text: &str, src: &MemorySource) -> Result<Plan, PlanError> {
    resolve(&manifest(text), src)
}

/// The codes of all problems.
fn codes(text: &str, src: &MemorySource) -> Vec<String> {
    let error = try_plan(text, src).expect_err("the plan has problems");
    let code =
        |problem: &super::PlanProblem| miette::Diagnostic::code(problem).unwrap().to_string();
    error.problems().iter().map(code).collect()
}

/// One line an entry: kind, mode, path and what it holds.
fn lines(plan: &Plan) -> Vec<String> {
    let line = |entry: super::Entry| match &entry.kind {
        EntryKind::Directory => format!("d{:04o} {}", entry.mode, entry.path),
        EntryKind::File { size, .. } => format!("f{:04o} {} {size}", entry.mode, entry.path),
        EntryKind::HardLink { to } => format!("h{:04o} {} = {to}", entry.mode, entry.path),
        EntryKind::Symlink { target } => format!("l{:04o} {} -> {target}", entry.mode, entry.path),
    };
    plan.entries().iter().map(line).collect()
}

/// The paths below `/d` of a plan that mounts `m/s` there.
fn below(keys: &str, src: &MemorySource) -> Vec<String> {
    let plan = plan(
        &format!("[[mount]]\nguest = '/d'\nsource = 's'\n{keys}"),
        src,
    );
    let paths = plan.entries().iter().map(|entry| entry.path);
    paths
        .filter_map(|path| path.as_str().strip_prefix("/d/").map(str::to_owned))
        .collect()
}

fn roots(plan: &Plan) -> Vec<&str> {
    plan.preopens()
        .into_iter()
        .map(|path| path.as_str())
        .collect()
}

#[test]
fn a_directory_is_mounted() {
    let src = MemorySource::new()
        .file("m/lib/a.py", "a")
        .file("m/lib/sub/b.py", "bb")
        .directory("m/lib/empty");
    let plan = plan("[[mount]]\nguest = '/usr/lib'\nsource = 'lib'", &src);
    assert_eq!(
        lines(&plan),
        [
            "d0755 /",
            "d0755 /usr",
            "d0755 /usr/lib",
            "f0644 /usr/lib/a.py 1",
            "d0755 /usr/lib/empty",
            "d0755 /usr/lib/sub",
            "f0644 /usr/lib/sub/b.py 2",
        ]
    );
    assert_eq!(roots(&plan), ["/"]);
}

#[test]
fn patterns_let_in_and_keep_out() {
    let src = MemorySource::new()
        .file("m/s/a.py", "")
        .file("m/s/a.txt", "")
        .file("m/s/etc/conf", "")
        .file("m/s/etc/deep/conf", "")
        .file("m/s/lib/b.py", "")
        .file("m/s/lib/b.pyc", "")
        .file("m/s/lib/test/t.py", "")
        .file("m/s/lib/test/support/u.py", "")
        .file("m/s/var/log/x.txt", "")
        .directory("m/s/var/empty");
    for (keys, paths) in [
        // A directory that matches stands for all of it; parents come along.
        (
            "include = ['etc', 'var/log/*.txt']",
            "etc etc/conf etc/deep etc/deep/conf var var/log var/log/x.txt",
        ),
        // Nothing floats.
        ("include = ['*.py']", "a.py"),
        (
            "include = ['**/*.py']\nexclude = ['**/test']",
            "a.py lib lib/b.py",
        ),
        // An empty directory comes with everything or by its own name.
        (
            "include = ['var/**']",
            "var var/empty var/log var/log/x.txt",
        ),
        ("include = ['*/empty']", "var var/empty"),
        // `!` takes back, below an excluded directory too; the directories on the way come along.
        (
            "include = ['lib']\nexclude = ['**/test/**', '!**/test/support/**']",
            "lib lib/b.py lib/b.pyc lib/test lib/test/support lib/test/support/u.py",
        ),
        // The last match decides.
        (
            "include = ['lib']\nexclude = ['!**/b.py', '**/*.py']",
            "lib lib/b.pyc lib/test lib/test/support",
        ),
        // A directory kept out takes all with it, and none is left empty for it.
        ("exclude = ['lib', 'etc', 'var', '*.txt']", "a.py"),
        ("exclude = ['**']\noptional = true", ""),
        // Both patterns match, though nobody walks into `lib/test` for the second.
        (
            "include = ['lib']\nexclude = ['**/test', '**/u.py']",
            "lib lib/b.py lib/b.pyc",
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
fn modes_and_times() {
    let src = MemorySource::new()
        .file("m/s/bin/tool", "")
        .file("m/s/readme", "")
        .with("m/s/readme", |it| {
            (it.mode, it.mtime_ns) = (0o600, 500_000_000_000)
        })
        .with("m/s/bin/tool", |it| {
            (it.mode, it.mtime_ns) = (0o700, 2_000_000_000_000)
        })
        .with("m/s/bin", |it| (it.mode, it.mtime_ns) = (0o710, 7))
        .symlink("m/s/link", "readme");
    let text = "[[mount]]\nguest = '/d'\nsource = 's'\n";
    let rules = "[[mount.rule]]\nmatch = 'bin/*'\npermissions = '+x'\ntimestamps = '1970-01-01T00:00:09Z'\n\
                 [[mount.rule]]\nmatch = '**'\ndir-permissions = 'o='\n";
    assert_eq!(
        lines(&plan(&format!("{text}{rules}"), &src)),
        [
            "d0755 /",
            "d0750 /d",
            "d0750 /d/bin",
            "f0755 /d/bin/tool 0",
            "l0777 /d/link -> readme",
            "f0644 /d/readme 0",
        ]
    );
    let source = format!("{text}permissions = 'source'\ndir-permissions = 'source'\n");
    let plan_of = plan(&source, &src);
    assert_eq!(
        lines(&plan_of),
        [
            "d0755 /",
            "d0755 /d",
            "d0710 /d/bin",
            "f0700 /d/bin/tool 0",
            "l0777 /d/link -> readme",
            "f0600 /d/readme 0",
        ]
    );
    let times = |keys: &str| -> Vec<u64> {
        plan(&format!("{text}{keys}"), &src)
            .entries()
            .iter()
            .map(|entry| entry.time_ns)
            .collect()
    };
    assert_eq!(times(""), [0; 6]);
    assert_eq!(
        times("timestamps = 'source'"),
        [0, 0, 7, 2_000_000_000_000, 0, 500_000_000_000]
    );
    assert_eq!(
        times("timestamps = 'source-date-epoch'"),
        [0, 0, 7, 1_000_000_000_000, 0, 500_000_000_000]
    );
    // Where there is no source, the time is SOURCE_DATE_EPOCH itself.
    let implied = plan(
        "[defaults]\ntimestamps = 'source-date-epoch'\n[[dir]]\nguest = '/a/b'",
        &src,
    );
    assert!(
        implied
            .entries()
            .iter()
            .all(|entry| entry.time_ns == 1_000_000_000_000)
    );
}

#[test]
fn files_dirs_and_symlinks() {
    let src = MemorySource::new()
        .file("m/motd.txt", "hello")
        .file("m/one.py", "1");
    let text = "[[file]]\nguest = '/etc/motd'\nsource = 'motd.txt'\npermissions = '0600'\n\
                [[file]]\nguest = '/etc/inline'\ncontent = 'abc'\npermissions = '+x'\n\
                [[file]]\nguest = '/etc/none'\nsource = 'none'\noptional = true\n\
                [[dir]]\nguest = '/var/cache'\npermissions = '1777'\n\
                [[symlink]]\nguest = '/usr/bin/python'\ntarget = 'python3'\n\
                [[mount]]\nguest = '/lib/two.py'\nsource = 'one.py'\n";
    let plan = plan(text, &src);
    assert_eq!(
        lines(&plan),
        [
            "d0755 /",
            "d0755 /etc",
            "f0755 /etc/inline 3",
            "f0600 /etc/motd 5",
            "d0755 /lib",
            "f0644 /lib/two.py 1",
            "d0755 /usr",
            "d0755 /usr/bin",
            "l0777 /usr/bin/python -> python3",
            "d0755 /var",
            "d1777 /var/cache",
        ]
    );
    let file = plan
        .entries()
        .iter()
        .find(|entry| entry.path.as_str() == "/etc/motd")
        .unwrap();
    assert_eq!(plan.mount_of(&file), Some("/etc/motd"));
    assert_eq!(plan.mount_of(&plan.entries().at(0)), None);
}

#[test]
fn prefixes_are_stripped() {
    let src = MemorySource::new()
        .file("m/s/usr/share/a", "")
        .file("m/s/usr/share/doc/b", "")
        .file("m/s/etc/c", "")
        .with("m/s/usr/share", |it| it.mode = 0o711);
    let strip =
        "include = ['usr/share/**']\nstrip-prefix = 'usr/share'\ndir-permissions = 'source'";
    assert_eq!(below(strip, &src), ["a", "doc", "doc/b"]);
    let text = format!("[[mount]]\nguest = '/d'\nsource = 's'\n{strip}");
    assert_eq!(lines(&plan(&text, &src))[1], "d0711 /d");
    assert_eq!(
        below("include = ['usr']\nstrip-prefix = 'usr'", &src),
        ["share", "share/a", "share/doc", "share/doc/b"]
    );
}

#[test]
fn symlinks_are_kept_followed_or_refused() {
    let src = MemorySource::new()
        .file("m/s/real/a", "1")
        .symlink("m/s/dir", "real")
        .symlink("m/s/real/b", "../real/./a")
        .symlink("m/s/dangling", "nothing")
        .symlink("m/s/chain", "dir/b")
        .with("m/s/real/a", |it| it.mtime_ns = 5);
    let text = "[[mount]]\nguest = '/'\nsource = 's'\n";
    assert_eq!(
        lines(&plan(text, &src)),
        [
            "d0755 /",
            "l0777 /chain -> dir/b",
            "l0777 /dangling -> nothing",
            "l0777 /dir -> real",
            "d0755 /real",
            "f0644 /real/a 1",
            "l0777 /real/b -> ../real/./a",
        ]
    );
    let follow =
        format!("{text}symlinks = 'follow'\nexclude = ['dangling']\ntimestamps = 'source'\n");
    let followed = plan(&follow, &src);
    assert_eq!(
        lines(&followed),
        [
            "d0755 /",
            "f0644 /chain 1",
            "d0755 /dir",
            "f0644 /dir/a 1",
            "f0644 /dir/b 1",
            "d0755 /real",
            "f0644 /real/a 1",
            "f0644 /real/b 1",
        ]
    );
    assert_eq!(followed.entries().at(1).time_ns, 5);
    assert_eq!(
        codes(&format!("{text}symlinks = 'error'\n"), &src),
        ["wasi_vfs::plan::symlink"]
    );
    // The source itself may be a symlink: the manifest names it.
    let named = MemorySource::new()
        .file("m/v1/a", "")
        .symlink("m/current", "v1")
        .file("m/f", "")
        .symlink("m/g", "f");
    let text = "[[mount]]\nguest = '/d'\nsource = 'current'\nsymlinks = 'error'\n[[file]]\nguest = '/g'\nsource = 'g'";
    assert_eq!(
        lines(&plan(text, &named)),
        ["d0755 /", "d0755 /d", "f0644 /d/a 0", "f0644 /g 0"]
    );
}

#[test]
fn similar_names_are_told_once() {
    let src = MemorySource::new()
        .file("m/s/Doc/a", "")
        .file("m/s/doc/a", "")
        .file("m/s/caf\u{e9}", "")
        .file("m/s/cafe\u{301}", "");
    let plan = plan("[[mount]]\nguest = '/'\nsource = 's'", &src);
    let [PlanWarning::SimilarNames { pairs }] = plan.warnings() else {
        panic!("{:?}", plan.warnings());
    };
    assert_eq!(
        pairs.named(),
        ["`/Doc` and `/doc`", "`/cafe\u{301}` and `/caf\u{e9}`"]
    );
}

#[test]
fn rows_and_totals() {
    let src = MemorySource::new()
        .file("m/s/a", "12")
        .symlink("m/s/b", "a");
    let text = "[[mount]]\nname = 'tree'\nguest = '/'\nsource = 's'\ntimestamps = '2024-01-31T12:00:00.5Z'";
    let plan = plan(text, &src);
    let rows: Vec<_> = plan.rows().collect();
    assert_eq!(
        serde_json::to_value(&rows).unwrap(),
        serde_json::json!([
            {"path": "/", "kind": "directory", "mode": "0755", "time": "2024-01-31T12:00:00.5Z", "mount": "tree"},
            {"path": "/a", "kind": "file", "mode": "0644", "time": "2024-01-31T12:00:00.5Z", "size": 2,
             "source": "m/s/a", "mount": "tree"},
            {"path": "/b", "kind": "symlink", "mode": "0777", "time": "2024-01-31T12:00:00.5Z", "target": "a",
             "mount": "tree"},
        ])
    );
    let totals = plan.totals();
    assert_eq!(
        (
            totals.directories,
            totals.files,
            totals.symlinks,
            totals.bytes
        ),
        (1, 1, 1, 2)
    );
}

/// A numbered sequence of trees; the same manifest gives the same plan however their directories are listed.
#[test]
fn the_order_of_listings_does_not_matter() {
    for seed in 0..40_u64 {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut random = |below: u64| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state % below
        };
        let mut src = MemorySource::new();
        for _ in 0..60 {
            let depth = 1 + random(4);
            let names: Vec<String> = (0..depth)
                .map(|_| {
                    format!(
                        "{}{}",
                        ["a", "b", "-", "B", "é"][random(5) as usize],
                        random(3)
                    )
                })
                .collect();
            let path = format!("m/s/{}", names.join("/"));
            // Names may be in use as directories or files; then the first stays.
            if names
                .iter()
                .enumerate()
                .any(|(n, _)| src.is_leaf(format!("m/s/{}", names[..=n].join("/"))))
                || src.has(&path)
            {
                continue;
            }
            src = match random(4) {
                0 => src.directory(path),
                1 => src.symlink(path, names.last().unwrap()),
                _ => src
                    .file(&path, "x".repeat(random(9) as usize))
                    .with(&path, |it| {
                        it.link_id = (random(3) == 0).then_some((1, random(4)));
                    }),
            };
        }
        let text = "[[mount]]\nguest = '/d'\nsource = 's'\noptional = true\nexclude = ['**/b1', '!**/a*']\n\
                    [[mount.rule]]\nmatch = '**/a*'\npermissions = '+x'\n";
        let one = lines(&plan(text, &src));
        assert!(one.len() > 3);
        for order in 0..4 {
            assert_eq!(
                lines(&plan(text, &src.clone().shuffled(order))),
                one,
                "seed {seed}"
            );
        }
    }
}
