//! `wasi-vfs why`

use std::process::ExitCode;

use clap::Args;
use miette::Diagnostic;
use wasi_vfs::manifest::Manifest;
use wasi_vfs::path::GuestPath;
use wasi_vfs::plan::{self, EntryKind, Given, KeptBy, MountKind, Table, Verdict, Why, Written};
use wasi_vfs::source::DiskSource;

use super::manifest::ManifestArg;
use super::render::{count, octal, printable, time_text};
use super::report::{GivenReport, REPORT, TableReport, WhyReport, WrittenReport};
use super::{Outcome, screen::Screen};

/// Say why a path is in the bundle, or is not
///
/// Names the table of the manifest that brings it, the pattern that lets it in or keeps it out, and the rules that its
/// mode and time come from, with their lines. The exit code is 0 whether or not the path is in.
#[derive(Args)]
#[command(
    name = "why",
    after_help = "Example: wasi-vfs why /usr/lib/app/secret.key"
)]
pub(crate) struct WhyCommand {
    #[command(flatten)]
    manifest: ManifestArg,
    /// The path as the program sees it
    #[arg(value_name = "GUEST-PATH")]
    path: String,
    /// Print a JSON report
    #[arg(long)]
    json: bool,
}

/// The path can't be one.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("invalid guest path `{path}`: {reason}")]
#[diagnostic(
    code(wasi_vfs::cli::guest_path),
    help("give the path as the program sees it, such as `/etc/motd`")
)]
struct NotAPath {
    path: String,
    reason: wasi_vfs::path::GuestPathError,
}

