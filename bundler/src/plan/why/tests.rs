//! What `why` says agrees with the plan, for every path of a source and many patterns.

use std::path::Path;

use super::*;
use crate::manifest::Choice;
use crate::source::MemorySource;

const HEAD: &str = "manifest-version = 1\n[module]\ninput = 'app.wasm'\noutput = 'm/s/out.wasm'\n";

fn manifest(text: &str) -> Manifest {
    let text = format!("{HEAD}{text}");
    match Manifest::parse(&text, "wasi-vfs.toml", Path::new("m"), &Choice::default()) {
        Ok(manifest) => manifest,
        Err(error) => panic!("{:?}", miette::Report::new(error)),
    }
}

fn ask(text: &str, src: &MemorySource, path: &str) -> Why {
    match why(&manifest(text), src, GuestPath::parse(path).unwrap()) {
        Ok(why) => why,
        Err(error) => panic!("{:?}", miette::Report::new(error)),
    }
}

fn written(text: &str, line: usize) -> Written {
    Written {
        text: text.to_owned(),
        line,
    }
}

const PATHS: [&str; 14] = [
    "a.py",
    "a.txt",
    ".hidden",
    ".env",
    "etc",
    "etc/conf",
    "etc/deep",
    "etc/deep/conf",
    "lib/b.py",
    "lib/b.pyc",
    "lib/test/t.py",
    "lib/test/support",
    "lib/test/support/u.py",
    "var/empty",
];

fn tree() -> MemorySource {
    let directories = ["etc", "etc/deep", "lib/test/support", "var/empty"];
    PATHS.iter().fold(MemorySource::new(), |src, path| {
        let at = format!("m/s/{path}");
        match directories.contains(path) {
            true => src.directory(at),
            false => src.file(at, "x"),
        }
    })
}

/// A path that a table brings is in, one that it does not is out; a directory may be on the way to something.
#[test]
fn verdicts_agree_with_the_plan() {
    let src = tree();
    for keys in [
        "",
        "include = ['etc', 'lib/**/*.py']",
        "include = ['**/*.py']\nexclude = ['**/test']",
        "include = ['**/*.py']\nexclude = ['**/test', '!lib/test/support']",
        "exclude = ['**/test/**', '!**/test/support/**', '**/u.py']",
        "exclude = ['*.py', '!a.*', 'a.txt']",
        "exclude = ['!.env']",
        "hidden = false",
        "hidden = false\nexclude = ['!.hidden']",
        "default-excludes = false\nexclude = ['.env']",
        "include = ['var']",
        "include = ['lib/test/support/']\nexclude = ['lib/test/support/*.py', '!**/u.py']",
        "strip-prefix = 'lib'\ninclude = ['lib/**']",
        "strip-prefix = 'lib'\ninclude = ['lib/test/*.py']",
    ] {
        let text = format!("[[mount]]\nguest = '/d'\nsource = 's'\noptional = true\n{keys}");
        let (manifest, request) = (manifest(&text), 0);
        let plan = crate::plan::resolve(&manifest, &src).unwrap();
        let prefix = keys.contains("strip-prefix");
        let mut below: Vec<String> = PATHS
            .iter()
            .flat_map(|path| Path::new(path).ancestors())
            .filter_map(|path| match prefix {
                true => path.strip_prefix("lib").ok(),
                false => Some(path),
            })
            .map(|path| path.to_str().unwrap().to_owned())
            .collect();
        below.sort();
        below.dedup();
        for path in below {
            let guest = GuestPath::parse(&format!("/d/{path}")).unwrap();
            let there = find(&plan, &guest);
            let request = &manifest.requests[request];
            let verdict =
                verdict(&manifest, &src, &mut Archives::default(), request, &guest).unwrap();
            let brings = matches!(verdict, Verdict::Brings { .. });
            let directory =
                (there.as_ref()).is_some_and(|entry| matches!(entry.kind, EntryKind::Directory));
            assert!(
                brings == there.is_some() || directory && !brings,
                "{keys}: {path}: {verdict:?}"
            );
            let why = ask(&text, &src, guest.as_str());
            assert_eq!(why.is_in(), there.is_some());
            let verdict = &why.tables[0].verdict;
            let on_the_way = matches!(verdict, Verdict::OnTheWay | Verdict::Brings { .. });
            assert_eq!(on_the_way, there.is_some(), "{keys}: {path}: {verdict:?}");
        }
    }
}

