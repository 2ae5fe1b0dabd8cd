//! The functions of `wasi_vfs` that an interposer may import, each replaced by instructions.

use wasmparser::{FuncType, ValType};

/// A way for the interposer to reach the program's memory or the image.
///
/// "Own" is the interposer's memory; the program's addresses are checked by the interposer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Intrinsic {
    /// A load or store in the program's memory: the operator.
    Access(Access),
    /// `(own_dst, program_src, len)`
    CopyIn,
    /// `(program_dst, own_src, len)`
    CopyOut,
    /// `(program_dst, image_offset, len)`
    ImageToProgram,
    /// `(own_dst, image_offset, len)`
    ImageToOwn,
    /// The image's size in bytes, an unsigned 32-bit constant.
    ImageSize,
    /// Pages of 64 KiB that the program sees.
    ProgramPages,
    /// Which WASI the program speaks, a constant: 1 for preview 1, 0 for `wasi_unstable` before it.
    Snapshot,
    /// What the program may have of the host's file system, a constant as in the image's flags: 0 for what the image has
    /// not, 1 for everything first, 2 for nothing.
    HostPolicy,
    /// Whether the image has a mount that needs a directory of the host's, a constant: 0 or 1.
    RequiresHost,
    /// Whether the program is run at bundle time and its memory kept, a constant.
    IsSaved,
}

/// A load from or store to the program's memory, one operator without alignment or offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Access {
    pub(super) opcode: u8,
    value: ValType,
    store: bool,
}

const fn load(opcode: u8, value: ValType) -> Intrinsic {
    Intrinsic::Access(Access {
        opcode,
        value,
        store: false,
    })
}

const fn store(opcode: u8, value: ValType) -> Intrinsic {
    Intrinsic::Access(Access {
        opcode,
        value,
        store: true,
    })
}

const ALL: [(&str, Intrinsic); 17] = [
    ("program_load8", load(0x2d, ValType::I32)),
    ("program_load32", load(0x28, ValType::I32)),
    ("program_load64", load(0x29, ValType::I64)),
    ("program_store8", store(0x3a, ValType::I32)),
    ("program_store16", store(0x3b, ValType::I32)),
    ("program_store32", store(0x36, ValType::I32)),
    ("program_store64", store(0x37, ValType::I64)),
    ("copy_in", Intrinsic::CopyIn),
    ("copy_out", Intrinsic::CopyOut),
    ("image_to_program", Intrinsic::ImageToProgram),
    ("image_to_own", Intrinsic::ImageToOwn),
    ("image_size", Intrinsic::ImageSize),
    ("program_pages", Intrinsic::ProgramPages),
    ("snapshot", Intrinsic::Snapshot),
    ("host_policy", Intrinsic::HostPolicy),
    ("requires_host", Intrinsic::RequiresHost),
    ("is_saved", Intrinsic::IsSaved),
];

impl Intrinsic {
    /// The intrinsic that `module.name` stands for.
    pub(super) fn named(module: &str, name: &str) -> Option<Self> {
        let known = ALL
            .iter()
            .find(|(known, _)| module == "wasi_vfs" && *known == name);
        known.map(|&(_, intrinsic)| intrinsic)
    }

    /// The type that it is imported with.
    pub(super) fn ty(self) -> FuncType {
        const I32: ValType = ValType::I32;
        match self {
            Intrinsic::Access(Access {
                value,
                store: false,
                ..
            }) => FuncType::new([I32], [value]),
            Intrinsic::Access(Access {
                value, store: true, ..
            }) => FuncType::new([I32, value], []),
            Intrinsic::CopyIn
            | Intrinsic::CopyOut
            | Intrinsic::ImageToProgram
            | Intrinsic::ImageToOwn => FuncType::new([I32; 3], []),
            Intrinsic::ImageSize
            | Intrinsic::ProgramPages
            | Intrinsic::Snapshot
            | Intrinsic::HostPolicy
            | Intrinsic::RequiresHost
            | Intrinsic::IsSaved => FuncType::new([], [I32]),
        }
    }
}
