//! `.debug_macro`: macros, and which line programs number their files.

use std::collections::BTreeSet;

use gimli::{DebugMacro, DebugMacroOffset, LittleEndian, MacroEntry};

use super::{Places, put, word};

/// Tells the lists that begin at `lists`, and those that they import, where their line programs are now.
pub(super) fn rewrite(section: &mut [u8], lists: &BTreeSet<u32>, programs: &Places) -> Option<()> {
    const WIDE: u8 = 1;
    const HAS_PROGRAM: u8 = 2;
    let mut left: Vec<usize> = lists.iter().map(|&list| list as usize).collect();
    let mut done = BTreeSet::new();
    while let Some(list) = left.pop() {
        if !done.insert(list) {
            continue;
        }
        let mut entries = DebugMacro::new(section, LittleEndian)
            .get_macros(DebugMacroOffset(list))
            .ok()?;
        while let Some(entry) = entries.next().ok()? {
            if let MacroEntry::Import { offset } = entry {
                left.push(offset.0);
            }
        }
        // Flags follow the version.
        let flags = *section.get(list + 2)?;
        if flags & WIDE != 0 {
            return None;
        }
        if flags & HAS_PROGRAM != 0 {
            let program = programs.get(&word(section, list + 3)?)?;
            put(section, list + 3, *program)?;
        }
    }
    Some(())
}
