//! `wasi-vfs inspect`

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use miette::Diagnostic;
use serde::{Serialize, Serializer};
use wasi_vfs::digest::hex_digest;
use wasi_vfs::image::{Checked, Row, RowKind, Rows, mode_text};
use wasi_vfs::inspect::{self, Found, InspectError, Lookup, OpenError};
use wasi_vfs::plan::{self, Start, Totals};
use wasi_vfs::requires::Requires;

use super::render::{Columns, columns, human_size, octal, printable, time_text};
use super::report::{Embedded, ImageReport, InspectReport, REPORT, totals_text};
use super::start::{self, Mount};
use super::tree::{self, Placed};
use super::{Outcome, screen::Screen};

/// List the files embedded in a module, and verify them
///
/// Prints every entry like `ls -l`: mode, link count, size, time and path. Works on any module that still has its image,
/// even after `wasm-opt`, `wasm-strip` or wizer processed it. What an engine must know to run the module is
/// listed as well, and what of it bundling added.
#[derive(Args)]
#[command(after_help = "Example: wasi-vfs inspect dist/app.wasm --cat /etc/motd")]
pub(crate) struct Inspect {
    /// A module that `wasi-vfs bundle` made
    #[arg(value_name = "MODULE.wasm")]
    module: PathBuf,
    /// Draw the tree instead
    #[arg(long, group = "form")]
    tree: bool,
    /// Print the content of one file instead, following symlinks inside the image
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
            screen.print_json(&self.report(&contents))?;
        } else if self.tree {
            screen.print(&drawn(&contents, screen.draws()))?;
        } else {
            screen.stream(|out| text(&contents, out))?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn report<'c>(&self, contents: &'c Contents<'_>) -> InspectReport<'c> {
        let Contents { found, checked, .. } = contents;
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
            preopens: contents.preopens.clone(),
            totals: totals(contents.rows.iter()),
            mounts: contents.mounts.clone(),
            start: (&contents.start).into(),
            memory: found.memory(),
            requires: contents.requires.names().collect(),
            requires_added: found
                .added(contents.requires)
                .map(|added| added.names().collect()),
            entries: Entries {
                rows: &contents.rows,
                checked,
            },
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
    let rows: Vec<Row> = rows.iter().collect();
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
    rows: Rows<'m>,
    preopens: Vec<String>,
    mounts: Vec<Mount>,
    start: Start,
    requires: Requires,
}

/// Lists an image.
fn read<'m>(found: &'m Found<'m>, checked: Checked) -> Result<Contents<'m>, InspectError> {
    let rows = found.rows()?;
    let mounts = found.mounts()?.into_iter();
    let mounts = mounts.map(|mount| Mount {
        // The check has found a name for each node.
        path: rows.directory(mount.node).unwrap_or_default(),
        kind: mount.kind,
        size_limit: mount.size_limit,
        required: mount.message.is_some(),
    });
    Ok(Contents {
        mounts: mounts.collect(),
        preopens: found.preopens()?,
        start: found.start()?,
        requires: found.requires()?,
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
    let rows: Vec<Row> = contents.rows.iter().collect();
    tree::draw(&roots, &rows, drawn, |line, row| {
        let mut text = String::new();
        line.push_to(&mut text);
        cells.push([mode_text(row.mode), size(row), name(text, row, &marks)]);
    });
    let mut text = columns(&cells, [false, true, false]);
    text.push_str(&format!("{}\n", totals_text(&totals(contents.rows.iter()))));
    text
}

/// As `ls -l`, then what there is to say about the whole.
fn text(contents: &Contents<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Contents {
        found,
        checked,
        rows,
        start,
        ..
    } = contents;
    let marks = marks(contents);
    // Most entries have one time.
    let mut clock = (u64::MAX, String::new());
    let mut cells = |row: &Row, name: String| {
        if clock.0 != row.time_ns || clock.1.is_empty() {
            clock = (row.time_ns, time_text(row.time_ns));
        }
        let (mode, time) = (mode_text(row.mode), clock.1.clone());
        [mode, row.nlink.to_string(), size(row), time, name]
    };
    let mut columns = Columns::new([false, true, true, false, false]);
    for row in rows {
        // The last column takes what it needs.
        columns.measure(&cells(&row, String::new()));
    }
    let mut text = String::new();
    for row in rows {
        text.clear();
        let name = name(printable(&row.path), &row, &marks);
        columns.push(&mut text, &cells(&row, name));
        out.write_all(text.as_bytes())?;
    }
    text.clear();
    let facts = [
        totals_text(&totals(rows.iter())),
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
    text.push_str(&format!("requires   {}\n", list(contents.requires)));
    let preinit = found.record().and_then(|record| record.preinit.as_ref());
    if let Some(function) = preinit {
        text.push_str(&format!("preinit    {}\n", printable(function)));
    }
    if let Some(added) = found.added(contents.requires) {
        text.push_str(&format!("added      {}\n", list(added)));
    }
    if let Some(record) = found.record() {
        text.push_str(&format!("program    {}\n", printable(&record.program)));
        text.push_str(&format!("interposer {}\n", printable(&record.interposer)));
        text.push_str(&format!("made by    {}\n", printable(&record.tool)));
    }
    out.write_all(text.as_bytes())
}

/// Names of proposals, one behind the other.
fn list(requires: Requires) -> String {
    let names: Vec<_> = requires.names().collect();
    match names.is_empty() {
        true => "nothing".to_owned(),
        false => names.join(", "),
    }
}

fn totals(rows: impl Iterator<Item = Row>) -> Totals {
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

/// The entries of a report, each made when it is written.
pub(crate) struct Entries<'c> {
    rows: &'c Rows<'c>,
    checked: &'c Checked,
}

impl Serialize for Entries<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.rows.iter().map(|row| entry(row, self.checked)))
    }
}

impl fmt::Debug for Entries<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.rows.iter()).finish()
    }
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
