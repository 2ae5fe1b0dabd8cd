//! From the manifest as written to the manifest as meant.

mod mounts;
mod preinit;
mod start;
mod values;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use serde::Deserialize as _;
use toml::de::DeTable;

use super::error::{ManifestError, ManifestProblem, ManifestWarning, span};
use super::facts::Var;
use super::profile::{self, FromProfile, Layers, Profiles, Selected};
use super::raw::{self, At};
pub(super) use start::PROGRAM;

use super::vars::{self, Vars, Vouched};
use super::{
    Attributes, AttributesAt, BASE, Choice, DIRECTORY_MODE, Environment, FILE_MODE, FileContent,
    Limit, Limits, Link, Manifest, Permissions, Request, RequestKind, Rule, Timestamps, advice,
    shape,
};
use crate::path::MAX_PATH;
use crate::report::Text;

/// What nobody wants in a bundle; `exclude = ["!NAME"]` takes one back.
///
/// Version control, the desktop's and editors' own files, and secrets. Kept to names that are hardly ever a program's
/// data: certificates (`*.pem`) and `.gitignore` files stay in.
pub(super) const DEFAULT_EXCLUDES: [&str; 4] = [
    "**/{.git,.hg,.svn,.bzr,CVS}",
    "**/{.DS_Store,Thumbs.db,desktop.ini}",
    "**/{.idea,.vscode,*.swp,*.swo,*~,.#*,#*#}",
    "**/{.env,.env.*,.netrc,.pypirc,.ssh,.gnupg,id_rsa,id_dsa,id_ecdsa,id_ed25519,*.key,*.ppk,*.pfx,*.p12}",
];

/// Names that start with a dot.
const HIDDEN: &str = "**/.*";

/// Made once: it takes longer than to read a manifest.
static SCHEMA: LazyLock<serde_json::Value> = LazyLock::new(super::schema);

pub(super) fn manifest(
    text: Text,
    path: PathBuf,
    dir: &Path,
    choice: &Choice,
) -> Result<Manifest, ManifestError> {
    let mut problems = Vec::new();
    let read = read(text.as_str(), choice, &mut problems);
    let manifest = read.and_then(|read| {
        let mut check = Check {
            dir,
            environment: &choice.environment,
            problems: std::mem::take(&mut problems),
            asked_epoch: false,
            names: BTreeMap::new(),
            text: text.as_str(),
            layers: read.layers,
            headers: read.headers,
            vouched: read.vouched,
        };
        let manifest = check.manifest(&text, path, read.raw);
        problems = check.problems;
        Some(Manifest {
            profile: choice.profile.clone().unwrap_or(BASE.to_owned()),
            profiles: read.profiles,
            from_profiles: read.from_profiles,
            vars: read.vars,
            warnings: read.warnings,
            ..manifest?
        })
    });
    match manifest {
        Some(manifest) if problems.is_empty() => Ok(manifest),
        _ => {
            problems.sort_by_key(ManifestProblem::at);
            Err(ManifestError::new(text, problems))
        }
    }
}

/// The selected profile as written, with all that no later step has to know of profiles and variables.
struct Read {
    raw: raw::Manifest,
    layers: Layers,
    headers: BTreeMap<usize, Vec<Range<usize>>>,
    profiles: Vec<String>,
    from_profiles: Vec<FromProfile>,
    vars: Vec<Var>,
    vouched: Vouched,
    warnings: Vec<ManifestWarning>,
}

/// How many places that are not TOML are told: a file that is something else has one in each line.
const MOST_SYNTAX: usize = 5;

