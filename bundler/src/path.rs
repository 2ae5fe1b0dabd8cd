//! Guest paths: the names under which the program sees things.

mod directories;

use std::cmp::Ordering;
use std::fmt;

pub(crate) use directories::Directories;

/// Longest whole path, in bytes; POSIX `PATH_MAX` with its NUL.
pub const MAX_PATH: usize = 4096;
/// Longest name between two slashes, in bytes; POSIX `NAME_MAX`. The image stores the length in one byte.
pub const MAX_NAME: usize = 255;

/// A normalised guest path: UTF-8, no empty, `.` or `..` component, no trailing slash.
///
/// Absolute (`/`, `/usr/lib`) or relative (`.`, `data/x`); at most 4096 bytes, names at most 255 bytes, no NUL.
/// Ordered by bytes, except that `.` comes before every other relative path, so that parents come before children.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuestPath(String);

/// Why a text is not a [`GuestPath`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GuestPathError {
    /// Nothing at all.
    #[error("it is empty")]
    Empty,
    /// A `..` component.
    #[error("it contains `..`")]
    DotDot,
    /// A NUL byte, which no program can pass.
    #[error("it contains a NUL character")]
    Nul,
    /// A component of more than [`MAX_NAME`] bytes.
    #[error("a name in it is longer than 255 bytes")]
    LongName,
    /// More than [`MAX_PATH`] bytes in all.
    #[error("it is longer than 4096 bytes")]
    LongPath,
}

impl GuestPath {
    /// Normalises a path: repeated and trailing slashes and `.` components go.
    ///
    /// # Errors
    /// When it is empty, too long, or contains `..` or NUL.
    pub fn parse(text: &str) -> Result<Self, GuestPathError> {
        if text.is_empty() {
            return Err(GuestPathError::Empty);
        }
        if text.contains('\0') {
            return Err(GuestPathError::Nul);
        }
        let mut path = String::with_capacity(text.len());
        if text.starts_with('/') {
            path.push('/');
        }
        for name in text
            .split('/')
            .filter(|name| !name.is_empty() && *name != ".")
        {
            if name == ".." {
                return Err(GuestPathError::DotDot);
            }
            if name.len() > MAX_NAME {
                return Err(GuestPathError::LongName);
            }
            if !path.is_empty() && path != "/" {
                path.push('/');
            }
            path.push_str(name);
        }
        if path.is_empty() {
            path.push('.');
        }
        if path.len() > MAX_PATH {
            return Err(GuestPathError::LongPath);
        }
        Ok(Self(path))
    }

    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it starts at `/`.
    #[must_use]
    pub fn is_absolute(&self) -> bool {
        // Sorting asks this of every pair: the first byte is enough, where text is compared by a call.
        self.0.as_bytes().first() == Some(&b'/')
    }

    /// The last name; `/` and `.` have none.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self.0.as_str() {
            "/" | "." => None,
            path => path.rsplit('/').next(),
        }
    }

    /// The directory it is in: `/` for `/usr`, `.` for `data`, none for `/` and `.`.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        self.parent_text().map(|parent| Self(parent.to_owned()))
    }

    /// [`parent`](Self::parent) as text.
    pub(crate) fn parent_text(&self) -> Option<&str> {
        match self.0.as_str() {
            "/" | "." => None,
            // Names are short: looking at their bytes takes less than a call that looks at many at once.
            path => match path.bytes().rposition(|byte| byte == b'/') {
                Some(0) => Some("/"),
                Some(end) => Some(&path[..end]),
                None => Some("."),
            },
        }
    }

    /// The path of what is called `below` (one or more names) in this directory.
    ///
    /// # Errors
    /// When the result is too long, or `below` is no relative path.
    pub fn join(&self, below: &str) -> Result<Self, GuestPathError> {
        match self.0.as_str() {
            "." => Self::parse(below),
            "/" => Self::parse(&format!("/{below}")),
            path => Self::parse(&format!("{path}/{below}")),
        }
    }

    /// The path of the entry `name` in this directory; as [`join`](Self::join) for what is one name already.
    pub(crate) fn child(&self, name: &str) -> Result<Self, GuestPathError> {
        debug_assert!(
            !name.is_empty() && !name.contains(['/', '\0']) && name != "." && name != ".."
        );
        if name.len() > MAX_NAME {
            return Err(GuestPathError::LongName);
        }
        let path = match self.0.as_str() {
            "." => name.to_owned(),
            "/" => ["/", name].concat(),
            path => [path, "/", name].concat(),
        };
        if path.len() > MAX_PATH {
            Err(GuestPathError::LongPath)
        } else {
            Ok(Self(path))
        }
    }

    /// The order in which a tree is walked: what is in a directory directly follows it; absolute paths first. Entries have it in parts.
    #[cfg(test)]
    pub(crate) fn tree_cmp(&self, other: &Self) -> Ordering {
        // A slash before every other byte: `/a/b` before `/a-b`.
        other.is_absolute().cmp(&self.is_absolute()).then_with(|| {
            let (a, b) = (self.key().as_bytes(), other.key().as_bytes());
            let at = alike(a, b);
            match (a.get(at), b.get(at)) {
                (Some(b'/'), Some(_)) => Ordering::Less,
                (Some(_), Some(b'/')) => Ordering::Greater,
                // None: the shorter one is a beginning of the other.
                (a, b) => a.cmp(&b),
            }
        })
    }

    /// Whether it is inside `directory`, at any depth (not when it is `directory` itself).
    #[must_use]
    pub fn is_below(&self, directory: &Self) -> bool {
        match directory.as_str() {
            "/" => self.is_absolute() && self.0 != "/",
            "." => !self.is_absolute() && self.0 != ".",
            path => self
                .0
                .strip_prefix(path)
                .is_some_and(|rest| rest.starts_with('/')),
        }
    }

    /// What it is sorted by: `.` as the empty path.
    fn key(&self) -> &str {
        if self.0 == "." { "" } else { &self.0 }
    }
}

