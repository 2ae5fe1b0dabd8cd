//! Random manifests with profiles as plain lists of keys, and what they mean when written out: a second, simpler reading of
//! the rules.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// A xorshift generator: the same numbers in every run.
pub(super) struct Random(pub(super) u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).expect("it is below a usize")
    }

    fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn pick<'t>(&mut self, from: &[&'t str]) -> &'t str {
        from[self.below(from.len())]
    }
}

/// Keys and values as they stand in the text, and the layer that they are from.
type Keys = BTreeMap<String, (String, usize)>;

/// A `[[mount]]` or another table of a list.
#[derive(Clone)]
struct Item {
    what: &'static str,
    name: String,
    keys: Keys,
}

/// The top level, or a profile.
#[derive(Clone, Default)]
struct Layer {
    name: String,
    inherits: usize,
    remove: Vec<String>,
    /// By table and key.
    keyed: BTreeMap<(&'static str, String), String>,
    items: Vec<Item>,
}

/// A manifest; the base is its first layer.
pub(super) struct Model(Vec<Layer>);

/// Tables, keys, and values of which some are wrong.
const KEYED: [(&str, &str, &[&str]); 12] = [
    ("module", "input", &["\"a.wasm\"", "\"b.wasm\""]),
    ("module", "output", &["\"x/${V}.wasm\"", "\"y.wasm\""]),
    (
        "defaults",
        "permissions",
        &["\"0600\"", "\"source\"", "\"+x\""],
    ),
    ("defaults", "hidden", &["true", "false"]),
    ("defaults", "symlinks", &["\"follow\"", "\"error\""]),
    ("limits", "files", &["7", "8", "9", "10", "-1"]),
    ("limits", "image-size", &["\"1 MiB\"", "4096"]),
    (
        "link",
        "host",
        &["\"none\"", "\"override\"", "\"fallback\""],
    ),
    ("env", "HOME", &["\"/${V}\"", "\"/home\""]),
    ("env", "LANG", &["\"C\"", "\"${W}\""]),
    ("args", "default", &["[]", "[\"-m\", \"${V}\"]"]),
    (
        "vars",
        "V",
        &["\"one\"", "\"two\"", "{ default = \"three\" }"],
    ),
];

const MOUNT: [(&str, &[&str]); 15] = [
    ("source", &["\"s\"", "\"t-${V}\""]),
    ("source", &["\"u\""]),
    ("kind", &["\"embed\"", "\"tmpfs\"", "\"host\""]),
    ("writable", &["true", "false"]),
    ("size-limit", &["\"1 MiB\"", "\"2 MiB\""]),
    ("required", &["true"]),
    ("include", &["[\"*.py\"]", "[\"${V}/**\", \"b\"]"]),
    ("exclude", &["[\"x\", \"!y\"]", "[]"]),
    ("optional", &["true"]),
    ("permissions", &["\"0640\"", "\"go-w\""]),
    ("dir-permissions", &["\"0700\""]),
    (
        "timestamps",
        &[
            "\"source\"",
            "\"epoch\"",
            "\"2024-01-01T00:00:00Z\"",
            "\"late\"",
        ],
    ),
    ("hidden", &["false"]),
    ("gitignore", &["true"]),
    (
        "rule",
        &["[{ match = \"${V}\", permissions = \"0755\" }]", "[]"],
    ),
];

const OTHERS: [(&str, &str, &[&str]); 8] = [
    ("file", "content", &["\"text\"", "\"${V}\""]),
    ("file", "source", &["\"f\"", "\"g\""]),
    ("file", "permissions", &["\"0755\""]),
    ("file", "overrides", &["true"]),
    (
        "dir",
        "permissions",
        &["\"1777\"", "\"0700\"", "\"u=rwx\"", "\"rwx\""],
    ),
    ("dir", "timestamps", &["\"source\""]),
    ("symlink", "target", &["\"to\"", "\"${V}/to\""]),
    ("symlink", "overrides", &["true"]),
];

impl Model {
    pub(super) fn random(random: &mut Random) -> Self {
        let mut model = Self(vec![Layer::default()]);
        let count = 1 + random.below(4);
        for number in 0..=count {
            let inherits = if number == 0 { 0 } else { random.below(number) };
            let inherited = match number {
                0 => Layer::default(),
                _ => model.merged(inherits),
            };
            let layer = Layer::random(random, number, inherits, &inherited);
            match number {
                0 => model.0[0] = layer,
                _ => model.0.push(layer),
            }
        }
        model
    }

