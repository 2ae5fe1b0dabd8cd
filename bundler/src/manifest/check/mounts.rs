//! The tables `[[mount]]`, one by one and against each other.

use std::ops::Range;

use super::{Check, DEFAULT_EXCLUDES, HIDDEN};
use crate::manifest::error::{ManifestProblem, MountProblem, span};
use crate::manifest::kinds::kind_takes;
use crate::manifest::raw::{self, At, MountKind as Kind};
use crate::manifest::{Attributes, Mount, MountKind, Pattern, Point, Request, RequestKind, advice};
use crate::report::display_size;
use crate::settings::Host;

/// What to write in place of keys that are not for a kind.
const TAKES_TMPFS: &str = "remove them: a tmpfs has no source, is empty at first and always writable; to fill it, write \
                           `kind = \"embed\"` with a `source` and `writable = true`, or add `[[file]]` tables";
const TAKES_HOST: &str = "remove them: what is in the directory, and whether it can be written to, the host decides when the \
                          program is run";
const TAKES_EMBED: &str = "write `kind = \"host\"` for a directory that the host gives, or `optional = true` for a source that \
                           may be missing";

impl Check<'_> {
    pub(super) fn mount(
        &mut self,
        raw: At<raw::Mount>,
        base: &Attributes,
        defaults: &raw::Defaults,
    ) -> Option<Request> {
        let At {
            value: mut raw,
            span: header,
        } = raw;
        let kind = raw.kind.as_ref().map_or(Kind::Embed, |kind| kind.value);
        // A kind that was refused could be any.
        if raw.kind.is_some() || !self.told_in(&header) {
            self.keys_of_kind(&raw, kind);
        }
        let attributes = self.attributes(
            base,
            &raw.permissions,
            &raw.dir_permissions,
            &raw.timestamps,
        );
        let size_limit = raw
            .size_limit
            .take()
            .map(|limit| (limit.span.clone(), self.size(limit)));
        let writable = raw.writable.as_ref().filter(|writable| writable.value);
        let (is, at) = match (kind, writable) {
            (Kind::Tmpfs, _) => (
                Some(MountKind::Tmpfs),
                raw.kind.as_ref().map(|kind| &kind.span),
            ),
            (Kind::Host, _) => (
                Some(MountKind::Host),
                raw.kind.as_ref().map(|kind| &kind.span),
            ),
            (Kind::Embed, Some(writable)) => (Some(MountKind::Writable), Some(&writable.span)),
            (Kind::Embed, None) => (None, None),
        };
        if let (None, Some((at, _))) = (is, &size_limit) {
            let problem = MountProblem::SizeLimit { at: span(at) };
            self.problems.push(problem.into());
        }
        let point = is.zip(at.cloned()).map(|(kind, span)| Point {
            kind,
            span,
            size_limit: size_limit.and_then(|(_, limit)| limit),
            required: raw.required.as_ref().is_some_and(|required| required.value),
        });
        let name = raw.name.take().map(|name| self.name(name));
        let guest = self.guest(raw.guest.take());
        let overrides = raw.overrides.unwrap_or(false);
        let kind = match kind {
            Kind::Embed => self.embed(raw, &header, defaults).map(RequestKind::Mount),
            Kind::Tmpfs | Kind::Host => Some(RequestKind::Dir),
        };
        let (guest, at, guest_slash) = guest?;
        let name = name.unwrap_or_else(|| guest.as_str().to_owned());
        Some(Request {
            name,
            span: at,
            guest,
            guest_slash,
            overrides,
            attributes,
            point,
            kind: kind?,
        })
    }

    /// What is embedded, as far as the rest of the table says.
    fn embed(
        &mut self,
        raw: raw::Mount,
        header: &Range<usize>,
        defaults: &raw::Defaults,
    ) -> Option<Box<Mount>> {
        let value = |given: Option<At<bool>>, default: Option<bool>| {
            given.map(|given| given.value).or(default)
        };
        let default_excludes =
            value(raw.default_excludes, defaults.default_excludes).unwrap_or(true);
        let hidden = value(raw.hidden, defaults.hidden).unwrap_or(true);
        let gitignore = value(raw.gitignore, defaults.gitignore).unwrap_or(false);
        let include = self.patterns(raw.include, false);
        let mut exclude: Vec<Pattern> = Vec::new();
        if default_excludes {
            exclude.extend(DEFAULT_EXCLUDES.map(Pattern::built_in));
        }
        if !hidden {
            exclude.push(Pattern::built_in(HIDDEN));
        }
        exclude.extend(self.patterns(raw.exclude, true));
        let rules = raw.rule.into_iter().flatten();
        let rules = rules.filter_map(|rule| self.rule(rule)).collect();
        let strip_prefix = raw
            .strip_prefix
            .and_then(|prefix| self.strip_prefix(prefix));
        // Where the kind was refused, it may be one without a source.
        if raw.source.is_none() && !self.told_in(header) {
            self.problems.push(ManifestProblem::MissingKey {
                key: "source".to_owned(),
                table: "`[[mount]]`".to_owned(),
                example: advice::example("source").to_owned(),
                at: span(header),
            });
        }
        Some(Box::new(Mount {
            source: self.host_path("source", raw.source)?,
            include,
            exclude,
            default_excludes,
            gitignore,
            refuses: true,
            rules,
            symlinks: raw
                .symlinks
                .map(|symlinks| symlinks.value)
                .or(defaults.symlinks)
                .unwrap_or_default(),
            strip_prefix,
            optional: value(raw.optional, None).unwrap_or(false),
        }))
    }

    /// Refuses what a mount of this kind can't have, whatever its value.
    fn keys_of_kind(&mut self, raw: &raw::Mount, kind: Kind) {
        fn at<T>(key: &'static str, value: &Option<At<T>>) -> Option<(&'static str, Range<usize>)> {
            value.as_ref().map(|value| (key, value.span.clone()))
        }
        let keys = [
            at("source", &raw.source),
            at("writable", &raw.writable),
            at("include", &raw.include),
            at("exclude", &raw.exclude),
            at("strip-prefix", &raw.strip_prefix),
            at("optional", &raw.optional),
            at("permissions", &raw.permissions),
            at("symlinks", &raw.symlinks),
            at("hidden", &raw.hidden),
            at("default-excludes", &raw.default_excludes),
            at("gitignore", &raw.gitignore),
            raw.rule
                .iter()
                .flatten()
                .next()
                .map(|rule| ("rule", rule.span.clone())),
            at("size-limit", &raw.size_limit),
            at("required", &raw.required),
        ];
        let (name, help) = match kind {
            Kind::Embed => ("embed", TAKES_EMBED),
            Kind::Tmpfs => ("tmpfs", TAKES_TMPFS),
            Kind::Host => ("host", TAKES_HOST),
        };
        let keys = keys.into_iter().flatten();
        let mut keys: Vec<_> = keys.filter(|(key, _)| !kind_takes(name, key)).collect();
        keys.sort_by_key(|(_, at)| at.start);
        let mut spans: Vec<_> = keys.iter().map(|(_, at)| span(at)).collect();
        if spans.is_empty() {
            return;
        }
        let first = spans.remove(0);
        let keys: Vec<_> = keys.iter().map(|(key, _)| format!("`{key}`")).collect();
        let problem = MountProblem::NotOfKind {
            keys: keys.join(", "),
            kind: name,
            help,
            at: first,
            others: spans,
        };
        self.problems.push(problem.into());
    }

    /// Holds the mounts with rules of their own against each other and against the policy.
    pub(super) fn points(&mut self, requests: &[Request], policy: Option<&At<Host>>) {
        let points: Vec<_> = requests
            .iter()
            .filter_map(|request| Some((request, request.point.as_ref()?)))
            .collect();
        for (number, (request, point)) in points.iter().enumerate() {
            if point.kind == MountKind::Host {
                self.host_mount(request, point, policy);
            }
            for (other, above) in &points {
                if above.kind == MountKind::Host && request.guest.is_below(&other.guest) {
                    let problem = MountProblem::BelowHost {
                        guest: request.guest.to_string(),
                        above: other.guest.to_string(),
                        at: span(&request.span),
                        above_at: span(&other.span),
                    };
                    self.problems.push(problem.into());
                }
            }
            let same = |(first, _): &&(&Request, &Point)| first.guest == request.guest;
            if let Some((first, before)) = points[..number].iter().find(same)
                && !agree(before, point)
            {
                let (first_is, is) = (described(before), described(point));
                let problem = MountProblem::Disagree {
                    guest: request.guest.to_string(),
                    first: first_is,
                    second: is,
                    at: span(&request.span),
                    first_at: span(&first.span),
                };
                self.problems.push(problem.into());
            }
        }
    }

    fn host_mount(&mut self, request: &Request, point: &Point, policy: Option<&At<Host>>) {
        if request.guest.name().is_none() {
            let problem = MountProblem::HostRoot {
                guest: request.guest.to_string(),
                at: span(&request.span),
            };
            self.problems.push(problem.into());
        }
        if let Some(policy) = policy.filter(|policy| policy.value == Host::None) {
            let problem = MountProblem::HostNone {
                at: span(&point.span),
                policy: span(&policy.span),
            };
            self.problems.push(problem.into());
        }
    }
}

/// Whether two mounts of one directory say the same of it, or one says what the other leaves open.
fn agree(a: &Point, b: &Point) -> bool {
    let limits = match (&a.size_limit, &b.size_limit) {
        (Some(a), Some(b)) => a.value == b.value,
        _ => true,
    };
    a.kind == b.kind && limits && a.required == b.required
}

/// What a mount is, for a message.
fn described(point: &Point) -> String {
    let limit = match &point.size_limit {
        // Two that look the same rounded must not look the same here.
        Some(limit) if limit.value % 1024 > 0 => format!(" of at most {} bytes", limit.value),
        Some(limit) => format!(" of at most {}", display_size(limit.value)),
        None => String::new(),
    };
    match point.kind {
        MountKind::Writable => format!("a writable mount{limit}"),
        MountKind::Tmpfs => format!("a tmpfs{limit}"),
        MountKind::Host if point.required => "a host mount that is required".to_owned(),
        MountKind::Host => "a host mount".to_owned(),
    }
}
