//! What users see of wrong manifests and plans: each case of `golden/manifest` is a manifest `NAME.toml`, the report
//! `NAME.txt` that it gives, and, where it is about files, the tree `NAME.tree`.
//!
//! A line of a tree is one of
//!
//! ```text
//! f PATH CONTENT       a file
//! F PATH SIZE          a file of that size
//! d PATH               a directory
//! l PATH TARGET        a symlink
//! s PATH WHAT          something else, such as `a pipe`
//! u PATH               what is there can't be read
//! t PATH SECONDS       its time of last modification
//! a PATH NAME          the archive of that name in `archives/wrong.rs`
//! e VALUE              SOURCE_DATE_EPOCH
//! p NAME               the profile
//! v NAME VALUE         an environment variable
//! ```
//!
//! with `\xNN` for bytes in paths. `BLESS=1 cargo test` writes the reports anew.

#[path = "archives/build.rs"]
mod build;
#[path = "archives/wrong.rs"]
mod wrong;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};
use wasi_vfs::manifest::{Choice, Manifest, Variables};
use wasi_vfs::plan;
use wasi_vfs::source::MemorySource;

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/manifest")
}

/// As on a terminal of 100 columns, without colours.
fn render(error: &dyn Diagnostic) -> String {
    let mut text = String::new();
    let handler =
        GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor()).with_width(100);
    handler
        .render_report(&mut text, error)
        .expect("a string takes all");
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n") + "\n"
}

/// Compares with the golden file, or writes it.
fn expect(name: &str, text: &str) -> Option<String> {
    let path = golden().join(name);
    if BLESS.is_some() {
        fs::write(&path, text).expect("the golden folder is writable");
        return None;
    }
    let golden = fs::read_to_string(&path).unwrap_or_default();
    (golden != text).then(|| {
        format!("{name} differs (BLESS=1 writes it anew)\n--- golden\n{golden}\n--- now\n{text}")
    })
}

/// Read when compiled: tests may not look at the environment.
const BLESS: Option<&str> = option_env!("BLESS");

fn unescape(text: &str) -> PathBuf {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\\x") {
        bytes.extend(before.as_bytes());
        bytes.push(u8::from_str_radix(&after[..2], 16).expect("two hex digits follow"));
        rest = &after[2..];
    }
    bytes.extend(rest.as_bytes());
    #[cfg(unix)]
    return PathBuf::from(<OsString as std::os::unix::ffi::OsStringExt>::from_vec(
        bytes,
    ));
    #[cfg(not(unix))]
    return PathBuf::from(OsString::from(String::from_utf8_lossy(&bytes).into_owned()));
}

fn tree(text: &str) -> (MemorySource, Choice) {
    let mut src = MemorySource::new();
    let mut choice = Choice::default();
    let mut variables = BTreeMap::new();
    for line in text.lines() {
        let mut words = line.splitn(3, ' ');
        let kind = words.next().unwrap_or_default();
        let path = unescape(words.next().expect("a path"));
        let rest = words.next().unwrap_or_default();
        let number = || rest.parse::<u64>().expect("a number");
        src = match kind {
            "f" => src.file(path, rest),
            "F" => src
                .file(&path, "")
                .with(path, |metadata| metadata.size = number()),
            "d" => src.directory(path),
            "a" => src.file(path, wrong::wrong(rest)),
            "l" => src.symlink(path, rest),
            "s" => src.special(
                path,
                if rest == "a pipe" {
                    "a pipe"
                } else {
                    "a socket"
                },
            ),
            "u" => src.unreadable(path),
            "t" => src.with(path, |metadata| {
                metadata.mtime_ns = rest.parse::<i128>().expect("a number") * 1_000_000_000;
            }),
            "e" => {
                choice.environment.source_date_epoch = Some(path.display().to_string());
                src
            }
            "p" => {
                choice.profile = Some(path.display().to_string());
                src
            }
            "v" => {
                let value = unescape(rest).into_os_string();
                variables.insert(path.display().to_string(), value);
                src
            }
            _ => panic!("no line of a tree: {line}"),
        };
    }
    choice.environment.variables = Variables::new(move |name| variables.get(name).cloned());
    (src, choice)
}

