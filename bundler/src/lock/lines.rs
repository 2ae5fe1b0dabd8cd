//! A lock read line by line: exactly what `text` writes, and nothing else.
//!
//! A lock of 100,000 entries has 19 MB; a TOML parser that keeps every span of it takes seconds. What this reader does not
//! know, down to a space, is left to `toml`.

use super::{Lock, Name, VERSION, text::HEAD};
use crate::listing::{Item, ItemKind, Listing, Meta, Mount};
use crate::manifest::{Host, Memory};
use crate::path::GuestPath;
use crate::plan::{MountKind, Start};
use crate::time;

/// Reads a lock in its one form; `None`: it is not in that form.
pub(super) fn read(text: &str) -> Option<Lock> {
    let mut rest = Cursor(text);
    rest.take(HEAD)?;
    rest.take(&format!("lock-version = {VERSION}\n"))?;
    let mut lock = Lock::default();
    while !rest.0.is_empty() {
        let name = Name::of(rest.between("\n[profile.", "]\n")?);
        let bare = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let sorted = lock
            .profiles
            .last_key_value()
            .is_none_or(|(last, _)| *last < name);
        if !sorted || name.name.is_empty() || !name.name.bytes().all(bare) {
            return None;
        }
        let listing = section(&mut rest)?;
        lock.profiles.insert(name, listing);
    }
    Some(lock)
}

fn section(rest: &mut Cursor<'_>) -> Option<Listing> {
    let tool = rest.line("tool")?;
    let interposer = rest.line("interposer")?;
    let program = rest.line("module")?;
    let memory = match rest.line("memory")?.as_str() {
        "single" => Memory::Single,
        "isolated" => Memory::Isolated,
        _ => return None,
    };
    let host = match rest.line("host")?.as_str() {
        "fallback" => Host::Fallback,
        "override" => Host::Override,
        "none" => Host::None,
        _ => return None,
    };
    let environment_fixed = match rest.line("env-policy")?.as_str() {
        "fixed" => true,
        "defaults" => false,
        _ => return None,
    };
    let environment = rest.array("env", Cursor::pair)?;
    let arguments = rest.array("args", Cursor::string)?;
    let mounts = rest.array("mounts", mount)?;
    let preinit = rest.array("preinit", Cursor::pair)?;
    let vars = rest.array("vars", Cursor::pair)?;
    let machine_dependent = rest.array("machine-dependent", Cursor::string)?;
    let mut clock = Clock::default();
    let items = rest.array("entries", |rest| entry(rest, &mut clock))?;
    let listing = Listing {
        tool: Some(tool),
        interposer: Some(interposer),
        program: Some(program),
        memory,
        start: Start {
            host,
            environment,
            environment_fixed,
            arguments,
        },
        mounts,
        preinit: Some(preinit),
        vars: Some(vars),
        machine_dependent: Some(machine_dependent),
        items,
    };
    in_order(&listing).then_some(listing)
}

/// Whether all that is sorted in a lock is, without doubles.
fn in_order(listing: &Listing) -> bool {
    let names = |pairs: &[(String, String)]| pairs.windows(2).all(|two| two[0].0 < two[1].0);
    names(&listing.start.environment)
        && listing.preinit.as_deref().is_none_or(names)
        && listing.vars.as_deref().is_none_or(names)
        && listing
            .mounts
            .windows(2)
            .all(|two| two[0].path < two[1].path)
        && listing
            .items
            .windows(2)
            .all(|two| two[0].path < two[1].path)
}

fn mount(rest: &mut Cursor<'_>) -> Option<Mount> {
    rest.take("{ path = ")?;
    let path = rest.path()?;
    rest.take(", kind = ")?;
    let kind = match rest.string()?.as_str() {
        "writable" => MountKind::Writable,
        "tmpfs" => MountKind::Tmpfs,
        "host" => MountKind::Host,
        _ => return None,
    };
    let size_limit = match rest.take(", size-limit = ") {
        Some(()) => Some(rest.number()?),
        None => None,
    };
    let required = rest.take(", required = true").is_some();
    rest.take(" }")?;
    Some(Mount {
        path,
        kind,
        size_limit,
        required,
    })
}

fn entry<'a>(rest: &mut Cursor<'a>, clock: &mut Clock<'a>) -> Option<Item> {
    rest.take("{ path = ")?;
    let path = rest.path()?;
    rest.take(", kind = \"")?;
    if rest.take("hard-link\", target = ").is_some() {
        let to = rest.path()?;
        rest.take(" }")?;
        return Some(Item {
            path,
            kind: ItemKind::HardLink { to },
            meta: None,
        });
    }
    let kind = rest.between("", "\", mode = \"")?;
    let mode = mode(rest.between("", "\"")?)?;
    let time_ns = clock.parse(rest.between(", time = \"", "\"")?)?;
    let kind = match kind {
        "dir" => ItemKind::Directory,
        "file" => {
            rest.take(", size = ")?;
            let size = rest.number()?;
            let sha256 = digest(rest.between(", sha256 = \"", "\"")?)?;
            ItemKind::File { size, sha256 }
        }
        "symlink" => {
            rest.take(", target = ")?;
            let target = rest.string()?;
            ItemKind::Symlink { target }
        }
        _ => return None,
    };
    rest.take(" }")?;
    let meta = Meta { mode, time_ns };
    Some(Item::new(path, kind, meta))
}

