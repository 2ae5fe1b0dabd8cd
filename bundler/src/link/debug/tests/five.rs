//! Version 5: addresses by number, and lists whose entries change their length.

use std::borrow::Cow;

use super::super::{Sections, rewrite};
use super::{Moves, noise, words};

/// Code from 4 to 300: an instruction at 58 has got 50 bytes longer.
fn moves() -> Moves {
    let mut moves = Moves::default();
    moves.add(4, 5);
    moves.add(60, 111);
    moves.end(300);
    moves
}

const NAMES: [&[u8]; 7] = [
    b".debug_abbrev",
    b".debug_addr",
    b".debug_info",
    b".debug_line",
    b".debug_loclists",
    b".debug_macro",
    b".debug_rnglists",
];

type Parts = [Vec<u8>; 7];

fn done(parts: &Parts) -> Option<Parts> {
    let sections = parts.iter().map(|part| Cow::from(&part[..]));
    let sections = NAMES.into_iter().zip(sections).collect();
    let mut sections: Sections<'_> = rewrite(sections, &moves())?;
    Some(NAMES.map(|name| sections.remove(name).unwrap().into_owned()))
}

/// A length, a version, what the header has behind it, and contents.
fn table(header: &[u8], contents: &[&[u8]]) -> Vec<u8> {
    let contents = contents.concat();
    let length = words(&[(2 + header.len() + contents.len()) as u32]);
    [&length[..], &[5, 0], header, &contents].concat()
}

/// Lists of addresses of four bytes, with offsets.
fn lists(offsets: &[u32], contents: &[u8]) -> Vec<u8> {
    let count = words(&[offsets.len() as u32]);
    table(&[4, 0], &[&count, &words(offsets), contents])
}

fn abbreviations() -> Vec<u8> {
    let (addr, addrx, exprloc, sec_offset) = (0x01, 0x1b, 0x18, 0x17);
    let (implicit, loclistx, rnglistx, addrx1, udata) = (0x21, 0x22, 0x23, 0x29, 0x0f);
    let (location, low, high, ranges) = (0x02, 0x11, 0x12, 0x55);
    let entries: [&[u8]; 8] = [
        &[1, 0x11, 1, 0x10, sec_offset, low, addr, ranges, rnglistx],
        // Where numbers count from in `.debug_addr` and in lists; macros.
        &[0x73, sec_offset, 0x74, sec_offset, 0x8c, 1, sec_offset],
        &[0x79, sec_offset, 0, 0],
        // A function, and one with the same length as all that are like it.
        &[
            2, 0x2e, 0, low, addrx, high, udata, location, loclistx, 0, 0,
        ],
        &[3, 0x2e, 0, low, addrx, high, implicit, 50, 0, 0],
        // Variables, and where a call returns.
        &[4, 0x34, 0, location, exprloc, 0, 0],
        &[5, 0x34, 0, location, sec_offset, 0, 0],
        &[6, 0x48, 0, 0x7d, addrx1, 0, 0, 0],
    ];
    entries.concat()
}

/// A unit with two functions and two variables.
fn info(program: u32, length: [u8; 2], second: u32) -> Vec<u8> {
    table(
        &[1, 4, 0, 0, 0, 0],
        &[
            &[1],
            &words(&[program, 0]),
            &[0],
            &words(&[8, 12, 12, 0]),
            &[2, 1],
            &length,
            &[0],
            &[3, 2],
            // The variable's address is the first of the table.
            &[4, 2, 0xa1, 0],
            &[5],
            &words(&[second]),
            &[6, 3, 0],
        ],
    )
}

fn line(program: &[u8]) -> Vec<u8> {
    // As those of version 4, but with four counts for folders and files.
    let tables = [
        1, 1, 1, 0xfb, 14, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0,
    ];
    let length = words(&[tables.len() as u32]);
    table(&[4, 0], &[&length, &tables, program])
}

fn macros(program: u32) -> Vec<u8> {
    [&[5, 0, 2][..], &words(&[program]), &[0]].concat()
}

