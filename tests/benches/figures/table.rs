//! The lines of figures as tables of `docs/performance.md`.

use std::fmt::Write as _;
use std::fs;

use serde_json::Value;
use wasi_vfs_tests::cache;

/// Puts the figures of these files into the document, each group between its marks; groups without figures stay.
pub(crate) fn write(files: &[&String]) {
    let lines: Vec<Value> = files
        .iter()
        .flat_map(|file| {
            let text = fs::read_to_string(file);
            let text = text.unwrap_or_else(|error| panic!("can't read `{file}`: {error}"));
            let lines = text
                .lines()
                .map(|line| serde_json::from_str(line).expect("a line of JSON"));
            lines.collect::<Vec<Value>>()
        })
        .collect();
    let path = cache::package_dir().join("../docs/performance.md");
    let mut document = fs::read_to_string(&path).expect("can't read docs/performance.md");
    let mut groups: Vec<&str> = lines.iter().map(|line| text(line, "group")).collect();
    groups.dedup();
    for group in groups {
        let rows: Vec<&Value> = lines.iter().filter(|line| line["group"] == group).collect();
        let (begin, end) = (format!("<!-- {group} -->\n"), format!("<!-- /{group} -->"));
        let from = document.find(&begin).map(|at| at + begin.len());
        let to = document.find(&end);
        let (Some(from), Some(to)) = (from, to) else {
            panic!("docs/performance.md has no place for `{group}`");
        };
        document.replace_range(from..to, &table(&rows));
    }
    fs::write(&path, document).expect("can't write docs/performance.md");
}

fn table(rows: &[&Value]) -> String {
    let peaks = rows.iter().any(|row| row.get("peak-mib").is_some());
    let mut out = String::from("| on | what | wasi-vfs | beside | ratio | budget |");
    out.push_str(if peaks { " peak memory |\n" } else { "\n" });
    out.push_str("| --- | --- | ---: | ---: | ---: | --- |");
    out.push_str(if peaks { " ---: |\n" } else { "\n" });
    for row in rows {
        let unit = text(row, "unit");
        let number = |key: &str| row[key].as_f64().unwrap_or(f64::NAN);
        let ratio = number("ratio");
        let _ = write!(
            out,
            "| {} | {} | {} {unit} | {} {unit} ({}) | {} |",
            text(row, "case"),
            text(row, "what"),
            short(number("ours")),
            short(number("theirs")),
            text(row, "versus"),
            times(ratio),
        );
        let _ = match row["budget"].as_f64() {
            Some(budget) if ratio <= budget => write!(out, " {} |", times(budget)),
            Some(budget) => write!(out, " **{}** |", times(budget)),
            None => write!(out, " |"),
        };
        if peaks {
            let _ = write!(out, " {} MiB |", short(number("peak-mib")));
        }
        out.push('\n');
    }
    out
}

/// A ratio: `1.5 ×`, or `1/25` for what is that much faster.
fn times(ratio: f64) -> String {
    match ratio {
        ratio if ratio < 0.5 => format!("1/{}", short(1.0 / ratio)),
        ratio => format!("{ratio:.2} ×"),
    }
}

fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key].as_str().expect("every line has it")
}

/// Three digits.
fn short(value: f64) -> String {
    match value {
        value if value >= 99.5 => format!("{value:.0}"),
        value if value >= 9.95 => format!("{value:.1}"),
        value if value >= 0.995 => format!("{value:.2}"),
        value => format!("{value:.3}"),
    }
}