/// How many bytes two texts begin with alike; eight at a time, because neighbours in a tree do for long.
fn alike(a: &[u8], b: &[u8]) -> usize {
    let (wide_a, _) = a.as_chunks::<8>();
    let (wide_b, _) = b.as_chunks::<8>();
    let words = wide_a.iter().zip(wide_b).take_while(|(a, b)| a == b);
    let wide = 8 * words.count();
    let rest = a[wide..].iter().zip(&b[wide..]);
    wide + rest.take_while(|(a, b)| a == b).count()
}

/// The first bytes in which two texts, each in parts, differ as wholes; none where one is at its end.
pub(crate) fn first_difference(a: [&str; 3], b: [&str; 3]) -> (Option<u8>, Option<u8>) {
    let (mut a, mut b) = (a.map(str::as_bytes), b.map(str::as_bytes));
    let (mut in_a, mut in_b) = (0, 0);
    loop {
        while in_a < 3 && a[in_a].is_empty() {
            in_a += 1;
        }
        while in_b < 3 && b[in_b].is_empty() {
            in_b += 1;
        }
        let (Some(one), Some(other)) = (a.get(in_a), b.get(in_b)) else {
            let first = |parts: &[&[u8]; 3], at: usize| parts.get(at).map(|part| part[0]);
            return (first(&a, in_a), first(&b, in_b));
        };
        let common = alike(one, other);
        if common < one.len().min(other.len()) {
            return (Some(one[common]), Some(other[common]));
        }
        (a[in_a], b[in_b]) = (&one[common..], &other[common..]);
    }
}

impl Ord for GuestPath {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(other.key())
    }
}

impl PartialOrd for GuestPath {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for GuestPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normalises() {
        for (text, path) in [
            ("/", "/"),
            ("//", "/"),
            ("/usr//lib/", "/usr/lib"),
            ("/./usr/.", "/usr"),
            (".", "."),
            ("./", "."),
            ("./data", "data"),
            ("data/x/", "data/x"),
        ] {
            assert_eq!(GuestPath::parse(text).unwrap().as_str(), path, "{text}");
        }
    }

    #[test]
    fn refuses() {
        let long = "x".repeat(256);
        let deep = "/xxxxxxx".repeat(513);
        for (text, error) in [
            ("", GuestPathError::Empty),
            ("..", GuestPathError::DotDot),
            ("/a/../b", GuestPathError::DotDot),
            ("/a\0", GuestPathError::Nul),
            (long.as_str(), GuestPathError::LongName),
            (deep.as_str(), GuestPathError::LongPath),
        ] {
            assert_eq!(GuestPath::parse(text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn parts_differ_where_the_wholes_do() {
        let texts = ["", "/", "/a", "/a-b", "/a/b", "/ab", "a", "a/b/c"];
        let split = |text: &'static str| {
            let ends =
                (0..=text.len()).flat_map(|one| (one..=text.len()).map(move |two| (one, two)));
            ends.map(|(one, two)| [&text[..one], &text[one..two], &text[two..]])
        };
        for a in texts {
            for b in texts {
                for one in split(a) {
                    for other in split(b) {
                        let (first, second) = first_difference(one, other);
                        assert_eq!(first.cmp(&second), a.cmp(b), "{a} {b}");
                    }
                }
            }
        }
    }

    #[test]
    fn parents_sort_before_children() {
        let mut paths: Vec<GuestPath> = ["/", "/a", "/a/b", "/a-b", ".", "!x", "-y", "data"]
            .iter()
            .map(|p| GuestPath::parse(p).unwrap())
            .collect();
        paths.sort();
        let sorted: Vec<&str> = paths.iter().map(GuestPath::as_str).collect();
        assert_eq!(sorted, [".", "!x", "-y", "/", "/a", "/a-b", "/a/b", "data"]);
        for path in &paths {
            let Some(parent) = path.parent() else {
                continue;
            };
            assert!(parent < *path && path.is_below(&parent));
        }
    }
}
