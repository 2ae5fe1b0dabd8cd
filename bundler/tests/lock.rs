//! The lock as a library: what holds for every lock.
//!
//! * A lock written and read again is the same lock, and written again the same text.
//! * In whatever order, with whatever line ends and comments: a lock that means the same is read as the same.
//! * However a text is damaged, it is either refused or read as a lock that can be written and read again.
//! * What a bundle was made of and what is found in its module are the same, and two bundles are equal byte for byte
//!   exactly when nothing in their listings differs.

use std::io::Cursor;
use std::path::Path;

use wasi_vfs::diff::Differences;
use wasi_vfs::listing::{Item, ItemKind, Listing, Meta, Mount};
use wasi_vfs::lock::Lock;
use wasi_vfs::manifest::{Choice, Host, Manifest, Memory};
use wasi_vfs::path::GuestPath;
use wasi_vfs::plan::{MountKind, Start};
use wasi_vfs::source::MemorySource;
use wasi_vfs::{bundle, inspect, program};

/// The same numbers each time: xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).unwrap()
    }

    fn one(&mut self, of: usize) -> bool {
        self.below(of) == 0
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }

    /// A name or value with all that needs an escape, or only looks like the syntax around it.
    fn text(&mut self) -> String {
        const PIECES: [&str; 16] = [
            "a",
            "name",
            "\"",
            "\\",
            "\n",
            "\t",
            "\r",
            "\u{1}",
            "\u{7f}",
            "\u{85}",
            "\u{2028}",
            "é",
            " ",
            "#",
            "]\n",
            "\", kind = \"",
        ];
        (0..=self.below(4)).map(|_| self.pick(&PIECES)).collect()
    }

    fn path(&mut self) -> GuestPath {
        let start = self.pick(&["/", "", "/usr/"]);
        loop {
            let names: Vec<String> = (0..=self.below(3)).map(|_| self.text()).collect();
            if let Ok(path) = GuestPath::parse(&format!("{start}{}", names.join("/"))) {
                return path;
            }
        }
    }

    fn pairs(&mut self) -> Vec<(String, String)> {
        let count = self.below(4);
        let mut pairs: Vec<_> = (0..count).map(|_| (self.text(), self.text())).collect();
        pairs.sort();
        pairs.dedup_by(|a, b| a.0 == b.0);
        pairs
    }

    fn item(&mut self) -> Item {
        let meta = Meta {
            mode: u16::try_from(self.below(0o10000)).unwrap(),
            time_ns: self.pick(&[0, 1, 1_700_000_000_000_000_000, u64::MAX]),
        };
        let mut sha256 = [0; 32];
        sha256.fill_with(|| self.below(256) as u8);
        let (kind, meta) = match self.below(6) {
            0 => (ItemKind::Directory, Some(meta)),
            1 => (ItemKind::HardLink { to: self.path() }, None),
            2 => (
                ItemKind::Symlink {
                    target: self.text(),
                },
                Some(meta),
            ),
            _ => {
                let size = self.pick(&[0, 7, u64::from(u32::MAX)]);
                (ItemKind::File { size, sha256 }, Some(meta))
            }
        };
        Item {
            path: self.path(),
            kind,
            meta,
        }
    }

    fn listing(&mut self) -> Listing {
        let mut items: Vec<Item> = (0..self.below(12)).map(|_| self.item()).collect();
        items.sort_by(|a, b| a.path.cmp(&b.path));
        items.dedup_by(|a, b| a.path == b.path);
        let mut mounts: Vec<Mount> = (0..self.below(3))
            .map(|_| Mount {
                path: self.path(),
                kind: self.pick(&[MountKind::Writable, MountKind::Tmpfs, MountKind::Host]),
                size_limit: self.pick(&[None, Some(0), Some(u64::from(u32::MAX))]),
                required: self.one(2),
            })
            .collect();
        mounts.sort_by(|a, b| a.path.cmp(&b.path));
        mounts.dedup_by(|a, b| a.path == b.path);
        Listing {
            tool: Some(self.text()),
            interposer: Some(self.text()),
            program: Some(self.text()),
            memory: self.pick(&[Memory::Single, Memory::Isolated]),
            start: Start {
                host: self.pick(&[Host::Fallback, Host::Override, Host::None]),
                environment: self.pairs(),
                environment_fixed: self.one(2),
                arguments: (0..self.below(4)).map(|_| self.text()).collect(),
            },
            mounts,
            preinit: Some(self.pairs()),
            vars: Some(self.pairs()),
            machine_dependent: Some((0..self.below(3)).map(|_| self.text()).collect()),
            items: items.into_iter().collect(),
        }
    }

    fn lock(&mut self) -> Lock {
        let mut lock = Lock::default();
        for profile in ["base", "dev", "a-1", "Z_z"] {
            if self.one(2) {
                lock.set(profile, self.listing());
            }
        }
        lock
    }
}

fn parse(text: &str) -> Lock {
    Lock::parse(text, "wasi-vfs.lock").unwrap_or_else(|error| panic!("{error}\n{text}"))
}

#[test]
fn a_lock_comes_back_as_it_was() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for _ in 0..500 {
        let lock = random.lock();
        let text = lock.to_text();
        assert!(parse(&text) == lock, "{text}");
        assert!(parse(&text).to_text() == text);
        // The reader of lines takes no comment: this is read as TOML.
        assert!(parse(&format!("{text}# a comment\n")) == lock, "{text}");
        assert!(parse(&text.replace('\n', "\r\n")) == lock, "{text}");
        assert!(parse(&format!("\u{feff}{text}")) == lock);
    }
}

