//! Modes as the manifest writes them.
//!
//! Octal (`0644`), `source`, or symbolic as in chmod: clauses such as `u=rw`, `go-w`, `+x`, `a+X`, `g=u`, `u+s`, joined
//! by commas. Unlike chmod's, a clause without `u`, `g`, `o` means all three whatever the umask, because no umask may
//! reach a bundle. `+` and `-` change what would hold otherwise (the rule or table before, at last the default), so that
//! `"+x"` makes 0644 to 0755 wherever it is bundled; `"source,go-w"` starts from the source's own mode instead.

use std::str::FromStr;

/// Who a clause is about, as bits; the shift of their `rwx` is below.
const USER: u8 = 4;
const GROUP: u8 = 2;
const OTHER: u8 = 1;
const WHO: [(u8, u16); 3] = [(USER, 6), (GROUP, 3), (OTHER, 0)];

/// A mode, or a change of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permissions {
    base: Option<Base>,
    clauses: Vec<Clause>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Base {
    Fixed(u16),
    Source,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Clause {
    who: u8,
    op: Op,
    what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Op {
    Set,
    Add,
    Remove,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    /// Letters: `rwx` as 4, 2, 1, and the others.
    Bits {
        rwx: u16,
        big_x: bool,
        special: bool,
        sticky: bool,
    },
    /// The bits that another class has.
    Copy(u8),
}

impl Permissions {
    /// A mode that depends on nothing.
    pub(crate) fn fixed(mode: u16) -> Self {
        Self {
            base: Some(Base::Fixed(mode)),
            clauses: Vec::new(),
        }
    }

    /// This on top of what holds otherwise.
    pub(crate) fn over(&self, lower: &Self) -> Self {
        match self.base {
            Some(_) => self.clone(),
            None => Self {
                base: lower.base,
                clauses: lower.clauses.iter().chain(&self.clauses).copied().collect(),
            },
        }
    }

    /// Whether it depends on the source's mode.
    pub(crate) fn needs_source(&self) -> bool {
        self.base == Some(Base::Source)
    }

    /// The mode of an entry. `source` is the mode it has there; `default` holds where it has none.
    pub(crate) fn apply(&self, source: Option<u32>, default: u16, is_directory: bool) -> u16 {
        let base = match self.base {
            Some(Base::Fixed(mode)) => mode,
            Some(Base::Source) => source.map_or(default, |mode| (mode & 0o7777) as u16),
            None => default,
        };
        self.clauses
            .iter()
            .fold(base, |mode, clause| clause.apply(mode, is_directory))
    }
}

impl Clause {
    fn apply(self, mode: u16, is_directory: bool) -> u16 {
        let mut bits = 0;
        let mut touched = 0;
        for (class, shift) in WHO {
            if self.who & class == 0 {
                continue;
            }
            touched |= 7 << shift;
            bits |= match self.what {
                What::Copy(from) => class_bits(mode, from) << shift,
                What::Bits { rwx, big_x, .. } => {
                    // chmod: `X` is `x` for directories and for files that someone may execute already.
                    let x = big_x && (is_directory || mode & 0o111 != 0);
                    (rwx | u16::from(x)) << shift
                }
            };
        }
        if let What::Bits {
            special, sticky, ..
        } = self.what
        {
            let set_user = if self.who & USER != 0 { 0o4000 } else { 0 };
            let set_group = if self.who & GROUP != 0 { 0o2000 } else { 0 };
            let keep_sticky = if sticky { 0o1000 } else { 0 };
            touched |= set_user | set_group | keep_sticky;
            bits |= keep_sticky | if special { set_user | set_group } else { 0 };
        }
        match self.op {
            Op::Set => (mode & !touched) | bits,
            Op::Add => mode | bits,
            Op::Remove => mode & !bits,
        }
    }
}

fn class_bits(mode: u16, class: u8) -> u16 {
    WHO.iter()
        .filter(|(bit, _)| class & bit != 0)
        .fold(0, |bits, (_, shift)| bits | (mode >> shift) & 7)
}

impl FromStr for Permissions {
    /// What is wrong, in words.
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("it is empty".to_owned());
        }
        let digits = text.strip_prefix("0o").unwrap_or(text);
        if digits.starts_with(|c: char| c.is_ascii_digit()) {
            let mode = u16::from_str_radix(digits, 8)
                .ok()
                .filter(|mode| *mode <= 0o7777);
            return mode
                .map(Self::fixed)
                .ok_or_else(|| "octal modes are 0 to 7777".to_owned());
        }
        let mut permissions = Self {
            base: None,
            clauses: Vec::new(),
        };
        for (at, part) in text.split(',').map(str::trim).enumerate() {
            match part {
                "source" if at == 0 => permissions.base = Some(Base::Source),
                _ => clauses(part, &mut permissions.clauses)?,
            }
        }
        Ok(permissions)
    }
}

