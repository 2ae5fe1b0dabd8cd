//! A plan as rows: what `plan --json` prints.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Brief, Entry, EntryKind, Plan};

/// One entry for a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Row<'p> {
    /// The guest path.
    pub path: String,
    /// What it is.
    pub kind: RowKind,
    /// Permission bits in octal, four digits.
    pub mode: String,
    /// Time of last modification, access and change: RFC 3339, UTC.
    pub time: String,
    /// Content size in bytes; files only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// The file of this machine its content comes from, with `:` and a path when that is an archive; none: its content is in
    /// the manifest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// What a symlink holds, or the path a hard link is another name of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The name of the table that asked for it; none: a directory that only something below it needs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mount: Option<&'p str>,
}

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RowKind {
    /// A directory.
    Directory,
    /// A regular file.
    File,
    /// Another name of a file.
    HardLink,
    /// A symbolic link.
    Symlink,
}

/// What a plan comes to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Totals {
    /// Number of directories, implied ones too.
    pub directories: u64,
    /// Number of files; one with several names counts once.
    pub files: u64,
    /// Number of further names of files.
    pub hard_links: u64,
    /// Number of symbolic links.
    pub symlinks: u64,
    /// Bytes of all files' contents, before identical ones are stored once.
    pub bytes: u64,
}

impl Plan {
    /// All entries as rows, in their order.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.entries().iter().map(|entry| self.row(&entry))
    }

    /// How many entries and bytes there are.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for number in 0..self.entries().len() {
            match self.entries().brief(number) {
                Brief::Directory => totals.directories += 1,
                Brief::HardLink { .. } => totals.hard_links += 1,
                Brief::Symlink { .. } => totals.symlinks += 1,
                Brief::File { size } => {
                    totals.files += 1;
                    totals.bytes += size;
                }
            }
        }
        totals
    }

    fn row(&self, entry: &Entry) -> Row<'_> {
        let mut row = Row {
            path: entry.path.to_string(),
            kind: RowKind::Directory,
            mode: format!("{:04o}", entry.mode),
            time: time(entry.time_ns),
            size: None,
            source: None,
            target: None,
            mount: self.mount_of(entry),
        };
        match &entry.kind {
            EntryKind::Directory => {}
            EntryKind::File { content, size } => {
                row.kind = RowKind::File;
                row.size = Some(*size);
                row.source = content.shown().map(Into::into);
            }
            EntryKind::HardLink { to } => {
                row.kind = RowKind::HardLink;
                row.target = Some(to.to_string());
            }
            EntryKind::Symlink { target } => {
                row.kind = RowKind::Symlink;
                row.target = Some(target.clone());
            }
        }
        row
    }
}

/// Nanoseconds since 1970 as RFC 3339, with as many decimals as it has.
fn time(time_ns: u64) -> String {
    let time = Timestamp::from_nanosecond(i128::from(time_ns))
        .expect("64 bits of nanoseconds end in 2554");
    time.to_string()
}