/// The text as far as it fits the schema; `None` only when there are problems.
fn read(text: &str, choice: &Choice, problems: &mut Vec<ManifestProblem>) -> Option<Read> {
    let (mut table, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        let told = errors.iter().take(MOST_SYNTAX);
        problems.extend(told.map(|error| syntax(error, text)));
        return None;
    }
    let written = profile::written(table.get_ref());
    *problems = shape::fit(table.get_mut(), &SCHEMA);
    let profiles = Profiles::take(std::mem::take(table.get_mut()), written, problems);
    let wanted = choice.profile.as_deref().unwrap_or(BASE);
    let Selected {
        table: mut selected,
        layers,
        headers,
        from_profiles,
        mut warnings,
    } = profiles.select(wanted, text, problems)?;
    let mut vars = Vars::take(&mut selected, text, &choice.environment.variables, problems);
    vars.expand(&mut selected, problems);
    let used = profiles.tables().flat_map(vars::used).collect();
    let (vars, unused, vouched) = vars.finish(&used);
    warnings.extend(unused);
    *table.get_mut() = selected;
    match raw::Manifest::deserialize(toml::Deserializer::from(table)) {
        Ok(raw) => Some(Read {
            raw,
            layers,
            headers,
            profiles: profiles.names(),
            from_profiles,
            vars,
            vouched,
            warnings,
        }),
        // The schema is made from the same types, so nothing it lets through fails here.
        Err(error) => {
            problems.push(syntax(&error, text));
            None
        }
    }
}

fn syntax(error: &toml::de::Error, text: &str) -> ManifestProblem {
    let at = error.span().unwrap_or(0..0);
    let message = error.message().replace('\n', ", ");
    let help = match message.as_str() {
        message if message.contains("duplicate key") => {
            "remove one of the two, or write `[[...]]` for a second table"
        }
        message if message.contains("string values must be quoted") => "put the text into quotes",
        _ => "see toml.io for the syntax; texts stand in quotes, lists in `[...]`",
    };
    // The end of the text has no character to point at.
    let at = if at.start >= text.len() {
        text.len().saturating_sub(1)..text.len()
    } else {
        at
    };
    ManifestProblem::Syntax {
        message,
        help: help.to_owned(),
        at: span(&at),
    }
}

struct Check<'a> {
    dir: &'a Path,
    environment: &'a Environment,
    problems: Vec<ManifestProblem>,
    /// Whether a problem with `SOURCE_DATE_EPOCH` was told: once is enough.
    asked_epoch: bool,
    /// The names that mounts were given, and where.
    names: BTreeMap<String, Range<usize>>,
    text: &'a str,
    layers: Layers,
    /// The other places of tables that profiles have changed, by the start of the first.
    headers: BTreeMap<usize, Vec<Range<usize>>>,
    /// What of the texts the user has said may be seen.
    vouched: Vouched,
}

