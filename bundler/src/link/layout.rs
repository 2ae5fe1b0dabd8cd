//! Section identifiers and the order that a module has its sections in.

pub(super) const CUSTOM: u8 = 0;
pub(super) const TYPE: u8 = 1;
pub(super) const IMPORT: u8 = 2;
pub(super) const FUNCTION: u8 = 3;
pub(super) const MEMORY: u8 = 5;
pub(super) const GLOBAL: u8 = 6;
pub(super) const ELEMENT: u8 = 9;
pub(super) const CODE: u8 = 10;
pub(super) const DATA: u8 = 11;
pub(super) const DATA_COUNT: u8 = 12;

/// Every section but the custom ones, in the order of the specification: identifiers came later than places.
const ORDER: [u8; 13] = [
    TYPE, IMPORT, FUNCTION, 4, MEMORY, 13, GLOBAL, 7, 8, ELEMENT, DATA_COUNT, CODE, DATA,
];

/// A section's place in the order; `None` for custom sections, which may be anywhere.
fn rank(id: u8) -> Option<usize> {
    ORDER.iter().position(|&known| known == id)
}

/// Where to insert a section `id` that `sections` (identifiers, in order) lacks.
///
/// Directly behind the last section that must precede it, so that custom sections at the end stay there;
/// before the first section of all when none must.
pub(super) fn place_for(id: u8, sections: &[u8]) -> usize {
    let own = rank(id);
    let before = sections
        .iter()
        .rposition(|&other| rank(other).is_some() && rank(other) < own);
    let first = || sections.iter().position(|&other| rank(other).is_some());
    before
        .map(|last| last + 1)
        .or_else(first)
        .unwrap_or(sections.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_sections_go_behind_what_must_precede_them() {
        assert_eq!(place_for(DATA, &[TYPE, FUNCTION, MEMORY, CODE, CUSTOM]), 4);
        assert_eq!(place_for(DATA_COUNT, &[CUSTOM, TYPE, 9, CUSTOM, CODE]), 3);
        assert_eq!(place_for(GLOBAL, &[MEMORY, 7]), 1);
    }

    #[test]
    fn leading_custom_sections_stay_first() {
        assert_eq!(place_for(TYPE, &[CUSTOM, MEMORY]), 1);
        assert_eq!(place_for(TYPE, &[]), 0);
    }
}
