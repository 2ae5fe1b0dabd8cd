//! One line of a `.gitignore` file, as git reads it: not the dialect of `include` and `exclude`.
//!
//! Git's own words on it are `gitignore(5)`; what they leave open is decided by what git does (`wildmatch.c`, `dir.c`), which a
//! test compares with.

/// What a line says of which names.
#[derive(Debug)]
pub(super) struct Pattern {
    /// Its line in the file, from 1.
    pub(super) line: usize,
    /// It takes back what an earlier line left out.
    pub(super) negated: bool,
    directories_only: bool,
    /// One segment that the last name has to match; else all names do.
    floats: bool,
    segments: Vec<Segment>,
}

#[derive(Debug, PartialEq, Eq)]
enum Segment {
    /// `**`: any number of names.
    Any,
    /// One name.
    Name(Vec<Token>),
}

#[derive(Debug, PartialEq, Eq)]
enum Token {
    Byte(u8),
    /// `?`
    One,
    /// `*`
    Star,
    /// `[…]`: a bit for each byte.
    Set(Box<[bool; 256]>),
}

/// All lines of a file that may match anything.
pub(super) fn parse(text: &[u8]) -> Vec<Pattern> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let lines = (1..).zip(text.split(|byte| *byte == b'\n'));
    lines
        .filter_map(|(number, line)| Pattern::parse(number, line))
        .collect()
}

impl Pattern {
    fn parse(number: usize, line: &[u8]) -> Option<Self> {
        if line.starts_with(b"#") {
            return None;
        }
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let line = line.split(|byte| *byte == 0).next().unwrap_or_default();
        let line = without_trailing_spaces(line);
        let (negated, line) = match line.strip_prefix(b"!") {
            Some(line) => (true, line),
            None => (false, line),
        };
        let (directories_only, line) = match line.strip_suffix(b"/") {
            Some(line) => (true, line),
            None => (false, line),
        };
        let floats = !line.contains(&b'/');
        let line = line.strip_prefix(b"/").unwrap_or(line);
        let segments = segments(line)?;
        Some(Self {
            line: number,
            negated,
            directories_only,
            floats,
            segments,
        })
    }

    /// Whether it matches an entry with these names, counted from the file's directory.
    pub(super) fn matches(&self, names: &[&[u8]], is_directory: bool) -> bool {
        if self.directories_only && !is_directory {
            return false;
        }
        match (self.floats, &self.segments[..], names) {
            (true, [segment], [.., last]) => match segment {
                Segment::Any => true,
                Segment::Name(tokens) => name_matches(tokens, last),
            },
            _ => self.path_matches(names),
        }
    }

    fn path_matches(&self, names: &[&[u8]]) -> bool {
        // Whether the names so far can be what the first so many segments match.
        let count = self.segments.len();
        let mut at = vec![false; count + 1];
        at[0] = true;
        self.skip(&mut at);
        for name in names {
            let mut next = vec![false; count + 1];
            for (place, segment) in self
                .segments
                .iter()
                .enumerate()
                .filter(|(place, _)| at[*place])
            {
                match segment {
                    // At the end it takes at least one name.
                    Segment::Any if place + 1 == count => next[count] = true,
                    Segment::Any => next[place] = true,
                    Segment::Name(tokens) => next[place + 1] |= name_matches(tokens, name),
                }
            }
            // All segments are used up by a `**` that goes on.
            let goes_on = matches!(self.segments.last(), Some(Segment::Any));
            next[count] |= at[count] && goes_on;
            self.skip(&mut next);
            at = next;
        }
        at[count]
    }

    /// A `**` that is not the last may match nothing.
    fn skip(&self, at: &mut [bool]) {
        for (place, segment) in self.segments.iter().enumerate() {
            if at[place] && *segment == Segment::Any && place + 1 < self.segments.len() {
                at[place + 1] = true;
            }
        }
    }
}

