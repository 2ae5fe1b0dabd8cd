//! Finding `${NAME}` in a text.

/// A part of a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'t> {
    /// What stands for itself.
    Text(&'t str),
    /// The name of a variable.
    Var(&'t str),
    /// The start of a `${` that is no variable.
    Malformed(&'t str),
}

/// How much of what is no variable a message shows, in characters.
const SHOWN: usize = 24;

/// The parts of a text, in order. `$${` is the text `${`; any other `$` is just that.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        if let Some(before) = rest[..start].strip_suffix('$') {
            pieces.push(Piece::Text(before));
            pieces.push(Piece::Text("${"));
            rest = &rest[start + 2..];
            continue;
        }
        pieces.push(Piece::Text(&rest[..start]));
        let inner = &rest[start + 2..];
        let name = inner.split('}').next().unwrap_or_default();
        if is_name(name) && name.len() < inner.len() {
            pieces.push(Piece::Var(name));
            rest = &inner[name.len() + 1..];
        } else {
            pieces.push(Piece::Malformed(shown(&rest[start..])));
            rest = inner;
        }
    }
    pieces.push(Piece::Text(rest));
    pieces
}

/// Whether a variable can have this name.
pub(super) fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// To the closing brace, or as far as it fits into a message.
fn shown(text: &str) -> &str {
    let line = text.lines().next().unwrap_or_default();
    let end = line.find('}').map_or(line.len(), |brace| brace + 1);
    let fits = line
        .char_indices()
        .nth(SHOWN)
        .map_or(line.len(), |(at, _)| at);
    &line[..end.min(fits)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use Piece::{Malformed, Text, Var};

    /// Without empty texts.
    fn parts(text: &str) -> Vec<Piece<'_>> {
        let mut parts = pieces(text);
        parts.retain(|piece| *piece != Text(""));
        parts
    }

    #[test]
    fn variables() {
        assert_eq!(parts("${A}"), [Var("A")]);
        assert_eq!(
            parts("a/${B_1}/c${_}"),
            [Text("a/"), Var("B_1"), Text("/c"), Var("_")]
        );
        assert_eq!(parts("${A}${B}"), [Var("A"), Var("B")]);
    }

    #[test]
    fn dollars_that_stand_for_themselves() {
        assert_eq!(parts("$A $ $$ $1 {B} 5$"), [Text("$A $ $$ $1 {B} 5$")]);
        assert_eq!(parts("$${A}"), [Text("${"), Text("A}")]);
        assert_eq!(parts("x$$${A}"), [Text("x$"), Text("${"), Text("A}")]);
        assert_eq!(parts("$${${A}"), [Text("${"), Var("A")]);
    }

    #[test]
    fn what_is_no_variable() {
        assert_eq!(parts("a${"), [Text("a"), Malformed("${")]);
        assert_eq!(parts("${}"), [Malformed("${}"), Text("}")]);
        assert_eq!(parts("${1}"), [Malformed("${1}"), Text("1}")]);
        assert_eq!(parts("${A"), [Malformed("${A"), Text("A")]);
        assert_eq!(parts("${A:-b}"), [Malformed("${A:-b}"), Text("A:-b}")]);
        assert_eq!(parts("${A\n}"), [Malformed("${A"), Text("A\n}")]);
        assert_eq!(parts("${ä}"), [Malformed("${ä}"), Text("ä}")]);
    }
}
