//! `docs/errors.md` has every code of the tool, and every code is seen in a golden report as the user sees it.
//!
//! `BLESS=1` adds rows for new codes, with the meaning from the code's documentation and the help it prints, and removes
//! those of codes that are gone. What to do about an error may be written better by hand: that is kept.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use wasi_vfs_tests::cache;

/// The stages of the tool in the order of their work, and what the page calls them.
const STAGES: &[(&str, &str)] = &[
    ("manifest", "The manifest"),
    ("profile", "Profiles"),
    ("vars", "Variables"),
    ("plan", "What goes in"),
    ("archive", "Archives"),
    ("program", "The program"),
    ("image", "Reading the files, writing the image"),
    ("link", "Putting the interposer into the program"),
    ("unused", "What changes nothing"),
    ("preinit", "Initializing the program"),
    ("output", "Writing the bundle"),
    ("lock", "The lock"),
    ("verify", "Verifying"),
    ("diff", "Comparing"),
    ("watch", "Watching"),
    ("inspect", "Looking into a module"),
    ("extract", "Taking files out"),
    ("init", "Starting a manifest"),
    ("why", "Asking for one path"),
    ("run", "Running"),
    ("cli", "The command line"),
];

/// An error, warning or remark.
#[derive(Debug, PartialEq, Eq)]
struct Row {
    meaning: String,
    remedy: String,
}

fn root() -> PathBuf {
    cache::package_dir().join("..")
}

/// All files below a folder whose name ends like this, in order.
fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut pending = vec![folder.to_owned()];
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).expect("can be listed");
            pending.extend(entries.map(|entry| entry.expect("can be listed").path()));
        } else if path.to_string_lossy().ends_with(end) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Every `code(wasi_vfs::…)` of the sources, with the first paragraph of its documentation and its help.
fn codes() -> BTreeMap<String, Row> {
    let mut codes = BTreeMap::new();
    for path in files(&root().join("bundler/src"), ".rs") {
        let source = fs::read_to_string(&path).expect("can be read");
        let mut rest = source.as_str();
        while let Some(at) = rest.find("code(wasi_vfs::") {
            rest = &rest[at + "code(".len()..];
            let Some((code, after)) = rest.split_once(')') else {
                break;
            };
            let row = Row {
                meaning: documentation(&source[..source.len() - rest.len()]),
                remedy: help(after),
            };
            assert!(
                !row.meaning.is_empty(),
                "`{code}` has no documentation in {}",
                path.display()
            );
            let again = codes.insert(code.to_owned(), row);
            assert!(again.is_none(), "`{code}` is twice in the sources");
        }
    }
    codes
}

/// The first paragraph of the documentation comment that is last in this text.
fn documentation(before: &str) -> String {
    let lines: Vec<&str> = before.lines().map(str::trim).collect();
    let Some(end) = lines.iter().rposition(|line| line.starts_with("///")) else {
        return String::new();
    };
    // Attributes may be between, and nothing else.
    let other = |line: &&str| line.ends_with(['}', ';']) || line.ends_with("},");
    if lines[end + 1..].iter().any(other) {
        return String::new();
    }
    let start = lines[..end]
        .iter()
        .rposition(|line| !line.starts_with("///"));
    let comment = &lines[start.map_or(0, |start| start + 1)..=end];
    let paragraph = comment
        .iter()
        .map(|line| line.trim_start_matches("///").trim());
    let paragraph: Vec<&str> = paragraph.take_while(|line| !line.is_empty()).collect();
    plain(&paragraph.join(" "))
}

/// The text of `help("…")` in the attribute that goes on here, with `…` for what only a report knows.
fn help(after: &str) -> String {
    let attribute = after.split(")]").next().unwrap_or_default();
    let Some((_, help)) = attribute.split_once("help(") else {
        return String::new();
    };
    let mut text = String::new();
    let mut inside = false;
    let mut characters = help.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if inside => break,
            '"' => inside = true,
            '\\' if inside => match characters.next() {
                // A line that goes on.
                Some('\n') => while characters.next_if(|next| next.is_whitespace()).is_some() {},
                Some('n') => text.push(' '),
                Some(escaped) => text.push(escaped),
                None => break,
            },
            '{' if inside && characters.next_if_eq(&'{').is_some() => text.push('{'),
            '}' if inside && characters.next_if_eq(&'}').is_some() => text.push('}'),
            '{' if inside => {
                while characters.next().is_some_and(|next| next != '}') {}
                text.push('…');
            }
            character if inside => text.push(character),
            _ => {}
        }
    }
    plain(&text)
}

