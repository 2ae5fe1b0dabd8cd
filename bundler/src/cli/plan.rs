//! `wasi-vfs plan`

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::ExitCode;

use clap::Args;
use wasi_vfs::embed;
use wasi_vfs::image::mode_text;
use wasi_vfs::manifest::{self, BASE, FromProfile, Manifest, Preinit, VarSource};
use wasi_vfs::plan::{self, Entry, EntryKind, GuestPath};
use wasi_vfs::source::DiskSource;

use super::manifest::ManifestArg;
use super::render::{human_size, printable, push_printable};
use super::report::{Notice, PlanReport, REPORT, Value, Var, totals_text};
use super::start::{self, Mount};
use super::tree::{self, Line, Placed};
use super::{Outcome, screen::Screen};

/// Bytes of a usual line; a text that is larger grows.
const LINE: usize = 96;

/// Show what `bundle` would embed, without writing anything
///
/// Prints the mode, size, tree and source of every entry. The manifest is resolved exactly as `bundle` does it.
#[derive(Args)]
#[command(after_help = "Example: wasi-vfs plan --profile dev")]
pub(crate) struct Plan {
    #[command(flatten)]
    manifest: ManifestArg,
    /// Print a JSON report
    #[arg(long)]
    json: bool,
}

impl Plan {
    pub(crate) fn exec(self, screen: &Screen) -> Outcome {
        let manifest = self.manifest.read()?;
        let plan = plan::resolve(&manifest, &DiskSource)?;
        // Not needed to show the plan, but what `bundle` would refuse should not look well here.
        let image = embed::describe(&plan)?;
        let notices = Notice::of_plan(&plan);
        for notice in &notices {
            screen.remark(notice);
        }
        if self.json {
            screen.print_json(&self.report(&manifest, &plan, &image, notices))?;
        } else {
            screen.print(&text(&manifest, &plan, &image, screen.draws()))?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn report<'p>(
        &self,
        manifest: &Manifest,
        plan: &'p plan::Plan,
        image: &embed::Image,
        notices: Vec<Notice>,
    ) -> PlanReport<'p> {
        PlanReport {
            report: REPORT,
            manifest: self.manifest.path().display().to_string(),
            profile: manifest.profile().to_owned(),
            module: manifest.input().display().to_string(),
            output: manifest.output().display().to_string(),
            preopens: plan.preopens().into_iter().map(GuestPath::as_str).collect(),
            entries: plan.rows().collect(),
            mounts: plan.mounts().iter().map(mount).collect(),
            start: plan.start().into(),
            memory: manifest.link().memory,
            preinit: manifest.preinit().map(Into::into),
            totals: plan.totals(),
            metadata_size: image.metadata_size(),
            values: manifest.from_profiles().iter().map(value).collect(),
            vars: manifest.vars().iter().map(var).collect(),
            machine_dependent: machine_dependent(manifest),
            notices,
        }
    }
}

fn text(manifest: &Manifest, plan: &plan::Plan, image: &embed::Image, drawn: bool) -> String {
    let marks: BTreeMap<&str, String> = (plan.mounts().iter())
        .map(|it| (it.path.as_str(), mount(it).mark()))
        .collect();
    let entries: Vec<Entry> = plan.entries().iter().collect();
    let sizes = entries.iter().filter_map(size);
    let width = sizes.max().map_or(1, |largest| largest.to_string().len());
    let roots: Vec<_> = plan.roots().iter().map(GuestPath::as_str).collect();
    // One text that grows, because a plan may have 100,000 lines.
    let mut text = String::with_capacity(entries.len() * LINE);
    tree::draw(&roots, &entries, drawn, |line, entry| {
        let start = text.len();
        push_row(&mut text, line, entry, width);
        if let (EntryKind::Directory, Some(mark)) = (&entry.kind, marks.get(entry.path.as_str())) {
            text.push_str(mark);
        }
        text.truncate(start + text[start..].trim_end().len());
        text.push('\n');
    });
    text.push_str(&format!(
        "{}; image: {} of metadata and {} of contents, duplicates stored once\n",
        totals_text(&plan.totals()),
        human_size(image.metadata_size()),
        human_size(image.contents_size()),
    ));
    for fact in start::facts(plan.start(), manifest.link().memory) {
        text.push_str(&format!("{fact}\n"));
    }
    for fact in facts(manifest) {
        text.push_str(&format!("{fact}\n"));
    }
    text
}

