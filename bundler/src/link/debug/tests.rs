mod five;

use super::super::moves::Moves;
use super::{Sections, lists, rewrite};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Code from 4 to 100: an instruction at 20 has got two bytes longer, and one at 60 three.
fn moves() -> Moves {
    let mut moves = Moves::default();
    for (old, new) in [(4, 5), (22, 25), (62, 68)] {
        moves.add(old, new);
    }
    moves.end(100);
    moves
}

/// A program of version 4 with these instructions, and its length in front.
fn program(instructions: &[u8]) -> Vec<u8> {
    // One byte per instruction, one operation; statements; lines from -5 on, 14 of them; opcodes from 13 on; no files.
    let tables = [
        1, 1, 1, 0xfb, 14, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1, 0, 0,
    ];
    let mut bytes = vec![0; 4];
    bytes.extend([4, 0, tables.len() as u8, 0, 0, 0]);
    bytes.extend(tables);
    bytes.extend_from_slice(instructions);
    let length = bytes.len() as u32 - 4;
    bytes[..4].copy_from_slice(&length.to_le_bytes());
    bytes
}

fn words(values: &[u32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

fn rewritten(name: &'static [u8], contents: Vec<u8>) -> Option<Vec<u8>> {
    let sections = Sections::from([(name, contents.into())]);
    Some(
        rewrite(sections, &moves())?
            .remove(name)
            .unwrap()
            .into_owned(),
    )
}

#[test]
fn places_move_with_the_code() {
    let moves = moves();
    for (old, new) in [(4, 5), (21, 22), (22, 25), (61, 64), (62, 68), (100, 106)] {
        assert_eq!(moves.of(old), Some(new));
    }
    for dead in [0, 3, 101, u32::MAX] {
        assert_eq!(moves.of(dead), None);
    }
}

#[test]
fn line_programs_reach_the_new_places() {
    let address = |address: u8| [0, 5, 2, address, 0, 0, 0];
    let old = [
        &address(4)[..],
        &[18, 3, 7, 1],      // the line of 4; 7 lines on, the same place
        &[13 + 14 * 16 + 6], // 20: 16 bytes and one line on
        &[13 + 14 * 4],      // 24: 4 bytes on, 5 lines back
        &[8, 9, 2, 0, 1],    // 43: 17 bytes, and 2
        &[2, 57, 0, 1, 1],   // 100, the end
        &address(0)[..],     // a function that is not there
        &[13 + 14 * 2, 2, 50, 0, 1, 1],
    ];
    let new = [
        &address(5)[..],
        &[18, 3, 7, 1],
        &[13 + 14 * 16 + 6],
        &[13 + 14 * 6],    // 27
        &[8, 9, 2, 0, 1],  // 46: as far as before, so in as many bytes
        &[2, 60, 0, 1, 1], // 106
        &address(0)[..],
        &[13 + 14 * 2, 2, 50, 0, 1, 1],
    ];
    // What linkers write for a function that they have left out.
    let dead = program(&[0, 5, 2, 255, 255, 255, 255, 18, 70, 2, 99, 0, 1, 1]);
    let both = [program(&old.concat()), dead.clone()].concat();
    let expected = [program(&new.concat()), dead].concat();
    assert_eq!(rewritten(b".debug_line", both).unwrap(), expected);
}

#[test]
fn lists_reach_the_new_places() {
    let mut ranges = words(&[
        4,
        30,
        0,
        8,
        62,
        100,
        0,
        0,
        u32::MAX,
        22,
        0,
        38,
        40,
        78,
        0,
        0,
    ]);
    let both = BTreeMap::from([(0, 0), (16, 0), (32, 4)]);
    lists::rewrite(&mut ranges, &both, lists::Entry::Range, &moves()).unwrap();
    let expected = [
        5,
        33,
        0,
        8,
        68,
        106,
        0,
        0,
        u32::MAX,
        25,
        0,
        38,
        43,
        81,
        0,
        0,
    ];
    assert_eq!(ranges, words(&expected));

    let dead = words(&[10, 30, u32::MAX - 1, u32::MAX - 1, 0, 0]);
    let mut same = dead.clone();
    let lists = BTreeMap::from([(0, u32::MAX)]);
    lists::rewrite(&mut same, &lists, lists::Entry::Range, &moves()).unwrap();
    assert_eq!(same, dead);

    let location = |begin: u32, end: u32| [&words(&[begin, end])[..], &[3, 0, 0xed, 0, 1]].concat();
    let end = words(&[0, 0]);
    let mut locations = [location(0, 18), location(18, 58), end.clone()].concat();
    let lists = BTreeMap::from([(0, 4)]);
    lists::rewrite(&mut locations, &lists, lists::Entry::Location, &moves()).unwrap();
    let expected = [location(0, 20), location(20, 63), end].concat();
    assert_eq!(locations, expected);
}

#[test]
fn the_table_of_addresses_is_true() {
    let set = |pairs: &[u32]| {
        let header = [&words(&[44])[..], &[2, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0]].concat();
        [header, words(pairs)].concat()
    };
    let old = set(&[4, 18, 62, 38, 0, 9, 0, 0]);
    let new = set(&[5, 20, 68, 38, 0, 9, 0, 0]);
    assert_eq!(rewritten(b".debug_aranges", old).unwrap(), new);
}

#[test]
fn what_is_not_understood_is_refused() {
    let mut six = program(&[0, 1, 1]);
    six[4] = 6;
    assert_eq!(rewritten(b".debug_line", six), None);
    assert_eq!(rewritten(b".debug_line", b"addresses".to_vec()), None);
    assert_eq!(rewritten(b".debug_frame", Vec::new()), None);
    let cut = program(&[0, 5, 2, 0]);
    assert_eq!(rewritten(b".debug_line", cut), None);
}

/// A number of four bytes is a place in another section up to version 3, and a distance from then on.
#[test]
fn a_member_far_into_its_structure_is_no_list() {
    let member = |version| {
        let info = [&[version, 0, 0, 0, 0, 0, 4, 1][..], &words(&[70_000])].concat();
        let info = [&words(&[12])[..], &info].concat();
        let abbreviations = vec![1, 0x0d, 0, 0x38, 6, 0, 0, 0];
        let sections: [(&[u8], Vec<u8>); 2] =
            [(b".debug_info", info), (b".debug_abbrev", abbreviations)];
        let sections = sections.map(|(name, contents)| (name, contents.into()));
        rewrite(Sections::from(sections), &moves())
    };
    assert_eq!(member(3), None);
    assert!(member(4).is_some());
}

/// Bytes without a pattern, the same ones each time.
fn noise() -> impl FnMut() -> u8 {
    let mut seed = 1_u32;
    move || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 24) as u8
    }
}

