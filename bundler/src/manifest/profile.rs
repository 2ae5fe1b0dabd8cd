//! Profiles: which tables are meant when one is selected.
//!
//! Merging is done on the TOML, before anything is read from it, so that every value keeps its place in the text and all
//! that comes later works on one manifest, whichever profile it is. Every profile is merged, selected or not, so that a
//! mistake in one is found by whoever made it.

mod layers;
mod merge;
mod names;
mod settle;
#[cfg(test)]
mod tests;
mod told;

use std::collections::BTreeMap;
use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::error::{ManifestProblem, ManifestWarning, ProfileProblem, span};
use super::{BASE, advice};
pub(super) use layers::Layers;
use merge::{Beside, Merged, Own};
pub use told::FromProfile;
pub(super) use told::line;

/// One manifest of those that a text holds.
pub(super) struct Selected<'i> {
    /// Its tables, without those of profiles.
    pub(super) table: DeTable<'i>,
    /// Which profile each table and key is from.
    pub(super) layers: Layers,
    /// The other places of tables that profiles have changed, by the start of the first.
    pub(super) headers: BTreeMap<usize, Vec<Range<usize>>>,
    /// What is not as in the base.
    pub(super) from_profiles: Vec<FromProfile>,
    pub(super) warnings: Vec<ManifestWarning>,
}

/// The profiles of a text.
pub(super) struct Profiles<'i> {
    base: DeTable<'i>,
    /// Name, its place, and what it says, in the order of the text.
    all: Vec<(String, Range<usize>, DeTable<'i>)>,
    /// Those that something was wrong with, and was told.
    refused: Vec<String>,
}

impl<'i> Profiles<'i> {
    /// Takes the profiles out of a manifest that fits the schema. `written` are the names before what does not fit was
    /// taken out.
    pub(super) fn take(
        mut table: DeTable<'i>,
        written: Vec<String>,
        problems: &mut Vec<ManifestProblem>,
    ) -> Self {
        let mut all = Vec::new();
        if let Some(DeValue::Table(profiles)) = table.remove("profile").map(|it| it.into_inner()) {
            for (name, profile) in profiles {
                let at = name.span();
                let name = name.into_inner().into_owned();
                if let Some(problem) = odd(&name) {
                    problems.push(
                        ProfileProblem::Name {
                            name,
                            problem,
                            at: span(&at),
                        }
                        .into(),
                    );
                } else if let DeValue::Table(profile) = profile.into_inner() {
                    all.push((name, at, profile));
                }
            }
        }
        all.sort_by_key(|(_, at, _)| at.start);
        let kept = |name: &String| all.iter().any(|(kept, ..)| kept == name);
        let refused = written.into_iter().filter(|name| !kept(name)).collect();
        Self {
            base: table,
            all,
            refused,
        }
    }