/// Where it comes from what the plan is made of: profile, variables, machine. One line each, its label first.
fn facts(manifest: &Manifest) -> Vec<String> {
    let mut facts: Vec<String> = Vec::new();
    if manifest.profile() != BASE {
        let values = manifest.from_profiles();
        let same = if values.is_empty() {
            ", which is all of base"
        } else {
            ""
        };
        facts.push(format!("profile    {}{same}", manifest.profile()));
        facts.extend(values.iter().map(|value| format!("           {value}")));
    }
    for (key, value) in manifest.preinit().map_or(Vec::new(), Preinit::settings) {
        facts.push(format!("preinit    {key} = {}", printable(&value)));
    }
    for var in manifest.vars() {
        let from = match &var.from {
            VarSource::Default => "default".to_owned(),
            VarSource::Environment(env) => format!("environment {}", printable(env)),
        };
        facts.push(format!(
            "var        {}={}  ({from})",
            var.name,
            printable(&var.value)
        ));
    }
    for fact in machine_dependent(manifest) {
        facts.push(format!("machine    {}", printable(&fact)));
    }
    facts
}

fn machine_dependent(manifest: &Manifest) -> Vec<String> {
    let facts = manifest.machine_dependent();
    facts.iter().map(ToString::to_string).collect()
}

fn value(value: &FromProfile) -> Value {
    Value {
        key: value.key.clone(),
        value: value.value.clone(),
        profile: value.profile.clone(),
        line: value.line,
    }
}

fn var(var: &manifest::Var) -> Var {
    Var {
        name: var.name.clone(),
        value: var.value.clone(),
        env: match &var.from {
            VarSource::Default => None,
            VarSource::Environment(env) => Some(env.clone()),
        },
    }
}

/// A mount for people and reports.
fn mount(mount: &plan::Mount) -> Mount {
    Mount {
        path: mount.path.to_string(),
        kind: mount.kind,
        size_limit: mount.size_limit,
        required: mount.required,
    }
}

impl Placed for Entry {
    fn path(&self) -> &str {
        self.path.as_str()
    }

    fn is_directory(&self) -> bool {
        matches!(self.kind, EntryKind::Directory)
    }
}

/// Bytes of content, of what has some.
fn size(entry: &Entry) -> Option<u64> {
    match entry.kind {
        EntryKind::File { size, .. } => Some(size),
        _ => None,
    }
}

/// Mode, size in `width` columns, place in the tree, and what is there.
fn push_row(text: &mut String, line: &Line<'_>, entry: &Entry, width: usize) {
    let file_type = match entry.kind {
        EntryKind::Directory => vfs_image::layout::MODE_DIRECTORY,
        EntryKind::File { .. } | EntryKind::HardLink { .. } => vfs_image::layout::MODE_REGULAR,
        EntryKind::Symlink { .. } => vfs_image::layout::MODE_SYMLINK,
    };
    text.push_str(&mode_text(file_type | u32::from(entry.mode)));
    let size = match size(entry) {
        Some(size) => write!(text, "  {size:>width$}  "),
        None => write!(text, "  {:>width$}  ", "-"),
    };
    size.expect("writing to a String can't fail");
    line.push_to(text);
    let mut then = |sign: &str, what: &str| {
        text.push_str(sign);
        push_printable(text, what);
    };
    match &entry.kind {
        EntryKind::Directory => {}
        EntryKind::File { content, .. } => {
            then("  <- ", content.shown().as_deref().unwrap_or("manifest"));
        }
        EntryKind::HardLink { to } => then(" = ", to.as_str()),
        EntryKind::Symlink { target } => then(" -> ", target),
    }
}
