//! What `--json` prints. Additions are possible any time; nothing here changes its meaning or goes away.

use std::collections::BTreeMap;

use miette::Diagnostic;
use schemars::JsonSchema;
use serde::Serialize;
use wasi_vfs::manifest::{Memory, Preinit};
use wasi_vfs::plan::{Plan, Row, RowKind, Totals};

use super::inspect::Entries;
use super::start::{Mount, StartReport};

/// What `bundle --json` prints.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct BundleReport {
    /// Version of this report's form.
    pub(crate) report: u32,
    /// The path of the module that was written.
    pub(crate) output: String,
    /// Its bytes.
    pub(crate) size: u64,
    /// Its SHA-256: `sha256:` and 64 hexadecimal digits.
    pub(crate) digest: String,
    /// The image in it.
    pub(crate) image: ImageReport,
    /// What is in the image.
    pub(crate) totals: Totals,
    /// Bytes of code that linking added.
    pub(crate) added_code: u64,
    /// What the program's initializer did; absent when none was run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) preinit: Option<PreinitReport>,
    /// What became of the manifest's lock; absent when it was left alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) lock: Option<LockReport>,
    /// What the user should know.
    pub(crate) notices: Vec<Notice>,
}

/// An initializer that will be run.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct PreinitPlan {
    /// The exported function.
    pub(crate) function: String,
    /// What of [preinit] is not as usual, with values as TOML: `env.HOME`, `random`.
    pub(crate) settings: BTreeMap<String, String>,
}

impl From<&Preinit> for PreinitPlan {
    fn from(preinit: &Preinit) -> Self {
        Self {
            function: preinit.function.clone(),
            settings: preinit.settings().into_iter().collect(),
        }
    }
}

/// What an initializer did.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct PreinitReport {
    /// The exported function.
    pub(crate) function: String,
    /// How much it did; an instruction takes one, and more in large loops.
    pub(crate) fuel: u64,
    /// Bytes of memory that the bundle starts with.
    pub(crate) memory_size: u64,
    /// How many of them are in the bundle as data, because they are not zero.
    pub(crate) data_size: u64,
    /// What it printed, up to 64 KiB.
    pub(crate) output: String,
}

/// A manifest's lock after a bundle was made.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct LockReport {
    /// Its path.
    pub(crate) path: String,
    /// Whether it was written: only when something in it has changed.
    pub(crate) written: bool,
}

/// An image in numbers.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct ImageReport {
    /// Its bytes.
    pub(crate) size: u64,
    /// How many of them are metadata: names, modes, times, the index.
    pub(crate) metadata_size: u64,
    /// Its digest, over everything in it.
    pub(crate) digest: String,
}

/// A remark that does not stop the work.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Notice {
    /// Its stable code, such as `wasi_vfs::link::debug_dropped`.
    pub(crate) code: String,
    /// What it says.
    pub(crate) message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) help: Option<String>,
    /// Whether something is likely wrong, or just good to know.
    pub(crate) severity: Severity,
}

/// How much a notice matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Severity {
    /// Something is likely wrong.
    Warning,
    /// Good to know.
    Advice,
}

/// What `plan --json` prints.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct PlanReport<'p> {
    /// Version of this report's form.
    pub(crate) report: u32,
    /// The manifest's path.
    pub(crate) manifest: String,
    /// The profile of it; `base` without one.
    pub(crate) profile: String,
    /// The module that will be bundled.
    pub(crate) module: String,
    /// Where the bundle will be written.
    pub(crate) output: String,
    /// The directories that the program finds open, in their order.
    pub(crate) preopens: Vec<&'p str>,
    /// Every entry, sorted by path.
    pub(crate) entries: Vec<Row<'p>>,
    /// The mounts that are not just embedded and read-only, sorted by path.
    pub(crate) mounts: Vec<Mount>,
    /// What the program is started with.
    pub(crate) start: StartReport,
    /// Where the interposer will keep its own state.
    pub(crate) memory: Memory,
    /// The program's initializer, which will be run; absent when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) preinit: Option<PreinitPlan>,
    /// What the entries come to.
    pub(crate) totals: Totals,
    /// Bytes of metadata in the image.
    pub(crate) metadata_size: u64,
    /// What is not as in the base of the manifest, in the order of its lines.
    pub(crate) values: Vec<Value>,
    /// The variables that the profile uses, sorted by name.
    pub(crate) vars: Vec<Var>,
    /// By what two machines may come to different bundles.
    pub(crate) machine_dependent: Vec<String>,
    /// What the user should know.
    pub(crate) notices: Vec<Notice>,
}