fn old() -> Parts {
    let line = line(&[0, 5, 2, 20, 0, 0, 0, 18, 2, 100, 1, 0, 1, 1]);
    let second = line.len() as u32;
    let locations: [&[u8]; 5] = [
        &[1, 1, 4, 2, 90, 2, 0xed, 0],  // from 20 on: 22 to 110
        &[8, 20, 0, 0, 0, 60, 1, 0x30], // 20 to 80
        &[0],
        &[4, 20, 80, 1, 0x31, 5, 1, 0x32], // the same from 0 on, otherwise
        &[0],
    ];
    let ranges: [&[u8]; 6] = [
        &[3, 1, 60],                          // 20 to 80
        &[2, 1, 3],                           // the same
        &[6, 20, 0, 0, 0, 80, 0, 0, 0],       // once more
        &[5, 70, 0, 0, 0, 4, 1, 2],           // 71 to 72
        &[1, 2, 4, 1, 90, 7, 0, 0, 0, 0, 60], // what is not there, and what is in front of all code
        &[0],
    ];
    [
        abbreviations(),
        // Of data, though there is code at that number, too; a function, one that is not there, a call.
        table(&[4, 0], &[&words(&[70, 20, u32::MAX, 80])]),
        info(second, [0x8a, 1], 33),
        [&line[..], &line].concat(),
        lists(&[4], &locations.concat()),
        macros(second),
        lists(&[4], &ranges.concat()),
    ]
}

#[test]
fn all_reaches_the_new_places() {
    let line = line(&[0, 5, 2, 21, 0, 0, 0, 18, 2, 0x96, 1, 1, 0, 1, 1]);
    let second = line.len() as u32;
    let locations: [&[u8]; 5] = [
        &[1, 1, 4, 2, 0x8c, 1, 2, 0xed, 0],
        &[8, 21, 0, 0, 0, 110, 1, 0x30],
        &[0],
        &[4, 21, 0x83, 1, 1, 0x31, 5, 1, 0x32],
        &[0],
    ];
    let ranges: [&[u8]; 6] = [
        &[3, 1, 110],
        &[2, 1, 3],
        &[6, 21, 0, 0, 0, 131, 0, 0, 0],
        &[5, 121, 0, 0, 0, 4, 1, 2],
        &[1, 2, 4, 1, 90, 7, 0, 0, 0, 0, 60],
        &[0],
    ];
    let expected = [
        abbreviations(),
        table(&[4, 0], &[&words(&[70, 21, u32::MAX, 131])]),
        info(second, [0xbc, 1], 34),
        [&line[..], &line].concat(),
        lists(&[4], &locations.concat()),
        macros(second),
        lists(&[4], &ranges.concat()),
    ];
    let new = done(&old()).unwrap();
    for (name, (new, expected)) in NAMES.iter().zip(new.iter().zip(&expected)) {
        assert_eq!(new, expected, "{}", String::from_utf8_lossy(name));
    }
}

#[test]
fn what_can_not_be_told_is_refused() {
    let refused = |part: usize, old: &[u8], new: &[u8]| {
        let mut parts = self::old();
        let bytes = &mut parts[part];
        let at = bytes.windows(old.len()).position(|window| window == old);
        let at = at.expect("it is there");
        bytes[at..at + old.len()].copy_from_slice(new);
        assert_eq!(done(&parts), None, "{old:?} {new:?}");
    };
    // A length in one byte that needs two; a function of a fixed length that gets longer.
    refused(2, &[2, 1, 0x8a, 1, 0], &[2, 1, 100, 0, 0]);
    refused(2, &[3, 2, 4], &[3, 1, 4]);
    // Addresses and lists that are not there; a unit that is split over files.
    refused(2, &[2, 1, 0x8a], &[2, 4, 0x8a]);
    refused(2, &[5, 33], &[5, 34]);
    refused(2, &[5, 0, 1, 4], &[5, 0, 4, 4]);
    // Two locations one of which is the other's end, from another base on.
    refused(2, &[5, 33], &[5, 18]);
    // Pairs of views; segments; macros with operands of their own.
    refused(4, &[8, 20], &[9, 20]);
    refused(1, &[5, 0, 4, 0], &[5, 0, 4, 4]);
    refused(5, &[5, 0, 2], &[5, 0, 6]);
}

#[test]
fn no_bytes_make_it_panic() {
    let mut noise = noise();
    for _ in 0..20_000 {
        let mut parts = old();
        for _ in 0..=noise() % 4 {
            let part = &mut parts[usize::from(noise()) % NAMES.len()];
            let at = usize::from(noise()) % part.len();
            part[at] = noise();
        }
        let _ = done(&parts);
    }
}