    /// The tables of the base and of all profiles.
    pub(super) fn tables(&self) -> impl Iterator<Item = &DeTable<'i>> {
        let all = self.all.iter().map(|(.., table)| table);
        std::iter::once(&self.base).chain(all)
    }

    /// Their names, in the order of the text.
    pub(super) fn names(&self) -> Vec<String> {
        self.all.iter().map(|(name, ..)| name.clone()).collect()
    }

    /// The manifest of one profile; `None` only when there are problems. Problems of all of them are told.
    pub(super) fn select(
        &self,
        wanted: &str,
        text: &str,
        problems: &mut Vec<ManifestProblem>,
    ) -> Option<Selected<'i>> {
        let chains = self.chains(problems);
        let mut merged: BTreeMap<&str, Merged<'i>> = BTreeMap::new();
        merged.insert(BASE, Merged::base(self.base.clone()));
        // Shorter chains first, so that what a profile inherits is there.
        let mut order: Vec<_> = chains.iter().collect();
        order.sort_by_key(|(_, chain)| chain.len());
        for (name, chain) in order {
            let own = Own {
                name,
                table: self.table(name).unwrap_or(&self.base),
            };
            let inherited = chain[..chain.len() - 1].last().copied().unwrap_or(BASE);
            let done = merged[inherited].with(&own, problems);
            merged.insert(name, done);
        }
        let Some(done) = merged.remove(wanted) else {
            self.tell_unknown(wanted, problems);
            return None;
        };
        let chain = chains.get(wanted).map_or(&[] as &[&str], Vec::as_slice);
        let layers = Layers::of(
            chain
                .iter()
                .filter_map(|name| Some((*name, self.table(name)?))),
        );
        let Merged {
            mut table,
            headers,
            removed,
            beside,
        } = done;
        settle::settle(&mut table, &layers);
        let from_profiles = told::tell(&table, &removed, &layers, text);
        Some(Selected {
            table,
            layers,
            headers,
            from_profiles,
            warnings: beside.into_iter().map(|it| warning(it, text)).collect(),
        })
    }

    fn table(&self, name: &str) -> Option<&DeTable<'i>> {
        let found = self.all.iter().find(|(other, ..)| other == name);
        found.map(|(.., table)| table)
    }

    fn tell_unknown(&self, wanted: &str, problems: &mut Vec<ManifestProblem>) {
        // It is there, and what is wrong with it was told; or what it inherits from was.
        let told = self.refused.iter().any(|name| name == wanted);
        if told || self.table(wanted).is_some() {
            return;
        }
        let known = self.names();
        let problem = ProfileProblem::Unknown {
            profile: wanted.to_owned(),
            help: advice::unknown_profile(wanted, &known),
            at: None,
        };
        problems.push(problem.into());
    }

    /// The profiles from the first that is not the base to each one itself, by name; without those that lead nowhere.
    fn chains(&self, problems: &mut Vec<ManifestProblem>) -> BTreeMap<&str, Vec<&str>> {
        let mut chains = BTreeMap::new();
        let mut circular: Vec<&str> = Vec::new();
        for (name, ..) in &self.all {
            let mut chain: Vec<&str> = vec![name];
            let mut whole = true;
            while let Some((next, at)) = inherits(self.table(chain[chain.len() - 1])) {
                if next == BASE {
                    break;
                }
                if let Some(start) = chain.iter().position(|before| *before == next) {
                    // Each profile of the circle comes here; only the first tells.
                    if start == 0 && !chain.iter().any(|name| circular.contains(name)) {
                        problems.push(self.circle(&chain));
                        circular.extend(&chain);
                    }
                    whole = false;
                    break;
                }
                let Some((known, ..)) = self.all.iter().find(|(other, ..)| other == next) else {
                    if chain.len() == 1 && !self.refused.iter().any(|name| name == next) {
                        problems.push(self.unknown_parent(name, next, &at));
                    }
                    whole = false;
                    break;
                };
                chain.push(known);
            }
            if whole {
                chain.reverse();
                chains.insert(name.as_str(), chain);
            }
        }
        chains
    }

    fn unknown_parent(&self, name: &str, parent: &str, at: &Range<usize>) -> ManifestProblem {
        let mut known = self.names();
        known.retain(|other| other != name);
        let help = advice::unknown_parent(parent, &known);
        let (profile, at) = (parent.to_owned(), Some(span(at)));
        ProfileProblem::Unknown { profile, help, at }.into()
    }

    fn circle(&self, chain: &[&str]) -> ManifestProblem {
        let names: Vec<_> = chain.iter().chain(&chain[..1]).collect();
        let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
        let mut places: Vec<_> = chain
            .iter()
            .filter_map(|name| Some(span(&inherits(self.table(name))?.1)))
            .collect();
        ProfileProblem::Circle {
            names: names.join(" → "),
            at: places.remove(0),
            others: places,
        }
        .into()
    }
}

fn warning(beside: Beside, text: &str) -> ManifestWarning {
    ManifestWarning::Beside {
        line: line(text, beside.at),
        profile: beside.profile,
        guest: beside.guest,
        inherited: beside.inherited,
    }
}

/// The names of `[profile.NAME]` as written.
pub(super) fn written(table: &DeTable<'_>) -> Vec<String> {
    match table.get("profile").map(|it| it.get_ref()) {
        Some(DeValue::Table(profiles)) => profiles
            .keys()
            .map(|name| name.get_ref().to_string())
            .collect(),
        _ => Vec::new(),
    }
}

/// What is wrong with a profile's name.
fn odd(name: &str) -> Option<&'static str> {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    match name {
        BASE => Some("that is the manifest's top level"),
        "" => Some("a name is needed"),
        name if !name.bytes().all(good) => {
            Some("it has other characters than letters, digits, `-` and `_`")
        }
        _ => None,
    }
}

/// What a profile inherits from, as written, and where.
fn inherits<'t>(table: Option<&'t DeTable<'_>>) -> Option<(&'t str, Range<usize>)> {
    let value = table?.get("inherits")?;
    match value.get_ref() {
        DeValue::String(name) => Some((name, value.span())),
        _ => None,
    }
}
