//! `.debug_line`: programs that walk through the code and tell the line of each place. Instructions stay as they are where the way is as long as it was.

use std::ops::Range;

use super::super::leb;
use super::super::moves::Moves;
use super::{Places, word};

const EXTENDED: u8 = 0;
const COPY: u8 = 1;
const ADVANCE_PC: u8 = 2;
const CONST_ADD_PC: u8 = 8;
const FIXED_ADVANCE_PC: u8 = 9;
const END_SEQUENCE: u8 = 1;
const SET_ADDRESS: u8 = 2;

/// Rewrites all programs, which lie one behind the other; also where each of them is now.
pub(super) fn rewrite(section: &[u8], moves: &Moves) -> Option<(Vec<u8>, Places)> {
    let (mut out, mut places) = (Vec::with_capacity(section.len() + 64), Places::new());
    let mut at = 0;
    while at < section.len() {
        let size = 4 + word(section, at)? as usize;
        let program = section.get(at..at.checked_add(size)?)?;
        places.insert(at as u32, out.len() as u32);
        let start = out.len();
        Program::rewrite(program, moves, &mut out)?;
        let length = u32::try_from(out.len() - start - 4).ok()?;
        super::put(&mut out, start, length)?;
        at += size;
    }
    Some((out, places))
}

/// A program on its way.
struct Program<'a> {
    moves: &'a Moves,
    bytes: &'a [u8],
    at: usize,
    line_range: u8,
    opcode_base: u8,
    /// Arguments of the standard opcodes from 1 on.
    arguments: &'a [u8],
    /// Where the program is in the code.
    address: u32,
    /// Where it was at its last row.
    row: u32,
    /// Where the new one is.
    written: u32,
    /// Where `out` has instructions that only walk on, since the last row.
    walked: Vec<Range<usize>>,
    /// Whether the sequence is one of code that there is.
    alive: bool,
}

impl<'a> Program<'a> {
    fn rewrite(bytes: &'a [u8], moves: &'a Moves, out: &mut Vec<u8>) -> Option<()> {
        let version = u16::from_le_bytes(*bytes.get(4..)?.first_chunk()?);
        // In version 5 there are the sizes of addresses and of segments first.
        let header = match version {
            2..=4 => 6,
            5 if bytes.get(6..8)? == [4, 0] => 8,
            _ => return None,
        };
        let tables = header + 4;
        let code = (word(bytes, header)? as usize).checked_add(tables)?;
        // From version 4 on there is how many operations an instruction has.
        let (many, at) = match version {
            2 | 3 => (1, tables + 1),
            _ => (*bytes.get(tables + 1)?, tables + 2),
        };
        let [_default_is_stmt, _line_base, line_range, opcode_base] =
            *bytes.get(at..)?.first_chunk()?;
        let arguments = bytes.get(at + 4..at + 3 + usize::from(opcode_base))?;
        if bytes[tables] != 1 || many != 1 || line_range == 0 || opcode_base <= FIXED_ADVANCE_PC {
            return None;
        }
        out.extend_from_slice(bytes.get(..code)?);
        let mut program = Program {
            moves,
            bytes,
            at: code,
            line_range,
            opcode_base,
            arguments,
            address: 0,
            row: 0,
            written: 0,
            walked: Vec::new(),
            alive: false,
        };
        while program.at < bytes.len() {
            program.instruction(out)?;
        }
        Some(())
    }