    /// The names of all but the base.
    pub(super) fn profiles(&self) -> impl Iterator<Item = &str> {
        self.0[1..].iter().map(|layer| layer.name.as_str())
    }

    /// All of it as a text.
    pub(super) fn text(&self) -> String {
        let mut text = "manifest-version = 1\n".to_owned();
        for (number, layer) in self.0.iter().enumerate() {
            layer.write(number, &self.0[layer.inherits].name, &mut text);
        }
        text
    }

    /// What a profile means, as a text without profiles.
    pub(super) fn flat(&self, profile: &str) -> String {
        let number = self.0.iter().position(|layer| layer.name == profile);
        let mut merged = self.merged(number.expect("it is one of the model's"));
        for item in &mut merged.items {
            item.settle();
        }
        let mut text = "manifest-version = 1\n".to_owned();
        merged.write(0, "", &mut text);
        text
    }

    /// A layer over all that it inherits.
    fn merged(&self, number: usize) -> Layer {
        let own = &self.0[number];
        if number == 0 {
            return own.clone();
        }
        let mut merged = self.merged(own.inherits);
        merged.keyed.retain(|(table, key), _| {
            *table != "env" || !own.remove.contains(&format!("env.{key}"))
        });
        merged.items.retain(|item| !own.remove.contains(&item.name));
        merged.keyed.extend(own.keyed.clone());
        for item in &own.items {
            let met =
                (merged.items.iter_mut()).find(|it| it.what == item.what && it.name == item.name);
            match met {
                Some(met) => met.keys.extend(item.keys.clone()),
                None => merged.items.push(item.clone()),
            }
        }
        merged
    }
}

impl Layer {
    fn random(random: &mut Random, number: usize, inherits: usize, inherited: &Self) -> Self {
        let mut layer = Self {
            name: format!("p{number}"),
            inherits,
            ..Self::default()
        };
        if number == 0 {
            layer.name = "base".to_owned();
            for (table, key) in [("module", "input"), ("module", "output"), ("vars", "V")] {
                layer.set(random, table, key);
            }
            layer
                .keyed
                .insert(("vars", "W".to_owned()), "\"w\"".to_owned());
        }
        for _ in 0..random.below(4) {
            let (table, key, _) = KEYED[random.below(KEYED.len())];
            layer.set(random, table, key);
        }
        let env = inherited.keyed.keys().filter(|(table, _)| *table == "env");
        let env = env.map(|(_, key)| format!("env.{key}"));
        let items = inherited.items.iter().map(|item| item.name.clone());
        let removable: BTreeSet<String> = items.chain(env).collect();
        layer.remove = removable.into_iter().filter(|_| random.one_in(8)).collect();
        let mut taken = BTreeSet::new();
        for _ in 0..random.below(5) {
            let known = &inherited.items;
            let item = if !known.is_empty() && random.one_in(2) {
                let met = &known[random.below(known.len())];
                Item::random(random, met.what, &met.name, number)
            } else {
                let what = random.pick(&["mount", "mount", "file", "dir", "symlink"]);
                let name = format!("/{}{}", &what[..1], random.below(4));
                Item::random(random, what, &name, number)
            };
            // Each only once in a layer; and one name for one table, so that it is clear what is removed.
            if taken.insert(item.name.clone()) {
                layer.items.push(item);
            }
        }
        layer
    }

    fn set(&mut self, random: &mut Random, table: &'static str, key: &str) {
        let (.., values) = KEYED
            .iter()
            .find(|it| (it.0, it.1) == (table, key))
            .expect("it is one");
        let value = random.pick(values).to_owned();
        self.keyed.insert((table, key.to_owned()), value);
    }