impl WhyCommand {
    pub(crate) fn exec(self, screen: &Screen) -> Outcome {
        let path = GuestPath::parse(&self.path).map_err(|reason| NotAPath {
            path: self.path.clone(),
            reason,
        })?;
        let manifest = self.manifest.read()?;
        let why = plan::why(&manifest, &DiskSource, path)?;
        if self.json {
            screen.print_json(&report(&manifest, &why))?;
        } else {
            let mut text = text(&manifest, &why);
            if !why.is_in() && manifest.profile() != BASE {
                text.extend(self.of_base(&manifest, &why));
            }
            screen.print(&text)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    /// What tables of the base make of a path that a profile lacks: those that the profile does not have.
    fn of_base(&self, manifest: &Manifest, why: &Why) -> Option<String> {
        // A base that has problems of its own says nothing about the profile.
        let base = self.manifest.read_base().ok()?;
        let of_base = plan::why(&base, &DiskSource, why.path.clone()).ok()?;
        let kept = |table: &&Table| {
            let mut tables = why.tables.iter();
            !tables.any(|other| (other.kind, &other.name) == (table.kind, &table.name))
        };
        let mut lines = Vec::new();
        for table in of_base.tables.iter().filter(kept) {
            let said = match table.decides {
                true => format!("it is brought by {}", title(table)),
                false => said(&of_base, table),
            };
            lines.push(format!("  in the profile `{BASE}` {said}"));
            lines.extend(of_profile(manifest, table));
        }
        if lines.is_empty() {
            return None;
        }
        lines.push(String::new());
        Some(lines.join("\n"))
    }
}

/// The profile that is the manifest's top level.
const BASE: &str = "base";

fn text(manifest: &Manifest, why: &Why) -> String {
    let path = printable(why.path.as_str());
    let bundle = match manifest.profile() {
        BASE => "the bundle".to_owned(),
        profile => format!("the bundle of profile `{profile}`"),
    };
    let mut lines = Vec::new();
    match &why.entry {
        Some(entry) => {
            let what = match &entry.kind {
                EntryKind::Directory => "a directory".to_owned(),
                EntryKind::File { size, .. } => {
                    format!("a file of {}", count(*size, "byte", "bytes"))
                }
                EntryKind::HardLink { to } => {
                    format!("another name of `{}`", printable(to.as_str()))
                }
                EntryKind::Symlink { target } => format!("a symlink to `{}`", printable(target)),
            };
            lines.push(format!("`{path}` is in {bundle}: {what}"));
        }
        None => lines.push(format!("`{path}` is not in {bundle}")),
    }
    if let Some(needed_by) = &why.needed_by {
        lines.push(format!(
            "  no table asks for it; it is there because `{}` is below it",
            printable(needed_by.as_str())
        ));
        let [mode, time] = &why.implied;
        if let Some(entry) = &why.entry {
            lines.push(format!(
                "    mode    {} {}",
                octal(u32::from(entry.mode)),
                by(mode, "dir-permissions"),
            ));
            lines.push(format!(
                "    time    {} {}",
                time_text(entry.time_ns),
                by(time, "timestamps"),
            ));
        }
    }
    for table in &why.tables {
        of_table(why, table, &mut lines);
        lines.extend(of_profile(manifest, table));
    }
    if let Some(blocked) = &why.blocked {
        let above = printable(blocked.path.as_str());
        lines.push(match &blocked.kind {
            EntryKind::Symlink { target } => format!(
                "  `{above}` is a symlink to `{}`: ask for the path that it leads to",
                printable(target)
            ),
            _ => format!("  `{above}` is a file: nothing can be below it"),
        });
    }
    if let Some((at, kind)) = &why.mount {
        let at = printable(at.as_str());
        lines.push(match kind {
            MountKind::Writable => {
                format!("  in the writable mount `{at}`: the program may change it")
            }
            MountKind::Tmpfs => format!("  in the tmpfs `{at}`: the program may write there"),
            MountKind::Host => format!(
                "  in the host mount `{at}`: the program sees what the host's directory has there"
            ),
        });
    }
    if !why.is_in() && why.tables.is_empty() && why.blocked.is_none() {
        let manifest = manifest.path().display();
        lines.push(format!(
            "  no mount or file entry of `{manifest}` produces this path"
        ));
    }
    if !why.near.is_empty() {
        let near: Vec<_> = why
            .near
            .iter()
            .map(|path| format!("`{}`", printable(path.as_str())))
            .collect();
        lines.push(format!("  similar paths: {}", near.join(", ")));
    }
    lines.push(String::new());
    lines.join("\n")
}

/// What profiles gave a table or took from it, a line each.
fn of_profile(manifest: &Manifest, table: &Table) -> Vec<String> {
    let bare = |char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-');
    let name = match table.name.chars().all(bare) {
        true => table.name.clone(),
        false => toml::Value::String(table.name.clone()).to_string(),
    };
    let key = format!("{}.{name}", table.kind);
    let values = manifest.from_profiles().iter().filter(|value| {
        let rest = value.key.strip_prefix(&key);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    });
    values.map(|value| format!("    {value}")).collect()
}

/// A table as it is called here.
fn title(table: &Table) -> String {
    let name = printable(&table.name);
    format!("{} `{name}` (line {})", table.kind, table.line)
}

/// What a table makes of the path, in a sentence.
fn said(why: &Why, table: &Table) -> String {
    let name = title(table);
    let source = table.source.as_deref().map(printable);
    let from = match &source {
        Some(source) => format!(" from `{source}`"),
        None => String::new(),
    };
    match &table.verdict {
        Verdict::Brings { .. } if table.decides => format!("brought by {name}{from}"),
        Verdict::Brings { .. } => match &why.entry {
            Some(entry) if matches!(entry.kind, EntryKind::Directory) => {
                format!("also asked for by {name}{from}; another table's mode and time count")
            }
            _ => {
                format!("{name} would bring it{from}, and a table that overrides it took its place")
            }
        },
        Verdict::Embedded if table.decides => {
            format!(
                "embedded in the program of {name} already:{}",
                from.replacen(" from", "", 1)
            )
        }
        Verdict::Embedded => match &why.entry {
            Some(entry) if matches!(entry.kind, EntryKind::Directory) => {
                format!(
                    "also embedded in the program of {name} already; a table's mode and time count"
                )
            }
            _ => format!("embedded in the program of {name} already, and a table took its place"),
        },
        Verdict::OnTheWay => format!("on the way to what {name} brings{from}"),
        Verdict::KeptOut { by, at } => {
            let at = printable(at);
            let it = match source.as_deref() == Some(at.as_str()) {
                true => format!("`{at}`"),
                false => format!("`{at}`, in which it is,"),
            };
            format!("{name} leaves {it} out: {}", kept_by(by))
        }
        Verdict::NotIncluded { patterns } => {
            let patterns: Vec<_> = patterns.iter().map(written).collect();
            format!(
                "{name} leaves{} out: no `include` pattern matches it: {}",
                from.replacen(" from", "", 1),
                patterns.join(", ")
            )
        }
        Verdict::NoSource { path, near } => {
            let path = printable(path);
            let near = match near {
                Some(near) => format!("; `{}` is there", printable(near)),
                None => String::new(),
            };
            format!("{name} has nothing there: there is no `{path}`{near}")
        }
        Verdict::NotADirectory { path } => {
            format!(
                "{name} has nothing there: `{}` is no directory",
                printable(path)
            )
        }
        Verdict::Symlink { path } => format!(
            "{name} has nothing there: `{}` is a symlink, which goes in as it is",
            printable(path)
        ),
        Verdict::AtRunTime => {
            format!("{name} embeds nothing: what is there comes when the program is run")
        }
    }
}

/// The same with all that decides, a line each.
fn of_table(why: &Why, table: &Table, lines: &mut Vec<String>) {
    lines.push(format!("  {}", said(why, table)));
    if let (
        Verdict::Brings {
            include,
            taken_back,
            mode,
            time,
        },
        true,
        Some(entry),
    ) = (&table.verdict, table.decides, &why.entry)
    {
        match include {
            Some(include) => lines.push(format!("    let in  by `include` {}", written(include))),
            // A mount's own directory is there anyway.
            None if table.source.is_some()
                && table.kind == "mount"
                && !matches!(entry.kind, EntryKind::Directory) =>
            {
                lines.push("    let in  without `include`, as everything there".to_owned());
            }
            None => {}
        }
        if let Some(pattern) = taken_back {
            lines.push(format!("    kept    by `exclude` {}", written(pattern)));
        }
        let key = match (&entry.kind, mode) {
            (EntryKind::Directory, Given::Table { .. }) if table.kind == "dir" => "permissions",
            (EntryKind::Directory, _) => "dir-permissions",
            _ => "permissions",
        };
        // A symlink has no mode of its own.
        if !matches!(entry.kind, EntryKind::Symlink { .. }) {
            let octal = octal(u32::from(entry.mode));
            lines.push(format!("    mode    {octal} {}", by(mode, key)));
        }
        let text = time_text(entry.time_ns);
        lines.push(format!("    time    {text} {}", by(time, "timestamps")));
    }
}

/// What gives a mode or a time, which has this key.
fn by(given: &Given, key: &str) -> String {
    match given {
        Given::Rule(rule) => format!("by the rule {}", written(rule)),
        Given::Table { line } => format!("by `{key}` of the table (line {line})"),
        Given::Defaults { line } => format!("by `{key}` of [defaults] (line {line})"),
        Given::BuiltIn => format!("as `{key}` is nowhere given"),
    }
}

fn kept_by(by: &KeptBy) -> String {
    match by {
        KeptBy::Exclude(pattern) => format!("`exclude` pattern {}", written(pattern)),
        KeptBy::Default(pattern) => format!(
            "`default-excludes` has \"{}\"; `exclude = [\"!NAME\"]` takes one back",
            printable(pattern)
        ),
        KeptBy::Hidden => "its name starts with a dot, and `hidden` is false".to_owned(),
        KeptBy::Gitignore { file, line } => format!(
            "line {line} of `{}`; `exclude = [\"!NAME\"]` takes one back",
            printable(&file.display().to_string())
        ),
        KeptBy::Output => "it is the bundle itself".to_owned(),
        KeptBy::Lock => "it is the lock, which is about the bundle".to_owned(),
        KeptBy::Input => "it is the program, which `default-excludes` leaves out".to_owned(),
        KeptBy::Manifest => "it is the manifest, which `default-excludes` leaves out".to_owned(),
    }
}

fn written(written: &Written) -> String {
    format!("\"{}\" (line {})", printable(&written.text), written.line)
}

fn report(manifest: &Manifest, why: &Why) -> WhyReport {
    let entry = why.entry.as_ref();
    WhyReport {
        report: REPORT,
        manifest: manifest.path().display().to_string(),
        profile: manifest.profile().to_owned(),
        path: why.path.to_string(),
        bundled: why.is_in(),
        mode: entry.map(|entry| octal(u32::from(entry.mode))),
        time: entry.map(|entry| time_text(entry.time_ns)),
        needed_by: why.needed_by.as_ref().map(GuestPath::to_string),
        blocked_by: why.blocked.as_ref().map(|entry| entry.path.to_string()),
        mount: why.mount.as_ref().map(|(path, _)| path.to_string()),
        near: why.near.iter().map(GuestPath::to_string).collect(),
        tables: why.tables.iter().map(TableReport::of).collect(),
    }
}

impl GivenReport {
    fn of(given: &Given) -> Self {
        let (by, line) = match given {
            Given::Rule(rule) => ("rule", Some(rule.line)),
            Given::Table { line } => ("table", Some(*line)),
            Given::Defaults { line } => ("defaults", Some(*line)),
            Given::BuiltIn => ("built-in", None),
        };
        Self { by, line }
    }
}

impl TableReport {
    fn of(table: &Table) -> Self {
        let mut report = Self {
            table: table.kind.to_owned(),
            name: table.name.clone(),
            line: table.line,
            source: table.source.clone(),
            decides: table.decides,
            verdict: "",
            by: None,
            at: None,
            include: Vec::new(),
            taken_back: None,
            mode_rule: None,
            time_rule: None,
            mode_by: None,
            time_by: None,
        };
        match &table.verdict {
            Verdict::Brings {
                include,
                taken_back,
                mode,
                time,
            } => {
                report.verdict = "brings";
                report.taken_back = taken_back.as_ref().map(WrittenReport::of);
                report.include = include.iter().map(WrittenReport::of).collect();
                let rule = |given: &Given| match given {
                    Given::Rule(rule) => Some(WrittenReport::of(rule)),
                    _ => None,
                };
                report.mode_rule = rule(mode);
                report.time_rule = rule(time);
                report.mode_by = Some(GivenReport::of(mode));
                report.time_by = Some(GivenReport::of(time));
            }
            Verdict::Embedded => report.verdict = "embedded",
            Verdict::OnTheWay => report.verdict = "on-the-way",
            Verdict::KeptOut { by, at } => {
                report.verdict = match by {
                    KeptBy::Exclude(_) => "excluded",
                    KeptBy::Default(_) => "default-excluded",
                    KeptBy::Hidden => "hidden",
                    KeptBy::Gitignore { .. } => "gitignored",
                    KeptBy::Output => "output",
                    KeptBy::Input => "program",
                    KeptBy::Manifest => "manifest",
                    KeptBy::Lock => "lock",
                };
                report.by = match by {
                    KeptBy::Exclude(pattern) => Some(WrittenReport::of(pattern)),
                    KeptBy::Default(pattern) => Some(WrittenReport {
                        pattern: pattern.clone(),
                        line: None,
                    }),
                    _ => None,
                };
                report.at = Some(at.clone());
            }
            Verdict::NotIncluded { patterns } => {
                report.verdict = "not-included";
                report.include = patterns.iter().map(WrittenReport::of).collect();
            }
            Verdict::NoSource { path, .. } => {
                report.verdict = "no-source";
                report.at = Some(path.clone());
            }
            Verdict::NotADirectory { path } => {
                report.verdict = "not-a-directory";
                report.at = Some(path.clone());
            }
            Verdict::Symlink { path } => {
                report.verdict = "symlink";
                report.at = Some(path.clone());
            }
            Verdict::AtRunTime => report.verdict = "at-run-time",
        }
        report
    }
}

impl WrittenReport {
    fn of(written: &Written) -> Self {
        Self {
            pattern: written.text.clone(),
            line: Some(written.line),
        }
    }
}