impl Check<'_> {
    /// `None` only when there are problems.
    fn manifest(&mut self, text: &Text, path: PathBuf, raw: raw::Manifest) -> Option<Manifest> {
        if let Some(version) = raw.manifest_version.filter(|version| version.value != 1) {
            self.problems.push(ManifestProblem::Version {
                found: version.value,
                at: span(&version.span),
            });
        }
        let defaults = raw.defaults.unwrap_or_default();
        let base = Attributes {
            permissions: Permissions::fixed(FILE_MODE),
            dir_permissions: Permissions::fixed(DIRECTORY_MODE),
            timestamps: Timestamps::Fixed(0),
            at: AttributesAt::default(),
        };
        let implied = self.attributes(
            &base,
            &defaults.permissions,
            &defaults.dir_permissions,
            &defaults.timestamps,
        );

        let mut requests: Vec<(usize, Option<Request>)> = Vec::new();
        for mount in raw.mount.into_iter().flatten() {
            requests.push((mount.span.start, self.mount(mount, &implied, &defaults)));
        }
        for file in raw.file.into_iter().flatten() {
            requests.push((file.span.start, self.file(file, &implied)));
        }
        for dir in raw.dir.into_iter().flatten() {
            requests.push((dir.span.start, self.dir(dir.value, &implied)));
        }
        for symlink in raw.symlink.into_iter().flatten() {
            requests.push((symlink.span.start, self.symlink(symlink, &implied)));
        }
        // "What a table above put there" is about the text, whatever the kinds of the tables; but what a profile adds
        // comes after all that it inherits, wherever it is written.
        requests.sort_by_key(|(start, _)| (self.layers.at(*start), *start));
        let requests: Vec<Request> = requests
            .into_iter()
            .filter_map(|(_, request)| request)
            .collect();

        let module = raw.module?.value;
        let input = self.host_path("input", module.input);
        let output = self.host_path("output", module.output);
        let limits = self.limits(raw.limits.unwrap_or_default());
        let (input, output) = (input?, output?);
        if lexical(&input.path) == lexical(&output.path) {
            self.problems.push(ManifestProblem::OutputIsInput {
                at: span(&output.span),
                input: span(&input.span),
            });
        }
        let link = raw.link.unwrap_or_default();
        self.points(&requests, link.host.as_ref());
        let env = self.env("env", raw.env.unwrap_or_default());
        let args = raw.args.map(|args| self.args(args)).unwrap_or_default();
        // A table that is there and means nothing has left a problem.
        let preinit = raw.preinit.and_then(|preinit| self.preinit(preinit));
        Some(Manifest {
            text: text.clone(),
            path,
            profile: BASE.to_owned(),
            profiles: Vec::new(),
            from_profiles: Vec::new(),
            vars: Vec::new(),
            warnings: Vec::new(),
            input,
            output,
            beside: Vec::new(),
            limits: limits?,
            link: Link {
                mode: link.mode.unwrap_or_default(),
                memory: link.memory.unwrap_or_default(),
                host: link.host.map(|host| host.value).unwrap_or_default(),
                env: link.env.unwrap_or_default(),
                rebundle: link.rebundle.unwrap_or(true),
            },
            env,
            args,
            preinit,
            implied,
            requests,
        })
    }

    fn limits(&mut self, raw: raw::Limits) -> Option<Limits> {
        let default = |value| Some(Limit { value, span: None });
        let image_size = raw
            .image_size
            .map_or(default(256 << 20), |size| self.size(size));
        let file_size = raw
            .file_size
            .map_or(default(64 << 20), |size| self.size(size));
        let archive_size = raw
            .archive_size
            .map_or(default(4 << 30), |size| self.size(size));
        let files = match raw.files {
            None => Some(Limit {
                value: 100_000,
                span: None,
            }),
            Some(At { value, span: at }) => match u64::try_from(value) {
                Ok(value) => Some(Limit {
                    value,
                    span: Some(at),
                }),
                Err(_) => {
                    self.problems.push(ManifestProblem::Negative {
                        key: "files",
                        at: span(&at),
                    });
                    None
                }
            },
        };
        Some(Limits {
            image_size: image_size?,
            file_size: file_size?,
            files: files?,
            archive_size: archive_size?,
        })
    }

    /// Whether a key of the table with this header was refused: what the table seems to lack may be that.
    fn told_in(&self, header: &Range<usize>) -> bool {
        let others = self.headers.get(&header.start);
        [header]
            .into_iter()
            .chain(others.into_iter().flatten())
            .any(|header| {
                let length = self.text[header.end..]
                    .find("\n[")
                    .unwrap_or(self.text.len());
                let table = header.start..header.end.saturating_add(length);
                self.problems
                    .iter()
                    .any(|problem| table.contains(&problem.at()))
            })
    }

    fn rule(&mut self, raw: At<raw::Rule>) -> Option<Rule> {
        let At {
            value: raw,
            span: at,
        } = raw;
        let nothing =
            raw.permissions.is_none() && raw.dir_permissions.is_none() && raw.timestamps.is_none();
        if nothing && !self.told_in(&at) {
            self.problems
                .push(ManifestProblem::EmptyRule { at: span(&at) });
        }
        let permissions = raw.permissions.and_then(|text| self.permissions(&text));
        let dir_permissions = raw.dir_permissions.and_then(|text| self.permissions(&text));
        let timestamps = raw.timestamps.and_then(|text| self.timestamps(&text));
        let pattern = self.pattern(raw.r#match?, false)?;
        Some(Rule {
            pattern,
            permissions,
            dir_permissions,
            timestamps,
        })
    }

    fn file(&mut self, raw: At<raw::File>, base: &Attributes) -> Option<Request> {
        let At {
            value: raw,
            span: at,
        } = raw;
        let attributes = self.attributes(base, &raw.permissions, &None, &raw.timestamps);
        let content = match (raw.content, raw.source) {
            (Some(content), None) => {
                if let Some(guest) = &raw.guest {
                    self.guard_content(&guest.value, &content);
                }
                Some(FileContent::Inline(Arc::from(content.value.into_bytes())))
            }
            (None, Some(source)) => {
                self.host_path("source", Some(source))
                    .map(|source| FileContent::Source {
                        source,
                        optional: raw.optional.unwrap_or(false),
                    })
            }
            (Some(content), Some(_)) => {
                self.problems.push(ManifestProblem::FileContent {
                    problem: "not both",
                    at: span(&content.span),
                });
                None
            }
            (None, None) if self.told_in(&at) => None,
            (None, None) => {
                self.problems.push(ManifestProblem::FileContent {
                    problem: "and has none",
                    at: span(&at),
                });
                None
            }
        };
        let (guest, at) = self.guest_name("file", raw.guest)?;
        Some(Request {
            name: guest.as_str().to_owned(),
            span: at,
            guest,
            guest_slash: false,
            overrides: raw.overrides.unwrap_or(false),
            attributes,
            point: None,
            kind: RequestKind::File(content?),
        })
    }

    fn dir(&mut self, raw: raw::Dir, base: &Attributes) -> Option<Request> {
        let attributes = self.attributes(base, &None, &raw.permissions, &raw.timestamps);
        let (guest, at, _) = self.guest(raw.guest)?;
        Some(Request {
            name: guest.as_str().to_owned(),
            span: at,
            guest,
            guest_slash: true,
            overrides: false,
            attributes,
            point: None,
            kind: RequestKind::Dir,
        })
    }

    fn symlink(&mut self, raw: At<raw::Symlink>, base: &Attributes) -> Option<Request> {
        let At {
            value: raw,
            span: header,
        } = raw;
        // One that a profile adds; the schema can't tell it from one that a profile changes.
        if raw.target.is_none() && !self.told_in(&header) {
            self.problems.push(ManifestProblem::MissingKey {
                key: "target".to_owned(),
                table: "`[[symlink]]`".to_owned(),
                example: advice::example("target").to_owned(),
                at: span(&header),
            });
        }
        let attributes = self.attributes(base, &None, &None, &raw.timestamps);
        let target = raw.target.and_then(|target| {
            let problem = match target.value.as_str() {
                "" => "it is empty",
                text if text.contains('\0') => "it contains a NUL character",
                text if text.len() >= MAX_PATH => "it is longer than 4095 bytes",
                _ => return Some(target.value),
            };
            self.problems.push(ManifestProblem::Target {
                problem,
                at: span(&target.span),
            });
            None
        });
        let (guest, at) = self.guest_name("symlink", raw.guest)?;
        Some(Request {
            name: guest.as_str().to_owned(),
            span: at,
            guest,
            guest_slash: false,
            overrides: raw.overrides.unwrap_or(false),
            attributes,
            point: None,
            kind: RequestKind::Symlink { target: target? },
        })
    }
}

/// A path without `.` and with `..` taken back where a name stands before it; the disk is not asked.
pub(super) fn lexical(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut clean = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if clean.file_name().is_some() => drop(clean.pop()),
            other => clean.push(other),
        }
    }
    clean
}