/// Spaces at the end count only with a backslash.
fn without_trailing_spaces(line: &[u8]) -> &[u8] {
    let mut end = None;
    let mut at = 0;
    while at < line.len() {
        match line[at] {
            b' ' => {
                end.get_or_insert(at);
            }
            b'\\' if at + 1 == line.len() => return line,
            b'\\' => {
                at += 1;
                end = None;
            }
            _ => end = None,
        }
        at += 1;
    }
    &line[..end.unwrap_or(line.len())]
}

/// The segments of a pattern; `None`: it is broken, so it matches nothing.
fn segments(text: &[u8]) -> Option<Vec<Segment>> {
    let mut segments = Vec::new();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        at += 1;
        match byte {
            b'/' => segments.push(Segment::Name(std::mem::take(&mut tokens))),
            b'\\' => {
                match *text.get(at)? {
                    b'/' => segments.push(Segment::Name(std::mem::take(&mut tokens))),
                    byte => tokens.push(Token::Byte(byte)),
                }
                at += 1;
            }
            b'?' => tokens.push(Token::One),
            b'[' => {
                let (set, end) = set(text, at)?;
                tokens.push(Token::Set(set));
                at = end;
            }
            b'*' => {
                let start = at - 1;
                while text.get(at) == Some(&b'*') {
                    at += 1;
                }
                let rest = &text[at..];
                let alone = tokens.is_empty() && (start == 0 || text[start - 1] == b'/');
                let ends = rest.is_empty() || rest.starts_with(b"/") || rest.starts_with(b"\\/");
                if at - start > 1 && alone && ends {
                    segments.push(Segment::Any);
                    // Its slash belongs to it.
                    at += rest.len().min(1) + usize::from(rest.starts_with(b"\\/"));
                    if rest.is_empty() {
                        return Some(segments);
                    }
                } else {
                    tokens.push(Token::Star);
                }
            }
            byte => tokens.push(Token::Byte(*byte)),
        }
    }
    segments.push(Segment::Name(tokens));
    Some(segments)
}

/// The set whose `[` is before `at`, and where it ends.
fn set(text: &[u8], mut at: usize) -> Option<(Box<[bool; 256]>, usize)> {
    let mut set = Box::new([false; 256]);
    let negated = matches!(text.get(at)?, b'!' | b'^');
    at += usize::from(negated);
    // What a range may start with.
    let mut before = None;
    let mut first = true;
    loop {
        let byte = *text.get(at)?;
        if byte == b']' && !first {
            break;
        }
        first = false;
        at += 1;
        let next = text.get(at).copied();
        match (byte, before, next) {
            (b'\\', _, _) => {
                let byte = next?;
                at += 1;
                set[usize::from(byte)] = true;
                before = Some(byte);
            }
            (b'-', Some(from), Some(to)) if to != b']' => {
                at += 1;
                let to = match to {
                    b'\\' => {
                        at += 1;
                        *text.get(at - 1)?
                    }
                    to => to,
                };
                (from..=to).for_each(|byte| set[usize::from(byte)] = true);
                before = None;
            }
            (b'[', _, Some(b':')) => {
                let end = at + text[at..].iter().position(|byte| *byte == b']')?;
                // `[:]` is no class: the `:` may not be both its first and its last.
                if end >= at + 2 && text[end - 1] == b':' {
                    let class = class(&text[at + 1..end - 1])?;
                    (0..=u8::MAX)
                        .filter(class)
                        .for_each(|byte| set[usize::from(byte)] = true);
                    at = end + 1;
                    before = None;
                } else {
                    set[usize::from(b'[')] = true;
                    before = Some(b'[');
                }
            }
            _ => {
                set[usize::from(byte)] = true;
                before = Some(byte);
            }
        }
    }
    if negated {
        set.iter_mut().for_each(|bit| *bit = !*bit);
    }
    Some((set, at + 1))
}

