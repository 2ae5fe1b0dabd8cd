//! Whether debug information says the same of a program before and after it was bundled.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use wasmparser::{Parser, Payload};

use crate::tool;

/// What there is of code at the old places, at the new ones. All count from the start of the code section.
pub type Places = BTreeMap<usize, usize>;

/// A function: where its code begins and ends, and its instructions, by their first byte.
struct Body {
    start: usize,
    end: usize,
    instructions: Vec<(u8, usize)>,
}

/// Where the instructions of `before` are in `after`, which has the same functions first, and in them the same instructions
/// but for one that may stand for several.
///
/// # Panics
/// When one is not a valid module.
#[must_use]
pub fn places(before: &[u8], after: &[u8]) -> Places {
    let mut places = Places::new();
    for (old, new) in bodies(before).iter().zip(&bodies(after)) {
        places.insert(old.start, new.start);
        places.insert(old.end, new.end);
        let pairs = old.instructions.iter().zip(&new.instructions);
        let same = pairs.take_while(|((old, _), (new, _))| linked(*old) == *new);
        let same = same.count();
        let behind = new.instructions.len().abs_diff(old.instructions.len());
        for (index, (_, place)) in old.instructions.iter().enumerate() {
            let new = if index <= same || behind == 0 {
                new.instructions[index].1
            } else if index <= same + behind {
                // One of several in whose place there is one now: as far behind the first of them as it was.
                new.instructions[same].1 + place - old.instructions[same].1
            } else {
                new.instructions[index - behind].1
            };
            places.insert(*place, new);
        }
    }
    places
}

/// What stands for an instruction that asks for the memory's size, or for more of it, when a module is linked.
fn linked(opcode: u8) -> u8 {
    const CALL: u8 = 0x10;
    const GLOBAL_GET: u8 = 0x23;
    match opcode {
        0x3f => GLOBAL_GET,
        0x40 => CALL,
        other => other,
    }
}

/// Where the contents of the code section begin.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn code_start(module: &[u8]) -> usize {
    let mut starts = payloads(module).filter_map(|payload| match payload {
        Payload::CodeSectionStart { range, .. } => Some(range.start),
        _ => None,
    });
    starts.next().expect("a program has code")
}

fn bodies(module: &[u8]) -> Vec<Body> {
    let code = code_start(module);
    let bodies = payloads(module).filter_map(|payload| match payload {
        Payload::CodeSectionEntry(body) => Some(body),
        _ => None,
    });
    let read = bodies.map(|body| {
        let operators = body.get_operators_reader().expect("a valid module");
        let instructions = operators.into_iter_with_offsets().map(|instruction| {
            let (_, place) = instruction.expect("a valid module");
            (module[place], place - code)
        });
        Body {
            start: body.range().start - code,
            end: body.range().end - code,
            instructions: instructions.collect(),
        }
    });
    read.collect()
}

fn payloads(module: &[u8]) -> impl Iterator<Item = Payload<'_>> {
    let payloads = Parser::new(0).parse_all(module);
    payloads.map(|payload| payload.expect("a valid module"))
}

/// What `llvm-dwarfdump` says of entries, their lists and lines, with all places of code as they are in `places`.
///
/// # Panics
/// When it can't be started, or fails.
#[must_use]
pub fn told(module: &Path, places: &Places) -> Vec<String> {
    let mut dwarfdump = Command::new("llvm-dwarfdump-19");
    dwarfdump.args(["--debug-info", "--debug-line", "--debug-macro"]);
    let text = tool::run(dwarfdump.arg(module), b"").ok();
    let mut dead = false;
    let lines = text.lines().skip(1).filter_map(|line| {
        if line.contains("DW_AT_low_pc") {
            dead = line.contains("dead code");
        }
        // Where nothing is, there is no end of it either. The rest says how long parts of sections are.
        let left_out = [
            "DW_AT_stmt_list",
            "lists_base",
            "total_length",
            "debug_line",
        ];
        let left_out = left_out.iter().any(|word| line.contains(word))
            || dead && line.contains("DW_AT_high_pc");
        (!left_out).then(|| translated(line, places))
    });
    lines.collect()
}

/// A line of `llvm-dwarfdump`'s, with its places of code as they are in `places`.
fn translated(line: &str, places: &Places) -> String {
    // Where a list is in its section is not a place of code.
    let list = line.find("list = 0x").map_or(line.len(), |at| at + 7);
    let line = &line[..list];
    let row = line.starts_with("0x00000000") && !line.contains(':');
    if !(row || line.contains("_pc\t") || line.contains("[0x")) {
        return line.to_owned();
    }
    let mut parts = line.split("0x");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.find(|digit: char| !digit.is_ascii_hexdigit());
        let (digits, rest) = part.split_at(digits.unwrap_or(part.len()));
        // Numbers that are no addresses are as short as they can be.
        let place = usize::from_str_radix(digits, 16).ok();
        let place = place.filter(|_| digits.len() >= 8);
        let place = place.map(|place| places.get(&place).copied().unwrap_or(place));
        match place {
            Some(place) => out.push_str(&format!("@{place:x}")),
            None => out.push_str(&format!("0x{digits}")),
        }
        out.push_str(rest);
    }
    out
}