/// Reads one comma's worth: `who` and then one or more of `op what`.
fn clauses(part: &str, out: &mut Vec<Clause>) -> Result<(), String> {
    let ops = part
        .find(['+', '-', '='])
        .ok_or_else(|| format!("`{part}` has no `=`, `+` or `-`"))?;
    let mut who = 0;
    for letter in part[..ops].chars() {
        who |= match letter {
            'u' => USER,
            'g' => GROUP,
            'o' => OTHER,
            'a' => USER | GROUP | OTHER,
            _ => return Err(format!("`{letter}` is not one of `u`, `g`, `o`, `a`")),
        };
    }
    if who == 0 {
        who = USER | GROUP | OTHER;
    }
    let mut rest = &part[ops..];
    while let Some(op) = rest.chars().next() {
        let op = match op {
            '=' => Op::Set,
            '+' => Op::Add,
            _ => Op::Remove,
        };
        let end = rest[1..]
            .find(['+', '-', '='])
            .map_or(rest.len(), |end| end + 1);
        out.push(Clause {
            who,
            op,
            what: what(&rest[1..end])?,
        });
        rest = &rest[end..];
    }
    Ok(())
}

fn what(letters: &str) -> Result<What, String> {
    match letters {
        "u" => return Ok(What::Copy(USER)),
        "g" => return Ok(What::Copy(GROUP)),
        "o" => return Ok(What::Copy(OTHER)),
        _ => {}
    }
    let (mut rwx, mut big_x, mut special, mut sticky) = (0, false, false, false);
    for letter in letters.chars() {
        match letter {
            'r' => rwx |= 4,
            'w' => rwx |= 2,
            'x' => rwx |= 1,
            'X' => big_x = true,
            's' => special = true,
            't' => sticky = true,
            _ => {
                return Err(format!(
                    "`{letter}` is not one of `r`, `w`, `x`, `X`, `s`, `t`"
                ));
            }
        }
    }
    Ok(What::Bits {
        rwx,
        big_x,
        special,
        sticky,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes() {
        // (text, mode before, is a directory, mode after); `before` is also the source's.
        for (text, before, directory, after) in [
            ("0644", 0o777, false, 0o644),
            ("644", 0o777, false, 0o644),
            ("0o755", 0, false, 0o755),
            ("4755", 0, false, 0o4755),
            ("source", 0o751, false, 0o751),
            ("u=rw,go=r", 0o777, false, 0o644),
            ("u=rw,go=", 0o777, false, 0o600),
            ("+x", 0o644, false, 0o755),
            ("a+x", 0o644, false, 0o755),
            ("u+x", 0o644, false, 0o744),
            ("go-w", 0o666, false, 0o644),
            ("a+X", 0o644, false, 0o644),
            ("a+X", 0o744, false, 0o755),
            ("a+X", 0o644, true, 0o755),
            ("u=rwX,go=rX", 0o600, true, 0o755),
            ("g=u", 0o740, false, 0o770),
            ("go=u-w", 0o700, false, 0o755),
            ("u+s", 0o755, false, 0o4755),
            ("g+s,+t", 0o755, true, 0o3755),
            ("u=rwx", 0o4755, false, 0o755),
            ("source,go-rwx", 0o755, false, 0o700),
        ] {
            let permissions: Permissions = text.parse().unwrap();
            assert_eq!(
                permissions.apply(Some(before), before as u16, directory),
                after,
                "{text} on {before:o}"
            );
        }
    }

    #[test]
    fn no_modes() {
        for (text, problem) in [
            ("", "it is empty"),
            ("8", "octal modes are 0 to 7777"),
            ("77777", "octal modes are 0 to 7777"),
            ("rw", "`rw` has no `=`, `+` or `-`"),
            ("x=r", "`x` is not one of `u`, `g`, `o`, `a`"),
            ("u=q", "`q` is not one of `r`, `w`, `x`, `X`, `s`, `t`"),
            ("u+x,source", "`source` has no `=`, `+` or `-`"),
        ] {
            assert_eq!(
                text.parse::<Permissions>(),
                Err(problem.to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn later_ones_change_earlier_ones() {
        let parse = |text: &str| text.parse::<Permissions>().unwrap();
        let default = Permissions::fixed(0o644);
        let mode = |permissions: Permissions| permissions.apply(Some(0o600), 0o644, false);
        assert_eq!(mode(parse("+x").over(&default)), 0o755);
        assert_eq!(mode(parse("go-r").over(&parse("+x").over(&default))), 0o711);
        assert_eq!(mode(parse("0400").over(&parse("+x"))), 0o400);
        assert_eq!(mode(parse("+x").over(&parse("source"))), 0o711);
    }
}