/// Without links to other documentation.
fn plain(text: &str) -> String {
    let text = text.replace("[`", "`").replace("`]", "`");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The rows of the page.
fn page_rows(page: &str) -> BTreeMap<String, Row> {
    let mut rows = BTreeMap::new();
    for line in page
        .lines()
        .filter(|line| line.starts_with("| `wasi_vfs::"))
    {
        let line = line.replace("\\|", "\u{1}");
        let cells: Vec<String> = line
            .split('|')
            .map(|cell| cell.trim().replace('\u{1}', "|"))
            .collect();
        let [_, code, meaning, remedy, _] = &cells[..] else {
            panic!("not three cells: {line}");
        };
        let row = Row {
            meaning: meaning.clone(),
            remedy: remedy.clone(),
        };
        let again = rows.insert(code.trim_matches('`').to_owned(), row);
        assert!(again.is_none(), "{code} is there twice");
    }
    rows
}

fn page(rows: &BTreeMap<String, Row>) -> String {
    let mut page = include_str!("errors.intro.md").to_owned();
    let stage = |code: &str| code.split("::").nth(1).unwrap_or_default().to_owned();
    let known = STAGES.iter().map(|(stage, _)| (*stage).to_owned());
    let mut stages: Vec<String> = known.collect();
    stages.extend(rows.keys().map(|code| stage(code)));
    let mut done = BTreeSet::new();
    for name in stages {
        let here: Vec<_> = rows
            .iter()
            .filter(|(code, _)| stage(code) == name)
            .collect();
        if here.is_empty() || !done.insert(name.clone()) {
            continue;
        }
        let title = STAGES.iter().find(|(stage, _)| *stage == name);
        let title = title.map_or(name.as_str(), |(_, title)| title);
        let _ = write!(
            page,
            "\n## {title}\n\n| code | what it means | what to do |\n| --- | --- | --- |\n"
        );
        for (code, row) in here {
            let cell = |text: &str| text.replace('|', "\\|");
            let (meaning, remedy) = (cell(&row.meaning), cell(&row.remedy));
            let _ = writeln!(page, "| `{code}` | {meaning} | {remedy} |");
        }
    }
    page
}

#[test]
fn the_page_has_every_code_with_meaning_and_remedy() {
    let path = root().join("docs/errors.md");
    let text = fs::read_to_string(&path).unwrap_or_default();
    let mut written = page_rows(&text);
    let rows: BTreeMap<String, Row> = codes()
        .into_iter()
        .map(|(code, mut row)| {
            if let Some(written) = written.remove(&code) {
                row.remedy = written.remedy;
            }
            (code, row)
        })
        .collect();
    let page = page(&rows);
    if cache::setting("BLESS").is_some() {
        fs::create_dir_all(root().join("docs")).expect("the folder can be made");
        fs::write(&path, &page).expect("the page can be written");
    } else {
        assert!(
            page == text,
            "docs/errors.md does not fit the sources; `BLESS=1 cargo test -p wasi-vfs-tests --test errors` adds what is missing"
        );
    }
    for (code, row) in &rows {
        assert!(!row.meaning.is_empty(), "`{code}` is not documented");
        let says_something = row.remedy.chars().filter(|it| it.is_alphabetic()).count() > 8;
        assert!(says_something, "docs/errors.md has no remedy for `{code}`");
    }
}

/// Where reports are kept as the user sees them.
const GOLDEN: [&str; 3] = ["bundler/tests/golden", "bundler/tests/link", "tests/golden"];

#[test]
fn every_code_is_seen_in_a_golden_report() {
    let mut seen = BTreeSet::new();
    for folder in GOLDEN {
        for path in files(&root().join(folder), ".txt") {
            if path.file_name().is_some_and(|name| name == "codes.txt") {
                continue;
            }
            let text = fs::read_to_string(&path).unwrap_or_default();
            let words = text.split(|c: char| c.is_whitespace() || c == '"');
            let codes = words.filter(|word| word.starts_with("wasi_vfs::"));
            seen.extend(codes.map(str::to_owned));
        }
    }
    let excused = include_str!("errors.unseen");
    let excused: BTreeMap<&str, &str> = excused
        .lines()
        .map(|line| line.split_once(": ").expect("a code and a reason"))
        .collect();
    let codes = codes();
    let missing: Vec<&String> = codes
        .keys()
        .filter(|code| !seen.contains(*code) && !excused.contains_key(code.as_str()))
        .collect();
    assert!(missing.is_empty(), "no golden report shows {missing:#?}");
    let needless: Vec<&&str> = (excused.keys())
        .filter(|code| seen.contains(**code) || !codes.contains_key(**code))
        .collect();
    assert!(needless.is_empty(), "no excuse is needed for {needless:?}");
}
