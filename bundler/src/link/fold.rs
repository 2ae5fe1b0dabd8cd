//! The interposer for one program: what it asks the linker about is decided, and what can't happen any more is left out.
//!
//! Some intrinsics are constants once the program and the options are known. A branch on one, directly or through a
//! comparison with another constant, is taken or not; the code that it guards goes, and with it the functions that only
//! that code calls.

use wasm_encoder::Encode;
use wasmparser::{BinaryReader, BlockType, FunctionBody, Operator, OperatorsReader};

use super::guest::{Guest, Snapshot};
use super::interposer::{self, Interposer, InterposerImport};
use super::intrinsic::Intrinsic;
use super::options::{Host, Options};

const BLOCK: u8 = 0x02;
const ELSE: u8 = 0x05;
const END: u8 = 0x0b;
const BR: u8 = 0x0c;
const I32_CONST: u8 = 0x41;

/// What is known when a program is linked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    snapshot: Snapshot,
    host: Host,
    requires_host: bool,
    preinit: bool,
}

impl Known {
    pub(super) fn new(guest: &Guest<'_>, options: &Options) -> Self {
        Known {
            snapshot: guest.snapshot,
            host: options.host,
            requires_host: options.requires_host,
            preinit: options.preinit,
        }
    }

    /// The value of an intrinsic that is a constant now.
    fn value(self, intrinsic: Intrinsic) -> Option<i32> {
        match intrinsic {
            Intrinsic::Snapshot => Some(match self.snapshot {
                Snapshot::Zero => 0,
                Snapshot::One => 1,
            }),
            Intrinsic::HostPolicy => Some(match self.host {
                Host::Fallback => 0,
                Host::Override => 1,
                Host::None => 2,
            }),
            Intrinsic::RequiresHost => Some(self.requires_host.into()),
            Intrinsic::IsSaved => Some(self.preinit.into()),
            _ => None,
        }
    }
}

/// The interposer with everything decided that `known` decides.
pub(super) fn fold(interposer: &Interposer, known: Known) -> Interposer {
    let mut folded = interposer.clone();
    for function in &mut folded.functions {
        let asks = function
            .calls
            .iter()
            .any(|&index| value(interposer, known, index).is_some());
        if asks {
            let body = Folder::fold(interposer, known, &function.body);
            *function = interposer::function(function.ty, body).expect("it was accepted before");
        }
    }
    folded
}

fn value(interposer: &Interposer, known: Known, index: u32) -> Option<i32> {
    match interposer.imports.get(index as usize)? {
        InterposerImport::Intrinsic(intrinsic) => known.value(*intrinsic),
        InterposerImport::Host { .. } => None,
    }
}

/// One body on its way.
struct Folder<'a> {
    interposer: &'a Interposer,
    known: Known,
    body: &'a [u8],
    out: Vec<u8>,
    /// Constants that were pushed last, with nothing after them: where in `out`, and their values.
    constants: Vec<(usize, i32)>,
    /// Open blocks; whether each was an `if` of which only the first arm is kept.
    decided: Vec<bool>,
}

const VALID: &str = "the interposer was validated when it was parsed";

impl<'a> Folder<'a> {
    fn fold(interposer: &'a Interposer, known: Known, body: &'a [u8]) -> Vec<u8> {
        let reader = FunctionBody::new(BinaryReader::new(body, 0));
        let mut operators = reader.get_operators_reader().expect(VALID);
        let mut folder = Folder {
            interposer,
            known,
            body,
            out: body[..operators.original_position()].to_vec(),
            constants: Vec::new(),
            decided: vec![false],
        };
        while !operators.eof() {
            folder.operator(&mut operators);
        }
        folder.out
    }