/// Four octal digits.
pub(super) fn mode(text: &str) -> Option<u16> {
    let digits = text.len() == 4 && text.bytes().all(|byte| matches!(byte, b'0'..=b'7'));
    digits.then(|| u16::from_str_radix(text, 8).ok())?
}

/// 64 hexadecimal digits.
pub(super) fn digest(text: &str) -> Option<[u8; 32]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let (pairs, odd) = text.as_bytes().as_chunks::<2>();
    let mut digest = [0; 32];
    if pairs.len() != digest.len() || !odd.is_empty() {
        return None;
    }
    for (byte, [high, low]) in digest.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(digest)
}

/// A path as a plan has it: normalised.
pub(super) fn path(text: &str) -> Option<GuestPath> {
    GuestPath::parse(text)
        .ok()
        .filter(|path| path.as_str() == text)
}

/// What is left of the text.
struct Cursor<'a>(&'a str);

impl<'a> Cursor<'a> {
    /// Goes over `text`, which must stand here.
    fn take(&mut self, text: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(text)?;
        Some(())
    }

    /// What stands between `start`, which must stand here, and the next `end`.
    fn between(&mut self, start: &str, end: &str) -> Option<&'a str> {
        self.take(start)?;
        let (inside, rest) = self.0.split_once(end)?;
        self.0 = rest;
        Some(inside)
    }

    /// A line `key = "string"`.
    fn line(&mut self, key: &str) -> Option<String> {
        self.take(key)?;
        self.take(" = ")?;
        let value = self.string()?;
        self.take("\n")?;
        Some(value)
    }

    /// An array of one element a line; empty when the key does not stand here.
    fn array<T>(
        &mut self,
        key: &str,
        mut element: impl FnMut(&mut Self) -> Option<T>,
    ) -> Option<Vec<T>> {
        let mut all = Vec::new();
        if self.take(key).is_none() {
            return Some(all);
        }
        self.take(" = [\n")?;
        while self.take("]\n").is_none() {
            self.take("  ")?;
            all.push(element(self)?);
            self.take(",\n")?;
        }
        (!all.is_empty()).then_some(all)
    }

    fn pair(&mut self) -> Option<(String, String)> {
        self.take("{ name = ")?;
        let name = self.string()?;
        self.take(", value = ")?;
        let value = self.string()?;
        self.take(" }")?;
        Some((name, value))
    }

    fn path(&mut self) -> Option<GuestPath> {
        path(&self.string()?)
    }

    /// A number without a needless zero.
    fn number(&mut self) -> Option<u64> {
        let end = self.0.bytes().position(|byte| !byte.is_ascii_digit())?;
        let (digits, rest) = self.0.split_at(end);
        self.0 = rest;
        (digits == "0" || !digits.starts_with('0')).then(|| digits.parse().ok())?
    }

    /// A basic string as `text` writes it.
    fn string(&mut self) -> Option<String> {
        self.take("\"")?;
        let mut value = String::new();
        loop {
            let stop = |byte: u8| matches!(byte, b'"' | b'\\' | 0x7f) || byte < 0x20;
            let end = self.0.bytes().position(stop)?;
            let (plain, rest) = self.0.split_at(end);
            value.push_str(plain);
            self.0 = rest;
            if self.take("\"").is_some() {
                return Some(value);
            }
            value.push(self.escape()?);
        }
    }

    fn escape(&mut self) -> Option<char> {
        self.take("\\")?;
        for (letter, char) in [
            ("\"", '"'),
            ("\\", '\\'),
            ("n", '\n'),
            ("t", '\t'),
            ("r", '\r'),
        ] {
            if self.take(letter).is_some() {
                return Some(char);
            }
        }
        self.take("u")?;
        let (digits, rest) = self.0.split_at_checked(4)?;
        self.0 = rest;
        let upper = digits
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F'));
        let char = upper.then(|| u32::from_str_radix(digits, 16).ok())?;
        // Only what has no shorter escape and needs one.
        char.and_then(char::from_u32)
            .filter(|char| char.is_ascii_control() && !matches!(char, '\n' | '\t' | '\r'))
    }
}

/// The last time that was read: most entries have one time.
#[derive(Default)]
struct Clock<'a> {
    last: Option<(&'a str, u64)>,
}

impl<'a> Clock<'a> {
    fn parse(&mut self, text: &'a str) -> Option<u64> {
        match self.last {
            Some((last, time_ns)) if last == text => Some(time_ns),
            _ => {
                let time_ns = time::parse(text)?;
                self.last = Some((text, time_ns));
                Some(time_ns)
            }
        }
    }
}
