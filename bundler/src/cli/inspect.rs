//! `wasi-vfs inspect`

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use miette::Diagnostic;
use wasi_vfs::image::{Checked, Row, RowKind, mode_text};
use wasi_vfs::inspect::{self, Found, InspectError, Lookup, OpenError};
use wasi_vfs::output::hex_digest;
use wasi_vfs::plan::{self, Start, Totals};

use super::render::{columns, human_size, octal, printable, time_text};
use super::report::{Embedded, ImageReport, InspectReport, REPORT, totals_text};
use super::start::{self, Mount};
use super::tree::{self, Placed};
use super::{Outcome, screen::Screen};

/// List the files embedded in a module, and verify them
///
/// As `ls -l`: mode, number of names, size, time and path of every entry. The files are found in any module that still
/// carries them, also after `wasm-opt`, `wasm-strip` or wizer went over it.
#[derive(Args)]
#[command(after_help = "Example: wasi-vfs inspect dist/app.wasm --cat /etc/motd")]
pub(crate) struct Inspect {
    /// A module that `wasi-vfs bundle` made
    #[arg(value_name = "MODULE.wasm")]
    module: PathBuf,
    /// Draw the tree instead
    #[arg(long, group = "form")]
    tree: bool,
    /// Print the content of one file instead; symlinks are followed inside the image
    #[arg(long, group = "form", value_name = "PATH")]
    cat: Option<String>,
    /// Print a JSON report
    #[arg(long, group = "form")]
    json: bool,
}

/// What went wrong, with the file it is about.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("cannot inspect `{}`: {error}", module.display())]
#[diagnostic(forward(error))]
struct InFile {
    module: PathBuf,
    error: InspectError,
}

/// `--cat` of what has no content.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("`{path}` is a directory")]
#[diagnostic(
    code(wasi_vfs::inspect::is_directory),
    help("name a file; `wasi-vfs inspect` without --cat lists what is in it")
)]
struct IsDirectory {
    path: String,
}

impl Inspect {
    pub(crate) fn exec(self, screen: &Screen) -> Outcome {
        let in_file = |error| InFile {
            module: self.module.clone(),
            error,
        };
        let found = open(&self.module, "inspect")?;
        let checked = found.check().map_err(in_file)?;
        if let Some(path) = &self.cat {
            return cat(&found, path, screen, in_file);
        }
        let contents = read(&found, checked).map_err(in_file)?;
        if self.json {
            screen.print_json(&self.report(contents))?;
        } else if self.tree {
            screen.print(&drawn(&contents, screen.draws()))?;
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
            preopens,
            mounts,
            start,
        } = contents;
        InspectReport {
            report: REPORT,
            module: self.module.display().to_string(),
            segment: found.segment(),
            format: vfs_image::layout::VERSION,
            image: ImageReport {
                size: u64::from(found.image_size()),
                metadata_size: u64::from(found.metadata_size()),
                digest: hex_digest(&checked.digest),
            },
            program: found.record().map(|record| record.program.clone()),
            interposer: found.record().map(|record| record.interposer.clone()),
            tool: found.record().map(|record| record.tool.clone()),
            preinit: found.record().and_then(|record| record.preinit.clone()),
            preopens,
            totals: totals(&rows),
            mounts,
            start: (&start).into(),
            memory: found.memory(),
            entries: rows.into_iter().map(|row| entry(row, &checked)).collect(),
        }
    }
}