    fn operator(&mut self, operators: &mut OperatorsReader<'a>) {
        let start = operators.original_position();
        let operator = operators.read().expect(VALID);
        let bytes = &self.body[start..operators.original_position()];
        match operator {
            Operator::I32Const { value } => return self.constant(value),
            Operator::Call { function_index } => {
                if let Some(value) = value(self.interposer, self.known, function_index) {
                    return self.constant(value);
                }
            }
            Operator::I32Eqz => {
                if let Some(value) = self.pop() {
                    return self.constant((value == 0).into());
                }
            }
            Operator::If { blockty } => {
                if let Some(value) = self.pop() {
                    return self.decide(value != 0, blockty, bytes, operators);
                }
                self.decided.push(false);
            }
            Operator::Block { .. } | Operator::Loop { .. } => self.decided.push(false),
            Operator::Else => return self.end_arm(Skipped::Arm, operators),
            Operator::End => {
                self.decided.pop();
            }
            Operator::BrIf { .. } => {
                if let Some(value) = self.pop() {
                    self.constants.clear();
                    if value != 0 {
                        self.out.push(BR);
                        self.emit(&bytes[1..]);
                        // What follows in this block can't be reached.
                        let skipped = skip(operators);
                        self.end_arm(skipped, operators);
                    }
                    return;
                }
            }
            _ => {
                if let Some(compare) = comparison(&operator)
                    && let [.., (at, left), (_, right)] = self.constants[..]
                {
                    self.constants.truncate(self.constants.len() - 2);
                    self.out.truncate(at);
                    return self.constant(compare(left, right).into());
                }
            }
        }
        self.emit(bytes);
    }

    fn constant(&mut self, value: i32) {
        self.constants.push((self.out.len(), value));
        self.out.push(I32_CONST);
        value.encode(&mut self.out);
    }

    /// Takes the constant back that was pushed last.
    fn pop(&mut self) -> Option<i32> {
        let (at, value) = self.constants.pop()?;
        self.out.truncate(at);
        Some(value)
    }

    fn emit(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
        self.constants.clear();
    }

    /// The end of a block or of its first arm, which was read.
    fn end_arm(&mut self, read: Skipped, operators: &mut OperatorsReader<'a>) {
        let decided = self.decided.last() == Some(&true);
        match read {
            Skipped::Arm if !decided => return self.emit(&[ELSE]),
            Skipped::Arm => {
                skip(operators);
            }
            Skipped::Block => {}
        }
        self.emit(&[END]);
        self.decided.pop();
    }

    /// An `if` whose condition is known: a block with one of its arms.
    fn decide(
        &mut self,
        first: bool,
        blockty: BlockType,
        bytes: &[u8],
        operators: &mut OperatorsReader<'a>,
    ) {
        if !first && skip(operators) == Skipped::Block {
            // Without a second arm it has no result either.
            debug_assert_eq!(blockty, BlockType::Empty);
            return self.constants.clear();
        }
        self.out.push(BLOCK);
        self.emit(&bytes[1..]);
        // The second arm ends as every block does.
        self.decided.push(first);
    }
}

/// What [`skip`] has left behind.
#[derive(PartialEq, Eq)]
enum Skipped {
    /// All up to an `else` of the block.
    Arm,
    /// All up to the end of the block.
    Block,
}

/// Skips what is left of a block, or of an arm.
fn skip(operators: &mut OperatorsReader<'_>) -> Skipped {
    let mut depth = 0;
    loop {
        match operators.read().expect(VALID) {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => depth += 1,
            Operator::Else if depth == 0 => return Skipped::Arm,
            Operator::End if depth == 0 => return Skipped::Block,
            Operator::End => depth -= 1,
            _ => {}
        }
    }
}

fn comparison(operator: &Operator<'_>) -> Option<fn(i32, i32) -> bool> {
    let compare: fn(i32, i32) -> bool = match operator {
        Operator::I32Eq => |left, right| left == right,
        Operator::I32Ne => |left, right| left != right,
        Operator::I32LtU => |left, right| (left as u32) < right as u32,
        Operator::I32GtU => |left, right| left as u32 > right as u32,
        Operator::I32LeU => |left, right| left as u32 <= right as u32,
        Operator::I32GeU => |left, right| left as u32 >= right as u32,
        _ => return None,
    };
    Some(compare)
}