fn class(name: &[u8]) -> Option<fn(&u8) -> bool> {
    Some(match name {
        b"alnum" => u8::is_ascii_alphanumeric,
        b"alpha" => u8::is_ascii_alphabetic,
        b"blank" => |byte| matches!(byte, b' ' | b'\t'),
        b"cntrl" => u8::is_ascii_control,
        b"digit" => u8::is_ascii_digit,
        b"graph" => u8::is_ascii_graphic,
        b"lower" => u8::is_ascii_lowercase,
        b"print" => |byte| matches!(byte, b' '..=b'~'),
        b"punct" => u8::is_ascii_punctuation,
        // One more than Rust's: the vertical tab.
        b"space" => |byte| matches!(byte, b' ' | b'\t'..=b'\r'),
        b"upper" => u8::is_ascii_uppercase,
        b"xdigit" => u8::is_ascii_hexdigit,
        _ => return None,
    })
}

fn name_matches(tokens: &[Token], name: &[u8]) -> bool {
    let (mut token, mut at) = (0, 0);
    // The last star, and how far it reaches.
    let mut star: Option<(usize, usize)> = None;
    while at < name.len() {
        let matched = match tokens.get(token) {
            Some(Token::Star) => {
                star = Some((token, at));
                token += 1;
                continue;
            }
            Some(Token::Byte(byte)) => *byte == name[at],
            Some(Token::One) => true,
            Some(Token::Set(set)) => set[usize::from(name[at])],
            None => false,
        };
        match (matched, star) {
            (true, _) => (token, at) = (token + 1, at + 1),
            (false, None) => return false,
            // It takes one more.
            (false, Some((place, reach))) => {
                star = Some((place, reach + 1));
                (token, at) = (place + 1, reach + 1);
            }
        }
    }
    tokens[token..].iter().all(|token| *token == Token::Star)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ignored(line: &str, path: &str) -> bool {
        let names: Vec<&[u8]> = path
            .trim_end_matches('/')
            .split('/')
            .map(str::as_bytes)
            .collect();
        let patterns = parse(line.as_bytes());
        patterns
            .iter()
            .any(|pattern| pattern.matches(&names, path.ends_with('/')))
    }

    #[test]
    fn lines() {
        for (line, path, expected) in [
            ("a", "a", true),
            ("a", "d/a", true),
            ("a", "ab", false),
            ("/a", "d/a", false),
            ("a/b", "a/b", true),
            ("a/b", "d/a/b", false),
            ("a/", "a", false),
            ("a/", "d/a/", true),
            ("*.o", "d/x.o", true),
            ("d/*.o", "d/x/y.o", false),
            ("**/b", "a/b", true),
            ("**/b", "b", true),
            ("a/**", "a/", false),
            ("a/**", "a/b/c", true),
            ("a/**/b", "a/b", true),
            ("a/**/b", "a/x/y/b", true),
            ("a/**/b", "a/x/y/", false),
            ("**", "a", true),
            ("a**b", "axb", true),
            ("a**b", "a/b", false),
            ("{a,b}", "a", false),
            ("{a,b}", "{a,b}", true),
            ("[a-c]x", "bx", true),
            ("[!a-c]x", "bx", false),
            ("[^a]x", "bx", true),
            ("[]-]", "]", true),
            ("[[:digit:]]", "7", true),
            ("[[:wrong:]]", "7", false),
            ("[\\]]", "]", true),
            ("[a", "[a", false),
            ("\\*", "*", true),
            ("\\*", "a", false),
            ("a\\", "a", false),
            ("#a", "#a", false),
            ("\\#a", "#a", true),
            ("a  ", "a", true),
            ("a\\ ", "a ", true),
            ("a\r", "a", true),
            ("a\t", "a", false),
            ("", "a", false),
            ("/", "a/", false),
            ("\u{feff}a", "a", true),
            ("?", "/", false),
            ("a?c", "a/c", false),
            ("a[/]c", "a/c", false),
        ] {
            assert_eq!(ignored(line, path), expected, "{line:?} on {path}");
        }
    }

    #[test]
    fn many_stars_take_no_time() {
        assert!(!ignored(&"*a".repeat(100), &"a".repeat(99)));
        let deep = "**/a/".repeat(100);
        assert!(!ignored(&(deep + "b"), &"a/".repeat(1000)));
    }
}