/// The image in the module at `path`. `verb` is what the command does to it, for its message.
pub(crate) fn open(path: &Path, verb: &'static str) -> Outcome<Found<'static>> {
    #[derive(Debug, thiserror::Error, Diagnostic)]
    #[error("cannot {verb} `{}`: {error}", module.display())]
    #[diagnostic(forward(error))]
    struct NoImage {
        verb: &'static str,
        module: PathBuf,
        error: InspectError,
    }
    inspect::open(path).map_err(|error| match error {
        OpenError::Program(error) => error.into(),
        OpenError::Inspect(error) => NoImage {
            verb,
            module: path.to_owned(),
            error,
        }
        .into(),
    })
}

/// Prints a file as it is.
fn cat(
    found: &Found<'_>,
    path: &str,
    screen: &Screen,
    in_file: impl Fn(InspectError) -> InFile,
) -> Outcome {
    let rows = found.rows().map_err(&in_file)?;
    let row = Lookup::new(&rows).find(path)?;
    let RowKind::File { offset, .. } = row.kind else {
        return Err(IsDirectory {
            path: path.to_owned(),
        }
        .into());
    };
    screen.copy(&mut found.content(offset, row.size), |error| {
        in_file(InspectError::Read(error)).into()
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Everything that an image says.
struct Contents<'m> {
    found: &'m Found<'m>,
    checked: Checked,
    rows: Vec<Row>,
    preopens: Vec<String>,
    mounts: Vec<Mount>,
    start: Start,
}

/// Lists an image.
fn read<'m>(found: &'m Found<'m>, checked: Checked) -> Result<Contents<'m>, InspectError> {
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
        preopens: found.preopens()?,
        start: found.start()?,
        found,
        checked,
        rows,
    })
}

/// What a listing says behind the directories that mounts are rooted at.
fn marks<'c>(contents: &'c Contents<'_>) -> BTreeMap<&'c str, String> {
    (contents.mounts.iter())
        .map(|mount| (mount.path.as_str(), mount.mark()))
        .collect()
}

/// A name, and what it leads to.
fn name(name: String, row: &Row, marks: &BTreeMap<&str, String>) -> String {
    match &row.kind {
        RowKind::Symlink { target } => format!("{name} -> {}", printable(target)),
        RowKind::File {
            link_to: Some(first),
            ..
        } => format!("{name} = {}", printable(first)),
        RowKind::Directory => match marks.get(row.path.as_str()) {
            Some(mark) => name + mark,
            None => name,
        },
        RowKind::File { link_to: None, .. } => name,
    }
}

/// Bytes of content, or a stroke for what has none.
fn size(row: &Row) -> String {
    match row.kind {
        RowKind::File { .. } => row.size.to_string(),
        _ => "-".to_owned(),
    }
}

impl Placed for Row {
    fn path(&self) -> &str {
        &self.path
    }

    fn is_directory(&self) -> bool {
        matches!(self.kind, RowKind::Directory)
    }
}

/// `--tree`: mode, size and place of every entry.
fn drawn(contents: &Contents<'_>, drawn: bool) -> String {
    let marks = marks(contents);
    // A preopen below `/` is drawn there.
    let roots = contents.preopens.iter().map(String::as_str);
    let roots = roots.filter(|path| *path == "/" || !path.starts_with('/'));
    let roots: Vec<_> = roots.collect();
    let mut cells = Vec::new();
    tree::draw(&roots, &contents.rows, drawn, |line, row| {
        let mut text = String::new();
        line.push_to(&mut text);
        cells.push([mode_text(row.mode), size(row), name(text, row, &marks)]);
    });
    let mut text = columns(&cells, [false, true, false]);
    text.push_str(&format!("{}\n", totals_text(&totals(&contents.rows))));
    text
}

/// As `ls -l`, then what there is to say about the whole.
fn text(contents: &Contents<'_>) -> String {
    let Contents {
        found,
        checked,
        rows,
        start,
        ..
    } = contents;
    let marks = marks(contents);
    let cells: Vec<_> = rows
        .iter()
        .map(|row| {
            [
                mode_text(row.mode),
                row.nlink.to_string(),
                size(row),
                time_text(row.time_ns),
                name(printable(&row.path), row, &marks),
            ]
        })
        .collect();
    let mut text = columns(&cells, [false, true, true, false, false]);
    let facts = [
        totals_text(&totals(rows)),
        format!(
            "image      {} ({} of metadata), format {}, data segment {}",
            human_size(u64::from(found.image_size())),
            human_size(u64::from(found.metadata_size())),
            vfs_image::layout::VERSION,
            found.segment(),
        ),
        format!("digest     {} (verified)", hex_digest(&checked.digest)),
    ];
    for fact in facts.into_iter().chain(start::facts(start, found.memory())) {
        text.push_str(&format!("{fact}\n"));
    }
    let preinit = found.record().and_then(|record| record.preinit.as_ref());
    if let Some(function) = preinit {
        text.push_str(&format!("preinit    {}\n", printable(function)));
    }
    if let Some(record) = found.record() {
        text.push_str(&format!("program    {}\n", printable(&record.program)));
        text.push_str(&format!("interposer {}\n", printable(&record.interposer)));
        text.push_str(&format!("made by    {}\n", printable(&record.tool)));
    }
    text
}

pub(crate) fn totals(rows: &[Row]) -> Totals {
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