#[test]
fn each_reason_to_stay_out() {
    let src = tree()
        .file("m/s/out.wasm", "")
        .file("m/s/wasi-vfs.toml", "")
        .symlink("m/s/link", "etc");
    // The pattern of line 9 is the second of the list.
    let text = "[[mount]]\nguest = '/d'\nsource = 's'\nexclude = [\n'lib/*.pyc', '**/support',\n]\nhidden = false\n";
    let verdict = |path: &str| {
        let why = ask(text, &src, path);
        assert!(!why.is_in(), "{path}");
        why.tables.into_iter().next().unwrap().verdict
    };
    let out = |by, at: &str| Verdict::KeptOut {
        by,
        at: at.to_owned(),
    };
    assert_eq!(
        verdict("/d/lib/b.pyc"),
        out(KeptBy::Exclude(written("lib/*.pyc", 9)), "s/lib/b.pyc")
    );
    assert_eq!(
        verdict("/d/lib/test/support/u.py"),
        out(
            KeptBy::Exclude(written("**/support", 9)),
            "s/lib/test/support"
        )
    );
    assert_eq!(verdict("/d/.hidden"), out(KeptBy::Hidden, "s/.hidden"));
    assert!(matches!(
        verdict("/d/.env"),
        Verdict::KeptOut {
            by: KeptBy::Hidden | KeptBy::Default(_),
            ..
        }
    ));
    assert_eq!(
        verdict("/d/etc/cnof"),
        Verdict::NoSource {
            path: "s/etc/cnof".to_owned(),
            near: Some("conf".to_owned())
        }
    );
    assert_eq!(
        verdict("/d/a.py/x"),
        Verdict::NotADirectory {
            path: "s/a.py".to_owned()
        }
    );
    assert_eq!(
        verdict("/d/link/conf"),
        Verdict::Symlink {
            path: "s/link".to_owned()
        }
    );
    let blocked = ask(text, &src, "/d/link/conf").blocked.unwrap();
    assert_eq!(blocked.path.as_str(), "/d/link");

    let only = "[[mount]]\nguest = '/d'\nsource = 's'\ninclude = ['etc', '*.py']";
    let why = ask(only, &src, "/d/a.txt");
    assert_eq!(
        why.tables[0].verdict,
        Verdict::NotIncluded {
            patterns: vec![written("etc", 8), written("*.py", 8)]
        }
    );
}

#[test]
fn who_brings_it_and_how() {
    let src = tree();
    let text = "[[mount]]\nguest = '/d'\nsource = 's'\ninclude = ['etc', '**/*.py']\nexclude = ['**/test', '!**/t.py']\n\
                [[mount.rule]]\nmatch = '**/*.py'\npermissions = '0600'\ntimestamps = '2024-01-01T00:00:00Z'\n\
                [[mount.rule]]\nmatch = 'a.*'\npermissions = '+x'\n\
                [[file]]\nguest = '/d/lib/b.py'\ncontent = 'mine'\noverrides = true\n\
                [[dir]]\nguest = '/d/etc'\n[[mount]]\nguest = '/d/run'\nkind = 'tmpfs'";
    let why = ask(text, &src, "/d/a.py");
    assert!(why.tables[0].decides && why.tables.len() == 1);
    assert_eq!(
        why.tables[0].verdict,
        Verdict::Brings {
            include: Some(written("**/*.py", 8)),
            taken_back: None,
            mode: Given::Rule(written("a.*", 15)),
            time: Given::Rule(written("**/*.py", 11)),
        }
    );
    assert_eq!((why.tables[0].kind, why.tables[0].line), ("mount", 6));
    assert_eq!(why.tables[0].source.as_deref(), Some("s/a.py"));

    let Verdict::Brings { taken_back, .. } =
        ask(text, &src, "/d/lib/test/t.py").tables.remove(0).verdict
    else {
        panic!("not in");
    };
    assert_eq!(taken_back, Some(written("!**/t.py", 9)));

    // Two tables, one file; two tables, one directory.
    let both = ask(text, &src, "/d/lib/b.py");
    let decides: Vec<_> = both.tables.iter().map(|table| table.decides).collect();
    assert_eq!(decides, [false, true]);
    let both = ask(text, &src, "/d/etc");
    let decides: Vec<_> = both.tables.iter().map(|table| table.decides).collect();
    assert_eq!(decides, [false, true]);

    let why = ask(text, &src, "/");
    assert_eq!(why.needed_by.unwrap().as_str(), "/d");
    let why = ask(text, &src, "/d/run/x");
    assert_eq!(why.tables[1].verdict, Verdict::AtRunTime);
    assert_eq!(why.mount.unwrap().0.as_str(), "/d/run");
    let why = ask(text, &src, "/e/a.py");
    assert!(why.tables.is_empty());
    assert_eq!(why.near, [GuestPath::parse("/d/a.py").unwrap()]);
}

/// What a `.gitignore` leaves out is told with the file and the line, and what is taken back comes.
#[test]
fn a_gitignore_is_named() {
    let src = MemorySource::new()
        .directory("m/.git")
        .file("m/.gitignore", "# logs\n*.log\n")
        .file("m/s/a.log", "")
        .file("m/s/lib/.gitignore", "deep/")
        .file("m/s/lib/deep/x", "")
        .file("m/s/b.log", "")
        .file("m/s/.wasi-vfs-AbCdEf.tmp", "");
    let text = "[[mount]]\nguest = '/d'\nsource = 's'\ngitignore = true\nexclude = ['!b.log']\n";
    let verdict = |path: &str| ask(text, &src, path).tables.remove(0).verdict;
    let out = |file: &str, line, at: &str| Verdict::KeptOut {
        by: KeptBy::Gitignore {
            file: file.into(),
            line,
        },
        at: at.to_owned(),
    };
    assert_eq!(verdict("/d/a.log"), out("m/.gitignore", 2, "s/a.log"));
    assert_eq!(
        verdict("/d/lib/deep/x"),
        out("m/s/lib/.gitignore", 1, "s/lib/deep")
    );
    assert!(matches!(verdict("/d/b.log"), Verdict::Brings { .. }));
    assert!(matches!(
        verdict("/d/.wasi-vfs-AbCdEf.tmp"),
        Verdict::KeptOut {
            by: KeptBy::Output,
            ..
        }
    ));
}
