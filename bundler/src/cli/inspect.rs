//! `wasi-vfs inspect`

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use miette::Diagnostic;
use wasi_vfs::image::{Checked, Row, RowKind, mode_text};
use wasi_vfs::inspect::{self, Found, InspectError};
use wasi_vfs::output::hex_digest;
use wasi_vfs::plan::{self, Start, Totals};

use super::render::{columns, human_size, octal, printable, time_text};
use super::report::{Embedded, ImageReport, InspectReport, REPORT, totals_text};
use super::start::{self, Mount};
use super::{Outcome, screen::Screen};

/// List the files embedded in a module, and verify them
///
/// As `ls -l`: mode, number of names, size, time and path of every entry.
#[derive(Args)]
pub(crate) struct Inspect {
    /// A module that `wasi-vfs bundle` made
    #[arg(value_name = "MODULE.wasm")]
    module: PathBuf,
    /// Print a JSON report
    #[arg(long)]
    json: bool,
}

/// An [`InspectError`] with the file it is about.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("cannot inspect `{}`: {error}", module.display())]
#[diagnostic(forward(error))]
struct InFile {
    module: PathBuf,
    error: InspectError,
}

impl Inspect {
    pub(crate) fn exec(self, screen: &Screen) -> Outcome {
        let bytes = wasi_vfs::program::load(&self.module)?;
        let contents = read(&bytes).map_err(|error| InFile {
            module: self.module.clone(),
            error,
        })?;
        if self.json {
            screen.print_json(&self.report(contents))?;
        } else {
            screen.print(&text(&contents))?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn report(&self, contents: Contents<'_>) -> InspectReport {
        let Contents {
            found,
            checked,
            rows,
            mounts,
            start,
        } = contents;
        InspectReport {
            report: REPORT,
            module: self.module.display().to_string(),
            segment: found.segment(),
            format: vfs_image::layout::VERSION,
            image: ImageReport {
                size: found.bytes().len() as u64,
                metadata_size: metadata_size(&found),
                digest: hex_digest(&checked.digest),
            },
            interposer: found.record().map(|record| record.interposer.clone()),
            tool: found.record().map(|record| record.tool.clone()),
            preopens: preopens(&found, &rows),
            totals: totals(&rows),
            mounts,
            start: (&start).into(),
            memory: found.memory(),
            entries: rows.into_iter().map(|row| entry(row, &checked)).collect(),
        }
    }
}

/// Everything that an image says.
struct Contents<'m> {
    found: Found<'m>,
    checked: Checked,
    rows: Vec<Row>,
    mounts: Vec<Mount>,
    start: Start,
}

/// Finds the image, verifies it, lists it.
fn read(module: &[u8]) -> Result<Contents<'_>, InspectError> {
    let found = inspect::find(module)?;
    let checked = found.check()?;
    let rows = found.rows()?;
    let mounts = found.mounts()?.into_iter();
    let mounts = mounts.map(|mount| {
        let root = rows.iter().find(|row| row.node == mount.node);
        Mount {
            // The check has found a name for each node.
            path: root.map_or_else(String::new, |row| row.path.clone()),
            kind: mount.kind,
            size_limit: mount.size_limit,
            required: mount.message.is_some(),
        }
    });
    Ok(Contents {
        mounts: mounts.collect(),
        start: found.start()?,
        found,
        checked,
        rows,
    })
}

fn text(contents: &Contents<'_>) -> String {
    let Contents {
        found,
        checked,
        rows,
        mounts,
        start,
    } = contents;
    let marks: BTreeMap<&str, String> = (mounts.iter())
        .map(|mount| (mount.path.as_str(), mount.mark()))
        .collect();
    let cells: Vec<_> = rows
        .iter()
        .map(|row| {
            let size = match row.kind {
                RowKind::File { .. } => row.size.to_string(),
                _ => "-".to_owned(),
            };
            let mut name = printable(&row.path);
            match &row.kind {
                RowKind::Symlink { target } => name = format!("{name} -> {}", printable(target)),
                RowKind::File {
                    link_to: Some(first),
                    ..
                } => name = format!("{name} = {}", printable(first)),
                RowKind::Directory => name.extend(marks.get(row.path.as_str()).cloned()),
                RowKind::File { link_to: None, .. } => {}
            }
            [
                mode_text(row.mode),
                row.nlink.to_string(),
                size,
                time_text(row.time_ns),
                name,
            ]
        })
        .collect();
    let mut text = columns(&cells, [false, true, true, false, false]);
    let metadata = metadata_size(found);
    let facts = [
        totals_text(&totals(rows)),
        format!(
            "image      {} ({} of metadata), format {}, data segment {}",
            human_size(found.bytes().len() as u64),
            human_size(metadata),
            vfs_image::layout::VERSION,
            found.segment(),
        ),
        format!("digest     {} (verified)", hex_digest(&checked.digest)),
    ];
    for fact in facts.into_iter().chain(start::facts(start, found.memory())) {
        text.push_str(&format!("{fact}\n"));
    }
    if let Some(record) = found.record() {
        text.push_str(&format!("interposer {}\n", printable(&record.interposer)));
        text.push_str(&format!("made by    {}\n", printable(&record.tool)));
    }
    text
}

fn metadata_size(found: &Found<'_>) -> u64 {
    vfs_image::Image::open(found.bytes()).map_or(0, |image| u64::from(image.contents_offset()))
}

/// The preopens are the first nodes of an image.
fn preopens(found: &Found<'_>, rows: &[Row]) -> Vec<String> {
    let count = vfs_image::Image::open(found.bytes()).map_or(0, |image| image.preopen_count());
    let roots = rows.iter().filter(|row| row.node < count);
    roots.map(|row| row.path.clone()).collect()
}

fn totals(rows: &[Row]) -> Totals {
    let mut totals = Totals::default();
    for row in rows {
        match &row.kind {
            RowKind::Directory => totals.directories += 1,
            RowKind::File {
                link_to: Some(_), ..
            } => totals.hard_links += 1,
            RowKind::Symlink { .. } => totals.symlinks += 1,
            RowKind::File { link_to: None, .. } => {
                totals.files += 1;
                totals.bytes += u64::from(row.size);
            }
        }
    }
    totals
}

fn entry(row: Row, checked: &Checked) -> Embedded {
    let digest = checked.contents.get(row.node as usize).copied().flatten();
    let size = matches!(row.kind, RowKind::File { .. }).then_some(u64::from(row.size));
    let (kind, target) = match row.kind {
        RowKind::Directory => (plan::RowKind::Directory, None),
        RowKind::File { link_to: None, .. } => (plan::RowKind::File, None),
        RowKind::File { link_to, .. } => (plan::RowKind::HardLink, link_to),
        RowKind::Symlink { target } => (plan::RowKind::Symlink, Some(target)),
    };
    Embedded {
        path: row.path,
        kind,
        mode: octal(row.mode),
        time: time_text(row.time_ns),
        nlink: row.nlink,
        node: row.node,
        size,
        digest: digest.map(|digest| hex_digest(&digest)),
        target,
    }
}