    fn instruction(&mut self, out: &mut Vec<u8>) -> Option<()> {
        let start = self.at;
        let opcode = self.byte()?;
        match opcode {
            EXTENDED => return self.extended(start, out),
            COPY => {
                self.advance(out);
                out.push(COPY);
            }
            ADVANCE_PC => {
                let by = self.number()?;
                self.address = self.address.wrapping_add(by);
                self.walk(start, out);
            }
            CONST_ADD_PC => {
                self.special(u8::MAX);
                self.walk(start, out);
            }
            FIXED_ADVANCE_PC => {
                let by = u16::from_le_bytes(*self.bytes.get(self.at..)?.first_chunk()?);
                self.at += 2;
                self.address = self.address.wrapping_add(by.into());
                self.walk(start, out);
            }
            opcode if opcode >= self.opcode_base => {
                self.special(opcode);
                if self.stays(out) {
                    out.push(opcode);
                    return Some(());
                }
                let (line, range) = (
                    (opcode - self.opcode_base) % self.line_range,
                    self.line_range,
                );
                let by = self.target().wrapping_sub(self.written);
                // The distance in the code and in the lines in one byte, if they fit.
                let both = u64::from(by) * u64::from(range) + u64::from(self.opcode_base + line);
                match u8::try_from(both) {
                    Ok(both) => {
                        self.written = self.target();
                        out.push(both);
                    }
                    Err(_) => {
                        self.go(out);
                        out.push(self.opcode_base + line);
                    }
                }
            }
            opcode => {
                for _ in 0..*self.arguments.get(usize::from(opcode) - 1)? {
                    self.skip_number()?;
                }
                out.extend_from_slice(&self.bytes[start..self.at]);
            }
        }
        Some(())
    }

    fn extended(&mut self, start: usize, out: &mut Vec<u8>) -> Option<()> {
        let size = self.number()? as usize;
        let end = self.at.checked_add(size)?;
        let code = self.byte()?;
        match code {
            END_SEQUENCE => {
                self.advance(out);
                (self.address, self.row, self.written, self.alive) = (0, 0, 0, false);
            }
            SET_ADDRESS => {
                let address = (size == 5).then(|| word(self.bytes, self.at))??;
                self.address = address;
                let moved = self.moves.of(address);
                self.alive = moved.is_some();
                self.written = moved.unwrap_or(address);
                self.row = address;
                self.walked.clear();
                put_address(self.written, out);
                self.at = end;
                return Some(());
            }
            _ => {}
        }
        out.extend_from_slice(self.bytes.get(start..end)?);
        self.at = end;
        Some(())
    }

    /// Walks as far as a special opcode does.
    fn special(&mut self, opcode: u8) {
        let by = (opcode - self.opcode_base) / self.line_range;
        self.address = self.address.wrapping_add(by.into());
    }

    /// Where the new program has to be.
    fn target(&self) -> u32 {
        match self.moves.of(self.address) {
            Some(moved) if self.alive => moved,
            _ => self.address,
        }
    }

    /// Keeps an instruction that walks on, which began at `start`, until the next row tells whether it still does.
    fn walk(&mut self, start: usize, out: &mut Vec<u8>) {
        let at = out.len();
        out.extend_from_slice(&self.bytes[start..self.at]);
        self.walked.push(at..out.len());
    }

    /// Whether the way from the last row to this one is as long as it was, so that its instructions stay; else takes them out.
    fn stays(&mut self, out: &mut Vec<u8>) -> bool {
        let way = self.address.wrapping_sub(self.row);
        let stays = self.target().wrapping_sub(self.written) == way;
        self.row = self.address;
        let walked = self.walked.drain(..).rev();
        match stays {
            true => self.written = self.written.wrapping_add(way),
            false => walked.for_each(|walked| drop(out.drain(walked))),
        }
        stays
    }

    /// Brings the new program there.
    fn advance(&mut self, out: &mut Vec<u8>) {
        if !self.stays(out) {
            self.go(out);
        }
    }

    fn go(&mut self, out: &mut Vec<u8>) {
        let to = self.target();
        // What is not there may be at the very end of all addresses, and walk beyond it.
        let by = to.wrapping_sub(std::mem::replace(&mut self.written, to));
        match by as i32 {
            0 => {}
            1.. => {
                out.push(ADVANCE_PC);
                leb::write(out, by);
            }
            // Some tools write programs that go back.
            _ => put_address(to, out),
        }
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn number(&mut self) -> Option<u32> {
        leb::read(self.bytes, &mut self.at)
    }

    /// Skips a number of any size and sign.
    fn skip_number(&mut self) -> Option<()> {
        while self.byte()? & 0x80 != 0 {}
        Some(())
    }
}

fn put_address(address: u32, out: &mut Vec<u8>) {
    out.extend([EXTENDED, 5, SET_ADDRESS]);
    out.extend(address.to_le_bytes());
}
