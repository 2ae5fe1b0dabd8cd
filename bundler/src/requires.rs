//! What an engine must know to run a module: the proposals beyond the first version of WebAssembly that the module uses.

mod scan;
#[cfg(test)]
mod tests;

use serde::{Serialize, Serializer};

pub(crate) use scan::{of_parts, of_sections, operator, value};

/// Proposals, each by the name that engines and tools have for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Requires(u32);

macro_rules! proposals {
    ($($constant:ident = $bit:literal, $name:literal;)*) => {
        impl Requires {
            $(pub(crate) const $constant: Self = Self(1 << $bit);)*
            /// All of them with their names, older ones first.
            const ALL: &[(Self, &str)] = &[$((Self::$constant, $name)),*];
        }
    };
}

proposals! {
    MUTABLE_GLOBAL = 0, "mutable-global";
    SIGN_EXTENSION = 1, "sign-extension";
    SATURATING = 2, "saturating-float-to-int";
    MULTI_VALUE = 3, "multi-value";
    BULK_MEMORY = 4, "bulk-memory";
    REFERENCE_TYPES = 5, "reference-types";
    SIMD = 6, "simd";
    RELAXED_SIMD = 7, "relaxed-simd";
    THREADS = 8, "threads";
    TAIL_CALL = 9, "tail-call";
    EXTENDED_CONST = 10, "extended-const";
    MULTI_MEMORY = 11, "multi-memory";
    LEGACY_EXCEPTIONS = 12, "legacy-exceptions";
    EXCEPTIONS = 13, "exceptions";
    MEMORY64 = 14, "memory64";
    FUNCTION_REFERENCES = 15, "function-references";
    GC = 16, "gc";
    WIDE_ARITHMETIC = 17, "wide-arithmetic";
    CUSTOM_PAGE_SIZES = 18, "custom-page-sizes";
    STACK_SWITCHING = 19, "stack-switching";
}

impl Requires {
    /// The proposals with these names; others are left out.
    #[must_use]
    pub fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut requires = Self::default();
        for name in names {
            let known = Self::ALL.iter().filter(|(_, known)| *known == name);
            known.for_each(|&(proposal, _)| requires |= proposal);
        }
        requires
    }

    /// Their names, older proposals first.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let all = Self::ALL.iter();
        all.filter_map(move |&(proposal, name)| self.has(proposal).then_some(name))
    }

    /// Those that are not in `other`.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// These of a module without its code, and those of its code. Tags are of both proposals for exceptions: the operators tell which.
    pub(crate) fn with_code(self, code: Self) -> Self {
        let legacy = code.has(Self::LEGACY_EXCEPTIONS) && !code.has(Self::EXCEPTIONS);
        code | match legacy {
            true => self.without(Self::EXCEPTIONS),
            false => self,
        }
    }

    fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The set as a number, for the cache: it has a meaning for this version of the tool only.
    pub(crate) fn bits(self) -> u32 {
        self.0
    }

    pub(crate) fn of_bits(bits: u32) -> Self {
        Self(bits)
    }
}

impl std::ops::BitOr for Requires {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl std::ops::BitOrAssign for Requires {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl Serialize for Requires {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.names())
    }
}
