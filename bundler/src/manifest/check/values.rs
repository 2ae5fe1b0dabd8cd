//! Single values: paths, patterns, modes, times.

use std::ops::Range;
use std::str::FromStr as _;

use super::Check;
use crate::manifest::error::{ManifestProblem, span};
use crate::manifest::raw::{At, Size};
use crate::manifest::timestamps::{Timestamps, TimestampsError};
use crate::manifest::{
    Attributes, AttributesAt, HostPath, Limit, Pattern, Permissions, StripPrefix, TimeRange,
};
use crate::path::GuestPath;

impl Check<'_> {
    /// A mount's name, which no other mount may have.
    pub(super) fn name(&mut self, raw: At<String>) -> String {
        let At {
            value: name,
            span: at,
        } = raw;
        match self.names.get(&name) {
            None => drop(self.names.insert(name.clone(), at)),
            Some(first) => {
                let (at, first) = (span(&at), span(first));
                self.problems.push(ManifestProblem::SameName {
                    name: name.clone(),
                    at,
                    first,
                });
            }
        }
        name
    }

    pub(super) fn guest(
        &mut self,
        raw: Option<At<String>>,
    ) -> Option<(GuestPath, Range<usize>, bool)> {
        let At { value, span: at } = raw?;
        match GuestPath::parse(&value) {
            Ok(path) => Some((path, at, value.ends_with('/'))),
            Err(error) => {
                self.problems.push(ManifestProblem::GuestPath {
                    path: clipped(&value),
                    error,
                    at: span(&at),
                });
                None
            }
        }
    }

    /// The guest path of what can't be a directory.
    pub(super) fn guest_name(
        &mut self,
        what: &'static str,
        raw: Option<At<String>>,
    ) -> Option<(GuestPath, Range<usize>)> {
        let written = raw.as_ref().map(|raw| raw.value.clone());
        let (guest, at, slash) = self.guest(raw)?;
        if guest.name().is_some() && !slash {
            return Some((guest, at));
        }
        let example = guest
            .join("name")
            .map_or_else(|_| "/etc/motd".to_owned(), |path| path.as_str().to_owned());
        let path = written.unwrap_or_default();
        self.problems.push(ManifestProblem::GuestIsRoot {
            path,
            what,
            example,
            at: span(&at),
        });
        None
    }

    pub(super) fn host_path(
        &mut self,
        key: &'static str,
        raw: Option<At<String>>,
    ) -> Option<HostPath> {
        let At { value, span: at } = raw?;
        let problem = match value.as_str() {
            "" => "is empty",
            text if text.contains('\0') => "contains a NUL character",
            _ => {
                return Some(HostPath {
                    path: self.dir.join(&value),
                    written: value,
                    span: at,
                });
            }
        };
        self.problems.push(ManifestProblem::HostPath {
            key,
            problem,
            at: span(&at),
        });
        None
    }

    /// A number of bytes.
    pub(super) fn size(&mut self, raw: At<Size>) -> Option<Limit> {
        let At { value, span: at } = raw;
        match value.bytes() {
            Ok(value) => Some(Limit {
                value,
                span: Some(at),
            }),
            Err(problem) => {
                let text = match value {
                    Size::Bytes(bytes) => bytes.to_string(),
                    Size::Text(text) => text,
                };
                self.problems.push(ManifestProblem::Size {
                    text,
                    problem,
                    at: span(&at),
                });
                None
            }
        }
    }

    pub(super) fn strip_prefix(&mut self, raw: At<String>) -> Option<StripPrefix> {
        let At { value, span: at } = raw;
        let problem = match GuestPath::parse(&value) {
            Err(error) => error.to_string(),
            Ok(path) if path.is_absolute() => "it starts with a slash".to_owned(),
            Ok(path) if path.name().is_none() => "it is the source itself".to_owned(),
            Ok(path) => {
                return Some(StripPrefix {
                    names: path.as_str().split('/').map(str::to_owned).collect(),
                    span: at,
                });
            }
        };
        self.problems.push(ManifestProblem::StripPrefix {
            text: value,
            problem,
            at: span(&at),
        });
        None
    }

    pub(super) fn patterns(
        &mut self,
        raw: Option<At<Vec<At<String>>>>,
        may_negate: bool,
    ) -> Vec<Pattern> {
        raw.into_iter()
            .flat_map(|list| list.value)
            .filter_map(|text| self.pattern(text, may_negate))
            .collect()
    }

    pub(super) fn pattern(&mut self, raw: At<String>, may_negate: bool) -> Option<Pattern> {
        match Pattern::parse(&raw.value, raw.span.clone(), may_negate) {
            Ok(pattern) => Some(pattern),
            Err(error) => {
                self.problems.push(ManifestProblem::Pattern {
                    pattern: raw.value,
                    problem: error.problem,
                    help: error.help,
                    at: span(&raw.span),
                });
                None
            }
        }
    }

    pub(super) fn attributes(
        &mut self,
        base: &Attributes,
        permissions: &Option<At<String>>,
        dir_permissions: &Option<At<String>>,
        timestamps: &Option<At<String>>,
    ) -> Attributes {
        let mut attributes = base.clone();
        let at = |given: &Option<At<String>>, base: &Option<Range<usize>>| {
            let span = given.as_ref().map(|given| given.span.clone());
            span.or_else(|| base.clone())
        };
        attributes.at = AttributesAt {
            permissions: at(permissions, &base.at.permissions),
            dir_permissions: at(dir_permissions, &base.at.dir_permissions),
            timestamps: at(timestamps, &base.at.timestamps),
        };
        if let Some(given) = permissions.as_ref().and_then(|text| self.permissions(text)) {
            attributes.permissions = given.over(&base.permissions);
        }
        if let Some(given) = dir_permissions
            .as_ref()
            .and_then(|text| self.permissions(text))
        {
            attributes.dir_permissions = given.over(&base.dir_permissions);
        }
        if let Some(given) = timestamps.as_ref().and_then(|text| self.timestamps(text)) {
            attributes.timestamps = given;
        }
        attributes
    }

    pub(super) fn permissions(&mut self, raw: &At<String>) -> Option<Permissions> {
        match Permissions::from_str(&raw.value) {
            Ok(permissions) => Some(permissions),
            Err(problem) => {
                let text = raw.value.clone();
                self.problems.push(ManifestProblem::Permissions {
                    text,
                    problem,
                    at: span(&raw.span),
                });
                None
            }
        }
    }

    pub(super) fn timestamps(&mut self, raw: &At<String>) -> Option<Timestamps> {
        let text = raw.value.clone();
        let at = span(&raw.span);
        let problem = match Timestamps::parse(&text, self.environment.source_date_epoch.as_deref())
        {
            Ok(timestamps) => return Some(timestamps),
            Err(TimestampsError::Syntax(problem)) => {
                ManifestProblem::Timestamps { text, problem, at }
            }
            Err(TimestampsError::Range(TimeRange::Before)) => ManifestProblem::TimeRange {
                text,
                side: "before 1970",
                at,
            },
            Err(TimestampsError::Range(TimeRange::After)) => ManifestProblem::TimeRange {
                text,
                side: "after 2554",
                at,
            },
            Err(TimestampsError::SourceDateEpoch(_)) if self.asked_epoch => return None,
            Err(TimestampsError::SourceDateEpoch(problem)) => {
                self.asked_epoch = true;
                ManifestProblem::SourceDateEpoch {
                    asked: "timestamps = \"source-date-epoch\"",
                    problem,
                    at,
                }
            }
        };
        self.problems.push(problem);
        None
    }
}

/// The start of a text that is too long for a message.
fn clipped(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
