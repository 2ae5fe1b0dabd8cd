//! A lock as text, in its one form.

use std::fmt::{self, Write as _};
use std::io;

use super::{Lock, VERSION};
use crate::diff::{env_policy, host, memory, mount_kind};
use crate::listing::{Item, ItemKind, Listing, Mount};
use crate::time;

/// What people need to know who find it.
pub(super) const HEAD: &str = "\
# Made by `wasi-vfs bundle`; check it in. `wasi-vfs bundle --locked` fails when anything here would change.
";

/// Writing to it can't fail at once.
const KEPT: &str = "what goes wrong is told at the end";

/// Writes a lock; only the lines of a few entries are in memory.
pub(super) fn write(lock: &Lock, out: &mut dyn io::Write) -> io::Result<()> {
    let mut text = Text {
        lines: String::new(),
        out,
        done: Ok(()),
    };
    text.push_str(HEAD);
    writeln!(text, "lock-version = {VERSION}").expect(KEPT);
    for (name, listing) in &lock.profiles {
        writeln!(text, "\n[profile.{}]", name.name).expect(KEPT);
        section(&mut text, listing);
    }
    text.flush();
    text.done
}

/// A text on its way out.
struct Text<'o> {
    lines: String,
    out: &'o mut dyn io::Write,
    done: io::Result<()>,
}

impl Text<'_> {
    /// So much is collected before it goes out.
    const FULL: usize = 64 << 10;

    fn push_str(&mut self, text: &str) {
        self.lines.push_str(text);
        if self.lines.len() >= Self::FULL {
            self.flush();
        }
    }

    fn push(&mut self, char: char) {
        self.lines.push(char);
    }

    fn flush(&mut self) {
        if self.done.is_ok() {
            self.done = self.out.write_all(self.lines.as_bytes());
        }
        self.lines.clear();
    }
}

impl fmt::Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push_str(text);
        Ok(())
    }
}

fn section(text: &mut Text<'_>, listing: &Listing) {
    let known = |part: &Option<String>| part.clone().expect("`Lock::set` saw to that");
    for (key, value) in [
        ("tool", known(&listing.tool)),
        ("interposer", known(&listing.interposer)),
        ("module", known(&listing.program)),
        ("memory", memory(listing.memory).to_owned()),
        ("host", host(listing.start.host).to_owned()),
        (
            "env-policy",
            env_policy(listing.start.environment_fixed).to_owned(),
        ),
    ] {
        text.push_str(key);
        text.push_str(" = ");
        string(text, &value);
        text.push('\n');
    }
    pairs(text, "env", &listing.start.environment);
    array(text, "args", &listing.start.arguments, |text, argument| {
        string(text, argument);
    });
    array(text, "mounts", &listing.mounts, mount);
    pairs(
        text,
        "preinit",
        listing.preinit.as_deref().unwrap_or_default(),
    );
    pairs(text, "vars", listing.vars.as_deref().unwrap_or_default());
    let facts = listing.machine_dependent.as_deref().unwrap_or_default();
    array(text, "machine-dependent", facts, |text, fact| {
        string(text, fact)
    });
    let mut clock = Clock::default();
    array(text, "entries", listing.items.iter(), |text, item| {
        entry(text, &item, &mut clock);
    });
}

/// An array with an element a line; left out when there is none.
fn array<T>(
    text: &mut Text<'_>,
    key: &str,
    all: impl IntoIterator<Item = T>,
    mut one: impl FnMut(&mut Text<'_>, T),
) {
    let mut all = all.into_iter().peekable();
    if all.peek().is_none() {
        return;
    }
    text.push_str(key);
    text.push_str(" = [\n");
    for element in all {
        text.push_str("  ");
        one(text, element);
        text.push_str(",\n");
    }
    text.push_str("]\n");
}

fn pairs(text: &mut Text<'_>, key: &str, pairs: &[(String, String)]) {
    array(text, key, pairs, |text, (name, value)| {
        text.push_str("{ name = ");
        string(text, name);
        text.push_str(", value = ");
        string(text, value);
        text.push_str(" }");
    });
}

fn mount(text: &mut Text<'_>, mount: &Mount) {
    text.push_str("{ path = ");
    string(text, mount.path.as_str());
    write!(text, ", kind = \"{}\"", mount_kind(mount.kind)).expect(KEPT);
    if let Some(limit) = mount.size_limit {
        write!(text, ", size-limit = {limit}").expect(KEPT);
    }
    if mount.required {
        text.push_str(", required = true");
    }
    text.push_str(" }");
}

fn entry(text: &mut Text<'_>, item: &Item, clock: &mut Clock) {
    text.push_str("{ path = ");
    string(text, item.path.as_str());
    text.push_str(match item.kind {
        ItemKind::Directory => ", kind = \"dir\"",
        ItemKind::File { .. } => ", kind = \"file\"",
        ItemKind::HardLink { .. } => ", kind = \"hard-link\"",
        ItemKind::Symlink { .. } => ", kind = \"symlink\"",
    });
    if let Some(meta) = item.meta {
        let time = clock.text(meta.time_ns);
        write!(text, ", mode = \"{:04o}\", time = \"{time}\"", meta.mode).expect(KEPT);
    }
    match &item.kind {
        ItemKind::Directory => {}
        ItemKind::File { size, sha256 } => {
            write!(text, ", size = {size}, sha256 = \"").expect(KEPT);
            for byte in sha256 {
                for digit in [byte >> 4, byte & 15] {
                    text.push(char::from(b"0123456789abcdef"[usize::from(digit)]));
                }
            }
            text.push('"');
        }
        ItemKind::HardLink { to } => {
            text.push_str(", target = ");
            string(text, to.as_str());
        }
        ItemKind::Symlink { target } => {
            text.push_str(", target = ");
            string(text, target);
        }
    }
    text.push_str(" }");
}

/// A basic string of TOML with as few escapes as it allows.
fn string(text: &mut Text<'_>, value: &str) {
    text.push('"');
    let plain = |byte: u8| byte >= 0x20 && !matches!(byte, b'"' | b'\\' | 0x7f);
    if value.bytes().all(plain) {
        text.push_str(value);
    } else {
        for char in value.chars() {
            match char {
                '"' => text.push_str("\\\""),
                '\\' => text.push_str("\\\\"),
                '\n' => text.push_str("\\n"),
                '\t' => text.push_str("\\t"),
                '\r' => text.push_str("\\r"),
                '\0'..='\x1f' | '\x7f' => {
                    write!(text, "\\u{:04X}", u32::from(char)).expect(KEPT);
                }
                char => text.push(char),
            }
        }
    }
    text.push('"');
}

/// The last time's text: most entries have one time.
#[derive(Default)]
struct Clock {
    last: Option<(u64, String)>,
}

impl Clock {
    fn text(&mut self, time_ns: u64) -> &str {
        if self.last.as_ref().is_none_or(|(last, _)| *last != time_ns) {
            self.last = Some((time_ns, time::text(time_ns)));
        }
        self.last.as_ref().map_or("", |(_, text)| text)
    }
}