#[test]
fn no_bytes_make_it_panic() {
    let mut noise = noise();
    let line = program(&[
        0, 5, 2, 4, 0, 0, 0, 18, 3, 7, 1, 230, 70, 8, 9, 2, 0, 1, 2, 57, 0, 1, 1,
    ]);
    // A unit with an address, a length, and all that points elsewhere.
    let abbreviations = [
        1, 17, 0, 0x11, 1, 0x12, 6, 0x55, 0x17, 0x10, 0x17, 0x02, 0x17, 0, 0, 0,
    ];
    let info = [
        &words(&[28])[..],
        &[4, 0, 0, 0, 0, 0, 4, 1],
        &words(&[4, 40, 0, 0, 0]),
    ]
    .concat();
    let ranges = words(&[4, 30, 62, 96, 0, 0]);
    fn whole(parts: [&[u8]; 4]) -> Option<Sections<'_>> {
        let names: [&[u8]; 4] = [
            b".debug_line",
            b".debug_abbrev",
            b".debug_info",
            b".debug_ranges",
        ];
        let mut sections: Sections<'_> = names.into_iter().zip(parts.map(Cow::from)).collect();
        sections.insert(b".debug_loc", words(&[0, 0]).into());
        rewrite(sections, &moves())
    }
    let done = whole([&line, &abbreviations, &info, &ranges]).unwrap();
    assert_eq!(done[&b".debug_info"[..]][12..20], words(&[5, 42]));
    assert_eq!(done[&b".debug_ranges"[..]], words(&[4, 32, 67, 101, 0, 0]));
    for _ in 0..20_000 {
        let mut parts = [
            line.clone(),
            abbreviations.to_vec(),
            info.clone(),
            ranges.clone(),
        ];
        for _ in 0..=noise() % 4 {
            let part = &mut parts[usize::from(noise()) % 4];
            let at = usize::from(noise()) % part.len();
            part[at] = noise();
        }
        let _ = whole([&parts[0], &parts[1], &parts[2], &parts[3]]);
    }
}
