//! A lock read line by line: exactly what `text` writes, and nothing else.
//!
//! A lock of 100,000 entries has 19 MB; a TOML parser that keeps every span of it takes seconds. What this reader does not
//! know, down to a space, is left to `toml`. One line is in memory at a time.

use std::io::{self, BufRead};

use super::{Lock, Name, VERSION, text::HEAD};
use crate::listing::{Item, ItemKind, Items, Listing, Meta, Mount};
use crate::path::GuestPath;
use crate::settings::{Host, Memory};
use crate::settings::{MountKind, Start};
use crate::time;

/// Reads a lock in its one form; `None`: it is not in that form.
pub(super) fn read(text: impl BufRead) -> io::Result<Option<Lock>> {
    let mut lines = Lines::of(text)?;
    let lock = lock(&mut lines);
    match lines.failed {
        Some(error) => Err(error),
        None => Ok(lock),
    }
}

fn lock(lines: &mut Lines<impl BufRead>) -> Option<Lock> {
    for line in HEAD.split_inclusive('\n') {
        lines.take(line)?;
    }
    lines.take(&format!("lock-version = {VERSION}\n"))?;
    let mut lock = Lock::default();
    while !lines.line.is_empty() {
        lines.take("\n")?;
        let name = Name::of(lines.cursor().between("[profile.", "]\n")?);
        lines.advance();
        let bare = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let sorted = lock
            .profiles
            .last_key_value()
            .is_none_or(|(last, _)| *last < name);
        if !sorted || name.name.is_empty() || !name.name.bytes().all(bare) {
            return None;
        }
        let listing = section(lines)?;
        lock.profiles.insert(name, listing);
    }
    Some(lock)
}

fn section(rest: &mut Lines<impl BufRead>) -> Option<Listing> {
    let tool = rest.value("tool")?;
    let interposer = rest.value("interposer")?;
    let program = rest.value("module")?;
    let memory = match rest.value("memory")?.as_str() {
        "single" => Memory::Single,
        "isolated" => Memory::Isolated,
        _ => return None,
    };
    let host = match rest.value("host")?.as_str() {
        "fallback" => Host::Fallback,
        "override" => Host::Override,
        "none" => Host::None,
        _ => return None,
    };
    let environment_fixed = match rest.value("env-policy")?.as_str() {
        "fixed" => true,
        "defaults" => false,
        _ => return None,
    };
    let environment = rest.array("env", |line| line.pair())?;
    let arguments = rest.array("args", |line| line.string())?;
    let mounts = rest.array("mounts", mount)?;
    let preinit = rest.array("preinit", |line| line.pair())?;
    let vars = rest.array("vars", |line| line.pair())?;
    let machine_dependent = rest.array("machine-dependent", |line| line.string())?;
    let mut clock = Clock::default();
    let mut items = Sorted::default();
    let entries = rest.elements("entries", |line| items.push(entry(line, &mut clock)?));
    entries?;
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
        items: items.items,
    };
    in_order(&listing).then_some(listing)
}

/// Entries, as long as they come sorted.
#[derive(Default)]
struct Sorted {
    items: Items,
    last: Option<GuestPath>,
}

impl Sorted {
    fn push(&mut self, item: Item) -> Option<()> {
        let sorted = self.last.as_ref().is_none_or(|last| *last < item.path);
        self.last = Some(item.path.clone());
        self.items.push(item);
        sorted.then_some(())
    }
}

/// The lines of a text, each as if it ended as on Unix; the first mark of byte order does not count.
struct Lines<R> {
    text: R,
    /// The next line, with its end; empty behind the last.
    line: String,
    failed: Option<io::Error>,
}

impl<R: BufRead> Lines<R> {
    fn of(text: R) -> io::Result<Self> {
        let mut lines = Self {
            text,
            line: String::new(),
            failed: None,
        };
        lines.advance();
        if let Some(rest) = lines.line.strip_prefix('\u{feff}') {
            lines.line = rest.to_owned();
        }
        match lines.failed.take() {
            Some(error) => Err(error),
            None => Ok(lines),
        }
    }

    /// Goes to the next line.
    fn advance(&mut self) {
        self.line.clear();
        if let Err(error) = self.text.read_line(&mut self.line) {
            self.failed = Some(error);
            self.line.clear();
        }
        if self.line.ends_with("\r\n") {
            self.line.truncate(self.line.len() - 2);
            self.line.push('\n');
        }
    }

    fn cursor(&self) -> Cursor<'_> {
        Cursor(&self.line)
    }

    /// Goes over a line, which must be the next.
    fn take(&mut self, line: &str) -> Option<()> {
        (self.line == line).then(|| self.advance())
    }

    /// A line `key = "string"`.
    fn value(&mut self, key: &str) -> Option<String> {
        let mut line = self.cursor();
        line.take(key)?;
        line.take(" = ")?;
        let value = line.string()?;
        (line.0 == "\n").then(|| self.advance())?;
        Some(value)
    }

    /// An array of one element a line; empty when the key does not stand here.
    fn array<T>(
        &mut self,
        key: &str,
        mut element: impl FnMut(&mut Cursor<'_>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let mut all = Vec::new();
        self.elements(key, |line| {
            all.push(element(line)?);
            Some(())
        })?;
        Some(all)
    }

    /// Shows each line of such an array.
    fn elements(
        &mut self,
        key: &str,
        mut element: impl FnMut(&mut Cursor<'_>) -> Option<()>,
    ) -> Option<()> {
        if self.line.strip_prefix(key) != Some(" = [\n") {
            // Another key, or one that this begins.
            return (!self.line.starts_with(&format!("{key} "))).then_some(());
        }
        self.advance();
        let mut count = 0_u64;
        while self.take("]\n").is_none() {
            let mut line = self.cursor();
            line.take("  ")?;
            element(&mut line)?;
            (line.0 == ",\n").then(|| self.advance())?;
            count += 1;
        }
        (count > 0).then_some(())
    }
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

fn entry(rest: &mut Cursor<'_>, clock: &mut Clock) -> Option<Item> {
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
struct Clock {
    last: Option<(String, u64)>,
}

impl Clock {
    fn parse(&mut self, text: &str) -> Option<u64> {
        match &self.last {
            Some((last, time_ns)) if last == text => Some(*time_ns),
            _ => {
                let time_ns = time::parse(text)?;
                self.last = Some((text.to_owned(), time_ns));
                Some(time_ns)
            }
        }
    }
}
