//! `wasi-vfs plan`

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::Args;
use wasi_vfs::image::{self, mode_text};
use wasi_vfs::manifest::{self, BASE, FromProfile, Manifest, Preinit, VarSource};
use wasi_vfs::plan::{self, Entry, EntryKind, GuestPath};
use wasi_vfs::source::DiskSource;

use super::manifest::ManifestArg;
use super::render::{columns, human_size, printable, push_printable};
use super::report::{Notice, PlanReport, REPORT, Value, Var, totals_text};
use super::start::{self, Mount};
use super::{Outcome, screen::Screen, tree};

/// Show what `bundle` would put into the module, without writing anything
///
/// Mode, size, tree and source of every entry. It resolves the manifest exactly as `bundle` does.
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
        let image = image::describe(&plan)?;
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
        image: &image::Image,
        notices: Vec<Notice>,
    ) -> PlanReport<'p> {
        PlanReport {
            report: REPORT,
            manifest: self.manifest.path().display().to_string(),
            profile: manifest.profile().to_owned(),
            module: manifest.input().display().to_string(),
            output: manifest.output().display().to_string(),
            preopens: plan.roots().iter().map(GuestPath::as_str).collect(),
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

fn text(manifest: &Manifest, plan: &plan::Plan, image: &image::Image, drawn: bool) -> String {
    let lines = tree::draw(plan, drawn);
    let marks: BTreeMap<&str, String> = (plan.mounts().iter())
        .map(|it| (it.path.as_str(), mount(it).mark()))
        .collect();
    let rows: Vec<_> = lines
        .into_iter()
        .map(|(line, entry)| {
            let mark = match entry.kind {
                EntryKind::Directory => marks.get(entry.path.as_str()),
                _ => None,
            };
            let mark = mark.map_or("", String::as_str);
            row(entry, line, mark)
        })
        .collect();
    let mut text = columns(&rows, [false, true, false]);
    text.push_str(&format!(
        "{}; image: {} of metadata and {} of contents, equal ones stored once\n",
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

/// `line` is the tree's, `mark` what there is to say of a mount.
fn row(entry: &Entry, line: String, mark: &str) -> [String; 3] {
    let mut name = line;
    name.push_str(mark);
    let mut then = |sign: &str, text: &str| {
        name.push_str(sign);
        push_printable(&mut name, text);
    };
    let (file_type, size) = match &entry.kind {
        EntryKind::Directory => (vfs_image::layout::MODE_DIRECTORY, None),
        EntryKind::File { content, size } => {
            then("  <- ", content.shown().as_deref().unwrap_or("manifest"));
            (vfs_image::layout::MODE_REGULAR, Some(*size))
        }
        EntryKind::HardLink { to } => {
            then(" = ", to.as_str());
            (vfs_image::layout::MODE_REGULAR, None)
        }
        EntryKind::Symlink { target } => {
            then(" -> ", target);
            (vfs_image::layout::MODE_SYMLINK, None)
        }
    };
    let size = size.map_or("-".to_owned(), |size| size.to_string());
    [mode_text(file_type | u32::from(entry.mode)), size, name]
}