/// A value that a profile gave or took away.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Value {
    /// The key with the tables it is in, a mount by its name and others by their guest path.
    pub(crate) key: String,
    /// The value as it is written; absent for what the profile removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) value: Option<serde_json::Value>,
    /// The profile.
    pub(crate) profile: String,
    /// The line of the manifest, from 1.
    pub(crate) line: usize,
}

/// A variable of `[vars]`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Var {
    /// Its name.
    pub(crate) name: String,
    /// Its value.
    pub(crate) value: String,
    /// The environment variable that the value comes from; absent for one that the manifest has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) env: Option<String>,
}

/// What `inspect --json` prints.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct InspectReport<'c> {
    /// Version of this report's form.
    pub(crate) report: u32,
    /// The module's path.
    pub(crate) module: String,
    /// The index of the data segment that holds the image.
    pub(crate) segment: u32,
    /// The image's format version.
    pub(crate) format: u32,
    /// The image; its digest has been verified.
    pub(crate) image: ImageReport,
    /// SHA-256 of the program before it was bundled; absent when the module lost its `wasi-vfs` section.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) program: Option<String>,
    /// SHA-256 of the interposer that was linked in, `pre-linked` when the program was linked with it; absent likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) interposer: Option<String>,
    /// Who made the bundle; absent likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tool: Option<String>,
    /// The function that the program was initialized with; absent when it was not, and likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) preinit: Option<String>,
    /// The directories that the program finds open, in their order.
    pub(crate) preopens: Vec<String>,
    /// Every entry, sorted by path.
    #[schemars(with = "Vec<Embedded>")]
    pub(crate) entries: Entries<'c>,
    /// The mounts that are not just embedded and read-only, in the order of their numbers in the image.
    pub(crate) mounts: Vec<Mount>,
    /// What the program is started with.
    pub(crate) start: StartReport,
    /// Where the interposer keeps its own state.
    pub(crate) memory: Memory,
    /// What an engine must know to run the module: proposals beyond the first version of WebAssembly, such as `bulk-memory`.
    pub(crate) requires: Vec<&'static str>,
    /// Those that the program did not need before it was bundled; absent when the module lost its `wasi-vfs` section.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) requires_added: Option<Vec<&'static str>>,
    /// What the entries come to.
    pub(crate) totals: Totals,
}

/// A name that the program sees.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Embedded {
    /// The guest path.
    pub(crate) path: String,
    /// What it is.
    pub(crate) kind: RowKind,
    /// Permission bits in octal, four digits.
    pub(crate) mode: String,
    /// Time of last modification, access and change; RFC 3339, UTC.
    pub(crate) time: String,
    /// Number of names; for a directory 2 + its subdirectories.
    pub(crate) nlink: u32,
    /// Its number in the image; equal for all names of a file.
    pub(crate) node: u32,
    /// Bytes of content; files only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) size: Option<u64>,
    /// SHA-256 of the content; files only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) digest: Option<String>,
    /// What a symlink holds, or the path a hard link is another name of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) target: Option<String>,
}

/// What `extract --json` prints.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct ExtractReport {
    /// Version of this report's form.
    pub(crate) report: u32,
    /// The path of the module that the files were in.
    pub(crate) module: String,
    /// Where they went.
    pub(crate) output: String,
    /// What that is.
    pub(crate) kind: TargetKind,
    /// What was extracted.
    pub(crate) totals: Totals,
    /// The directory in the output that relative guest paths went into; absent when there were none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) relative: Option<String>,
    /// What the user should know.
    pub(crate) notices: Vec<Notice>,
}

/// What files are extracted into.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum TargetKind {
    /// A directory.
    Directory,
    /// A tar.
    Tar,
}

