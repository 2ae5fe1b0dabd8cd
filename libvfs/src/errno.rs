//! Error numbers of preview1 (witx `errno`).

use core::num::NonZeroU32;

use vfs_image::Corrupt;

/// Why a call failed: a preview1 `errno` other than `success`.
///
/// Not an enum, because the host's numbers pass through whatever they are. As wide
/// as what a call returns, and never zero, so that a `Result<()>` is that number as it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Errno(NonZeroU32);

/// What every call of the file system answers.
pub type Result<T, E = Errno> = core::result::Result<T, E>;

macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident = $number:literal;)*) => {
        impl Errno {
            $($(#[$doc])* pub const $name: Self = Self(NonZeroU32::new($number).unwrap());)*
        }
    };
}

numbers! {
    /// Permission denied.
    ACCES = 2;
    /// Bad file descriptor.
    BADF = 8;
    /// Device or resource busy.
    BUSY = 10;
    /// File exists.
    EXIST = 20;
    /// File too large.
    FBIG = 22;
    /// Illegal byte sequence.
    ILSEQ = 25;
    /// Invalid argument.
    INVAL = 28;
    /// I/O error.
    IO = 29;
    /// Is a directory.
    ISDIR = 31;
    /// Too many levels of symbolic links.
    LOOP = 32;
    /// File descriptor value too large.
    MFILE = 33;
    /// Filename too long.
    NAMETOOLONG = 37;
    /// No such file or directory.
    NOENT = 44;
    /// Not enough memory.
    NOMEM = 48;
    /// Function not supported.
    NOSYS = 52;
    /// No space left on device.
    NOSPC = 51;
    /// Not a directory.
    NOTDIR = 54;
    /// Directory not empty.
    NOTEMPTY = 55;
    /// Not a socket.
    NOTSOCK = 57;
    /// Operation not supported.
    NOTSUP = 58;
    /// Value too large to be stored in data type.
    OVERFLOW = 61;
    /// Operation not permitted.
    PERM = 63;
    /// Read-only file system.
    ROFS = 69;
    /// Cross-device link.
    XDEV = 75;
}

impl Errno {
    /// The result a host's answer stands for.
    ///
    /// # Errors
    /// The answer itself, unless it is `success`.
    #[inline(always)]
    pub fn check(answer: u32) -> Result<()> {
        match NonZeroU32::new(answer) {
            None => Ok(()),
            Some(number) => Err(Self(number)),
        }
    }

    /// The number of a result, as a call returns it.
    #[inline(always)]
    #[must_use]
    pub fn answer(result: Result<()>) -> u32 {
        match result {
            Ok(()) => 0,
            Err(Self(number)) => number.get(),
        }
    }
}

/// A corrupt image is a device that can't be read.
impl From<Corrupt> for Errno {
    #[inline(always)]
    fn from(Corrupt: Corrupt) -> Self {
        Self::IO
    }
}
