//! `wasi-vfs plan`

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::Args;
use wasi_vfs::image::{self, mode_text};
use wasi_vfs::manifest::Manifest;
use wasi_vfs::plan::{self, Content, Entry, EntryKind, GuestPath};
use wasi_vfs::source::DiskSource;

use super::manifest::ManifestArg;
use super::render::{columns, human_size, printable};
use super::report::{Notice, PlanReport, REPORT, totals_text};
use super::{Outcome, screen::Screen};

/// Show what `bundle` would put into the module, without writing anything
///
/// Mode, size, tree and source of every entry. It resolves the manifest exactly as `bundle` does.
#[derive(Args)]
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
            screen.print(&text(&plan, &image, screen.draws()))?;
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
            module: manifest.input().display().to_string(),
            output: manifest.output().display().to_string(),
            preopens: plan.roots().iter().map(GuestPath::as_str).collect(),
            entries: plan.rows().collect(),
            totals: plan.totals(),
            metadata_size: image.metadata_size(),
            notices,
        }
    }
}

/// The lines that draw a tree.
struct Twigs {
    child: &'static str,
    last: &'static str,
    past: &'static str,
}

const DRAWN: Twigs = Twigs {
    child: "├── ",
    last: "└── ",
    past: "│   ",
};
const ASCII: Twigs = Twigs {
    child: "|-- ",
    last: "`-- ",
    past: "|   ",
};

fn text(plan: &plan::Plan, image: &image::Image, draws: bool) -> String {
    let mut children: BTreeMap<String, Vec<&Entry>> = BTreeMap::new();
    for entry in plan.entries() {
        // A relative root such as `data` has the parent `.`, which need not be there.
        if let Some(parent) = entry
            .path
            .parent()
            .filter(|_| !plan.roots().contains(&entry.path))
        {
            children.entry(parent.to_string()).or_default().push(entry);
        }
    }
    let mut rows = Vec::with_capacity(plan.entries().len());
    // A list of what is still to do instead of recursion: a path has up to 2048 names.
    let mut pending: Vec<(String, String, &Entry)> = Vec::new();
    let roots = plan
        .entries()
        .iter()
        .filter(|entry| plan.roots().contains(&entry.path));
    let mut roots: Vec<&Entry> = roots.collect();
    roots.sort_by_key(|entry| plan.roots().iter().position(|root| *root == entry.path));
    pending.extend(
        roots
            .into_iter()
            .rev()
            .map(|root| (String::new(), String::new(), root)),
    );
    let twigs = if draws { DRAWN } else { ASCII };
    while let Some((lead, indent, entry)) = pending.pop() {
        let name = entry
            .path
            .name()
            .filter(|_| !lead.is_empty())
            .unwrap_or(entry.path.as_str());
        rows.push(row(entry, format!("{lead}{}", printable(name))));
        let below = children.remove(entry.path.as_str()).unwrap_or_default();
        for (back, child) in below.into_iter().rev().enumerate() {
            let (twig, past) = if back == 0 {
                (twigs.last, "    ")
            } else {
                (twigs.child, twigs.past)
            };
            pending.push((format!("{indent}{twig}"), format!("{indent}{past}"), child));
        }
    }
    let mut text = columns(&rows, [false, true, false]);
    text.push_str(&format!(
        "{}; image: {} of metadata and {} of contents, equal ones stored once\n",
        totals_text(&plan.totals()),
        human_size(image.metadata_size()),
        human_size(image.contents_size()),
    ));
    text
}

fn row(entry: &Entry, name: String) -> [String; 3] {
    let (file_type, size, name) = match &entry.kind {
        EntryKind::Directory => (vfs_image::layout::MODE_DIRECTORY, None, name),
        EntryKind::File { content, size } => {
            let from = match content {
                Content::Source { path, .. } => {
                    format!("{name}  <- {}", printable(&path.display().to_string()))
                }
                Content::Inline(_) => format!("{name}  <- manifest"),
            };
            (vfs_image::layout::MODE_REGULAR, Some(*size), from)
        }
        EntryKind::HardLink { to } => (
            vfs_image::layout::MODE_REGULAR,
            None,
            format!("{name} = {}", printable(to.as_str())),
        ),
        EntryKind::Symlink { target } => (
            vfs_image::layout::MODE_SYMLINK,
            None,
            format!("{name} -> {}", printable(target)),
        ),
    };
    let size = size.map_or("-".to_owned(), |size| size.to_string());
    [mode_text(file_type | u32::from(entry.mode)), size, name]
}