/// The report of a case.
fn run(text: &str, tree_text: &str) -> Result<(), String> {
    let (src, choice) = tree(tree_text);
    let manifest = Manifest::parse(text, "wasi-vfs.toml", Path::new(""), &choice);
    let manifest = manifest.map_err(|error| render(&error))?;
    let plan = plan::resolve(&manifest, &src).map_err(|error| render(&error))?;
    match plan.warnings() {
        [] => Ok(()),
        warnings => Err(warnings.iter().map(|warning| render(warning)).collect()),
    }
}

#[test]
fn reports() {
    let mut wrong = Vec::new();
    let mut names: Vec<PathBuf> = fs::read_dir(golden())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    names.sort();
    for path in names
        .iter()
        .filter(|path| path.extension().is_some_and(|end| end == "toml"))
    {
        let text = fs::read_to_string(path).unwrap();
        let tree_text = fs::read_to_string(path.with_extension("tree")).unwrap_or_default();
        let name = path.file_stem().unwrap().to_str().unwrap();
        match run(&text, &tree_text) {
            Ok(()) => wrong.push(format!("{name} has nothing wrong")),
            Err(report) => wrong.extend(expect(&format!("{name}.txt"), &report)),
        }
        let (src, choice) = tree(&tree_text);
        if let Ok(manifest) = Manifest::parse(&text, "wasi-vfs.toml", Path::new(""), &choice) {
            let report = |src| {
                plan::resolve(&manifest, src)
                    .map(|_| ())
                    .map_err(|error| render(&error))
            };
            assert_eq!(
                report(&src),
                report(&src.clone().reversed()),
                "{name}: the order of listings shows"
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn manifests_that_cannot_be_read() {
    let src = MemorySource::new()
        .directory("folder")
        .file("latin1.toml", b"# a comment\nname = \"caf\xe9\"\n")
        .file("secret.toml", "")
        .unreadable("secret.toml");
    let mut wrong = Vec::new();
    for (name, path) in [
        ("read_not_found", "wasi-vfs.toml"),
        ("read_is_directory", "folder"),
        ("read_not_utf8", "latin1.toml"),
        ("read_unreadable", "secret.toml"),
    ] {
        let error = Manifest::read(Path::new(path), &src, &Choice::default()).expect_err(name);
        wrong.extend(expect(&format!("{name}.txt"), &render(&error)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The codes in the sources of the two stages, each with the first line of its variant's documentation.
fn codes() -> Vec<(String, String)> {
    let mut codes = Vec::new();
    for (stage, file) in [
        ("manifest", "error"),
        ("manifest", "error/mounts"),
        ("manifest", "error/profiles"),
        ("manifest", "error/vars"),
        ("manifest", "error/warning"),
        ("plan", "error"),
        ("plan", "../archive/error"),
        ("plan", "warning"),
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/{stage}/{file}.rs"));
        let source = fs::read_to_string(path).unwrap();
        let mut doc = None;
        for line in source.lines() {
            let trimmed = line.trim();
            if let Some(text) = trimmed
                .strip_prefix("/// ")
                .filter(|_| line.starts_with("    ///"))
            {
                doc.get_or_insert_with(|| text.to_owned());
            }
            if let Some((_, code)) = trimmed.split_once("code(wasi_vfs::") {
                let (code, _) = code.split_once(')').unwrap();
                assert!(
                    code.starts_with(&format!("{stage}::")),
                    "{code} is not of its stage"
                );
                codes.push((
                    format!("wasi_vfs::{code}"),
                    doc.take().expect("each problem is documented"),
                ));
            }
            // The documentation of fields is not that of a problem.
            if trimmed.ends_with("},") || trimmed == "}" {
                doc = None;
            }
        }
    }
    codes
}

/// Every code is unique, documented, listed in `codes.txt` and seen in a golden report.
#[test]
fn codes_are_unique_documented_and_shown() {
    let codes = codes();
    let unique: BTreeSet<&String> = codes.iter().map(|(code, _)| code).collect();
    assert_eq!(unique.len(), codes.len());
    let list: Vec<String> = codes
        .iter()
        .map(|(code, doc)| format!("{code}: {doc}\n"))
        .collect();
    assert_eq!(expect("codes.txt", &list.concat()), None);
    if BLESS.is_some() {
        // The reports are being written at this moment.
        return;
    }
    // No manifest leads to what only `pack` has.
    let of_pack = ["pack", "pack-earlier", "pack-left-out"];
    let of_pack = of_pack.map(|name| golden().join(format!("../cli/{name}.txt")));
    let mut reports: String = of_pack
        .map(|path| fs::read_to_string(path).unwrap())
        .concat();
    for entry in fs::read_dir(golden()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "txt") && path.file_stem().unwrap() != "codes"
        {
            reports += &fs::read_to_string(path).unwrap();
        }
    }
    let shown: BTreeSet<&str> = reports
        .split_whitespace()
        .filter(|word| word.starts_with("wasi_vfs::"))
        .collect();
    let missing: Vec<&&String> = unique
        .iter()
        .filter(|code| !shown.contains(code.as_str()))
        .collect();
    assert!(missing.is_empty(), "no golden report shows {missing:?}");
}

/// A file that is something else, given by mistake, is not gone through line by line.
#[test]
fn what_is_no_toml_at_all_is_told_in_few_words() {
    let text = "this is (no) manifest\n".repeat(1000);
    let read = Manifest::parse(&text, "m", Path::new(""), &Choice::default());
    let codes: Vec<_> = read
        .unwrap_err()
        .problems()
        .iter()
        .map(|p| p.code().unwrap().to_string())
        .collect();
    assert_eq!(codes, ["wasi_vfs::manifest::syntax"; 5]);
}

/// What editors of other systems add to a text changes nothing.
#[test]
fn line_ends_and_byte_order_marks() {
    let text = "manifest-version = 1\n\n[module]\ninput = \"a.wasm\"\noutput = \"b.wasm\"\n";
    let parse =
        |text: &str| Manifest::parse(text, "wasi-vfs.toml", Path::new("m"), &Choice::default());
    for text in [
        text.to_owned(),
        text.replace('\n', "\r\n"),
        format!("\u{feff}{text}"),
    ] {
        let manifest = parse(&text)
            .map_err(|error| render(&error))
            .expect("it is a manifest");
        assert_eq!(manifest.output(), Path::new("m/b.wasm"));
    }
}

/// Whatever is written, the answer is a manifest or a report that can be shown: never a panic.
#[test]
fn no_text_makes_a_panic() {
    let text = fs::read_to_string(golden().join("../../../../wasi-vfs.toml.example")).unwrap();
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with("# ") && !line.is_empty())
        .collect();
    let text = lines.join("\n");
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).expect("it is below a usize")
    };
    let pieces = [
        "\"", "[", "]]", "=", "\n", "\u{e9}", "-1", "true", "{", "..", "${", "\\", "\0", "#",
        "mount", "'",
    ];
    let (mut good, mut bad) = (0, 0);
    for _ in 0..1000 {
        let mut mutated = text.clone();
        for _ in 0..=random(3) {
            let start = random(mutated.len());
            let end = (start + random(12)).min(mutated.len());
            if mutated.is_char_boundary(start) && mutated.is_char_boundary(end) {
                mutated.replace_range(start..end, pieces[random(pieces.len())]);
            }
        }
        match Manifest::parse(&mutated, "wasi-vfs.toml", Path::new(""), &Choice::default()) {
            Ok(_) => good += 1,
            Err(error) => {
                bad += 1;
                assert!(render(&error).contains("wasi_vfs::manifest::"));
            }
        }
    }
    assert!(good > 0 && bad > good, "{good} manifests and {bad} reports");
}