/// A merge may leave lines anywhere within their array.
#[test]
fn the_order_of_lines_means_nothing() {
    let mut random = Random(7);
    for _ in 0..200 {
        let lock = random.lock();
        let text = lock.to_text();
        let mut lines: Vec<&str> = text.lines().collect();
        let mut key = "";
        for at in 1..lines.len() {
            if !lines[at].starts_with(' ') {
                key = lines[at];
                continue;
            }
            // Arguments and facts are lists, in which the order counts.
            let other = at - random.below(2);
            let sorted = !key.starts_with("args") && !key.starts_with("machine");
            if sorted && lines[other].starts_with(' ') {
                lines.swap(at, other);
            }
        }
        let shuffled = lines.join("\n") + "\n";
        assert!(parse(&shuffled) == lock, "{shuffled}");
    }
}

#[test]
fn no_text_makes_a_panic_or_another_meaning() {
    let mut random = Random(42);
    let pieces = [
        "\"",
        "[",
        "]\n",
        "=",
        "\n",
        "é",
        "0",
        "{",
        "\\",
        "\0",
        "#",
        "'",
        "\r",
        "  ",
        "<<<<<<< x\n",
    ];
    let (mut good, mut bad) = (0, 0);
    for _ in 0..1000 {
        let mut text = random.lock().to_text();
        for _ in 0..=random.below(2) {
            let start = random.below(text.len());
            let end = (start + random.below(4)).min(text.len());
            if text.is_char_boundary(start) && text.is_char_boundary(end) {
                text.replace_range(start..end, random.pick(&pieces));
            }
        }
        let Ok(lock) = Lock::parse(&text, "wasi-vfs.lock") else {
            bad += 1;
            continue;
        };
        good += 1;
        assert!(parse(&lock.to_text()) == lock, "{text}");
        // The reader of lines is no judge of its own: TOML reads the same.
        assert!(parse(&format!("{text}\n# a comment\n")) == lock, "{text}");
    }
    assert!(good > 40 && bad > 40, "{good} locks and {bad} errors");
}

const PROGRAM: &str = r#"(module
  (import "wasi_snapshot_preview1" "environ_get" (func (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")))"#;

/// A manifest and a tree, each one of a few, so that equal ones come up.
fn project(random: &mut Random) -> (String, MemorySource) {
    let mut manifest = format!(
        "manifest-version = 1\n[module]\ninput = \"app.wat\"\noutput = \"app.wasm\"\n[link]\nhost = \"{}\"\nenv = \"{}\"\n",
        random.pick(&["fallback", "fallback", "fallback", "override"]),
        random.pick(&["defaults", "defaults", "defaults", "fixed"]),
    );
    if random.one(5) {
        manifest += &format!("[env]\nA = \"{}\"\n", random.below(2));
    }
    if random.one(5) {
        manifest += "[args]\ndefault = [\"x\"]\n";
    }
    manifest += &format!(
        "[[mount]]\nguest = \"{}\"\nsource = \"tree\"\npermissions = \"{}\"\ntimestamps = \"source\"\n",
        random.pick(&["/data", "/data", "/data", "rel"]),
        random.pick(&["source", "source", "source", "0600"]),
    );
    if random.one(5) {
        let limit = random.pick(&["", "size-limit = \"1 MiB\"\n"]);
        manifest += &format!("[[mount]]\nguest = \"/tmp\"\nkind = \"tmpfs\"\n{limit}");
    }
    let mut source = MemorySource::new().file("tree/always", "here");
    if random.one(5) {
        source = source.file("tree/a", random.pick(&["", "1", "2"]));
    }
    if random.one(5) {
        source = source.symlink("tree/l", random.pick(&["a", "always"]));
    }
    if random.one(5) {
        source = source.file("tree/twin", "here");
        let link = random.one(2).then_some((1, 1));
        for name in ["tree/always", "tree/twin"] {
            source = source.with(name, |metadata| metadata.link_id = link);
        }
    }
    if random.one(5) {
        source = source.with("tree/always", |metadata| metadata.mode = 0o755);
    }
    if random.one(5) {
        source = source.with("tree/always", |metadata| metadata.mtime_ns = 1_000_000_001);
    }
    (manifest, source)
}

#[test]
fn listings_are_equal_exactly_when_bundles_are() {
    let mut random = Random(3);
    let program = program::Program::of_bytes("app.wat", PROGRAM.into()).unwrap();
    let mut all: Vec<(Listing, Vec<u8>)> = Vec::new();
    for _ in 0..80 {
        let (text, source) = project(&mut random);
        let choice = Choice::default();
        let manifest = Manifest::parse(&text, "wasi-vfs.toml", Path::new(""), &choice).unwrap();
        let mut out = Cursor::new(Vec::new());
        let bundled = bundle(&manifest, &program, &source, &mut out, &()).unwrap();
        let module = out.into_inner();
        let made = Listing::of_bundle(&manifest, &bundled.plan, &bundled.sealed);
        let found = Listing::of_module(&inspect::find(&module).unwrap()).unwrap();
        let differences = Differences::between(&made, &found);
        assert!(differences.is_empty(), "{text}\n{differences}");

        let mut lock = Lock::default();
        lock.set("base", made.clone());
        assert!(parse(&lock.to_text()) == lock);
        // Only what the manifest says of the machine is not in the module.
        let same = Listing {
            machine_dependent: None,
            ..made
        };
        for (other, bytes) in &all {
            let differences = Differences::between(&same, other);
            assert_eq!(
                differences.is_empty(),
                module == *bytes,
                "{text}\n{differences}"
            );
        }
        all.push((same, module));
    }
    let twins =
        |(at, one): (usize, &(Listing, Vec<u8>))| all[..at].iter().any(|two| one.1 == two.1);
    let twins = all.iter().enumerate().filter(|one| twins(*one)).count();
    assert!(
        twins > 5 && twins < 60,
        "{twins} bundles were like an earlier one"
    );
}