/// What `why --json` prints.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct WhyReport {
    /// Version of this report's form.
    pub(crate) report: u32,
    /// The manifest's path.
    pub(crate) manifest: String,
    /// The profile: `base` for the manifest's top level.
    pub(crate) profile: String,
    /// The guest path that was asked about.
    pub(crate) path: String,
    /// Whether it is in the bundle.
    pub(crate) bundled: bool,
    /// Permission bits in octal, four digits; absent when it is not in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mode: Option<String>,
    /// Time of last modification; RFC 3339, UTC; absent when it is not in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) time: Option<String>,
    /// For a directory that no table asks for: a guest path below it that one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) needed_by: Option<String>,
    /// A guest path above it where a file or a symlink is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) blocked_by: Option<String>,
    /// The guest path of the innermost writable, tmpfs or host mount that it is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mount: Option<String>,
    /// What the manifest's tables make of it, in their order; those that have nothing to do with it are left out.
    pub(crate) tables: Vec<TableReport>,
    /// Guest paths that are in and are written much like it.
    pub(crate) near: Vec<String>,
}

/// What a table of the manifest makes of a path.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct TableReport {
    /// `mount`, `file`, `dir` or `symlink`.
    pub(crate) table: String,
    /// What messages call it: a mount's name, else the guest path.
    pub(crate) name: String,
    /// Its line in the manifest, from 1.
    pub(crate) line: usize,
    /// Where its content comes from; absent when it has no source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source: Option<String>,
    /// Whether what is in the bundle is this table's.
    pub(crate) decides: bool,
    /// `brings`, `embedded`, `on-the-way`, `excluded`, `default-excluded`, `hidden`, `gitignored`, `output`, `program`, `manifest`, `lock`,
    /// `not-included`, `no-source`, `not-a-directory`, `symlink`, `at-run-time`. More may come.
    pub(crate) verdict: &'static str,
    /// The pattern that keeps it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) by: Option<WrittenReport>,
    /// What is kept out or missing: the path in the source, or one above it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) at: Option<String>,
    /// `brings`: the pattern of `include` that lets it in, if there is one; `not-included`: all of them.
    pub(crate) include: Vec<WrittenReport>,
    /// The pattern of `exclude` with `!` that takes it back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) taken_back: Option<WrittenReport>,
    /// The rule that its mode comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mode_rule: Option<WrittenReport>,
    /// The rule that its time comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) time_rule: Option<WrittenReport>,
    /// What gives it its mode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mode_by: Option<GivenReport>,
    /// What gives it its time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) time_by: Option<GivenReport>,
}

/// Where a mode or a time comes from.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct GivenReport {
    /// `rule`, `table` for a key of the table itself, `defaults` for one of `[defaults]`, `built-in` when nothing is given.
    pub(crate) by: &'static str,
    /// Its line in the manifest, from 1; absent for what is built in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) line: Option<usize>,
}

/// A pattern and where it stands.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct WrittenReport {
    /// As it is written.
    pub(crate) pattern: String,
    /// Its line in the manifest, from 1; absent for a built-in one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) line: Option<usize>,
}

/// The version of every report.
pub(crate) const REPORT: u32 = 1;

/// Totals for people.
pub(crate) fn totals_text(totals: &Totals) -> String {
    use super::render::count;
    let mut parts = vec![count(totals.files, "file", "files")];
    if totals.hard_links > 0 {
        parts.push(count(totals.hard_links, "hard link", "hard links"));
    }
    parts.push(count(totals.directories, "directory", "directories"));
    if totals.symlinks > 0 {
        parts.push(count(totals.symlinks, "symlink", "symlinks"));
    }
    parts.join(", ")
}

impl Notice {
    /// A stage's remark.
    pub(crate) fn of(remark: &dyn Diagnostic) -> Self {
        Self {
            code: remark
                .code()
                .map(|code| code.to_string())
                .unwrap_or_default(),
            message: remark.to_string(),
            help: remark.help().map(|help| help.to_string()),
            severity: match remark.severity() {
                Some(miette::Severity::Advice) => Severity::Advice,
                _ => Severity::Warning,
            },
        }
    }

    /// What there is to tell about a plan.
    pub(crate) fn of_plan(plan: &Plan) -> Vec<Self> {
        plan.warnings()
            .iter()
            .map(|warning| Self::of(warning))
            .collect()
    }
}

impl std::fmt::Display for Notice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Notice {}

impl Diagnostic for Notice {
    fn code<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        Some(Box::new(&self.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Warning => miette::Severity::Warning,
            Severity::Advice => miette::Severity::Advice,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        self.help
            .as_ref()
            .map(|help| Box::new(help) as Box<dyn std::fmt::Display>)
    }
}