    fn write(&self, number: usize, inherits: &str, text: &mut String) {
        let prefix = match number {
            0 => String::new(),
            _ => format!("profile.{}.", self.name),
        };
        if number > 0 {
            writeln!(text, "\n[profile.{}]\ninherits = \"{inherits}\"", self.name).unwrap();
            writeln!(text, "remove = {:?}", self.remove).unwrap();
            for ((_, key), value) in self
                .keyed
                .iter()
                .filter(|((table, _), _)| *table == "module")
            {
                writeln!(text, "{key} = {value}").unwrap();
            }
        }
        let mut header = "";
        for ((table, key), value) in &self.keyed {
            if *table == "module" && number > 0 {
                continue;
            }
            if *table != header {
                writeln!(text, "\n[{prefix}{table}]").unwrap();
                header = table;
            }
            writeln!(text, "{key} = {value}").unwrap();
        }
        for item in &self.items {
            writeln!(text, "\n[[{prefix}{}]]", item.what).unwrap();
            for (key, (value, _)) in &item.keys {
                writeln!(text, "{key} = {value}").unwrap();
            }
        }
    }
}

impl Item {
    fn random(random: &mut Random, what: &str, name: &str, layer: usize) -> Self {
        let what = ["mount", "file", "dir", "symlink"]
            .into_iter()
            .find(|it| *it == what);
        let what = what.expect("it is one of them");
        let mut keys: Vec<(&str, &[&str])> = match what {
            "mount" => MOUNT.to_vec(),
            _ => {
                let of = OTHERS.iter().filter(|(table, ..)| *table == what);
                of.map(|(_, key, values)| (*key, *values)).collect()
            }
        };
        // Most have what makes them whole.
        let needed = match what {
            "mount" => "source",
            "file" => "content",
            _ => "target",
        };
        keys.retain(|(key, _)| match *key == needed {
            // What the schema wants at the top level is there: it can't be taken back.
            true => (layer == 0 && what == "symlink") || !random.one_in(12),
            false => random.one_in(7),
        });
        let mut item = Self {
            what,
            name: name.to_owned(),
            keys: Keys::new(),
        };
        item.keys
            .insert("guest".to_owned(), (format!("\"{name}\""), layer));
        for (key, values) in keys {
            let value = random.pick(values).to_owned();
            item.keys.insert(key.to_owned(), (value, layer));
        }
        item
    }

    /// Drops what a later layer has made meaningless.
    fn settle(&mut self) {
        let layer = |keys: &Keys, key| keys.get(key).map(|(_, layer)| *layer);
        if self.what == "file" {
            if let (Some(content), Some(source)) =
                (layer(&self.keys, "content"), layer(&self.keys, "source"))
                && content != source
            {
                self.keys.remove(if content < source {
                    "content"
                } else {
                    "source"
                });
            }
            return;
        }
        let Some((kind, since)) = self.keys.get("kind").cloned() else {
            self.settle_limit(0);
            return;
        };
        let always = [
            "guest",
            "name",
            "kind",
            "overrides",
            "dir-permissions",
            "timestamps",
        ];
        self.keys.retain(|key, (_, layer)| {
            let allowed = match kind.as_str() {
                "\"embed\"" => key != "required",
                "\"tmpfs\"" => always.contains(&key.as_str()) || key == "size-limit",
                _ => always.contains(&key.as_str()) || key == "required",
            };
            allowed || *layer >= since
        });
        if kind == "\"embed\"" {
            self.settle_limit(since);
        }
    }

    /// A limit that an earlier layer gave to what can't grow any more.
    fn settle_limit(&mut self, since: usize) {
        let Some((_, limit)) = self.keys.get("size-limit") else {
            return;
        };
        let writable = self.keys.get("writable");
        let since = since.max(writable.map_or(0, |(_, layer)| *layer));
        if *limit < since && writable.is_none_or(|(value, _)| value == "false") {
            self.keys.remove("size-limit");
        }
    }
}
