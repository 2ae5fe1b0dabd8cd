//! Archives of which readers make different things: one reading, or an error.
//!
//! The names with backslashes were run through unzip 6.0; the other values follow the formats' descriptions.

use wasi_vfs::plan::{EntryKind, resolve};
use wasi_vfs::source::{MemorySource, Source as _};

use crate::build::{Header, Zipped, directory, extended, file, gzip, link, tar, zip, zip_with};
use crate::support::{image_of, manifest};

/// What becomes of an archive: a line for each entry, `NAME/` for directories and `NAME = CONTENT` for files; or the error.
fn read(name: &str, archive: Vec<u8>) -> Result<Vec<String>, String> {
    let src = MemorySource::new().file(name, archive);
    let manifest = manifest(&format!("[[mount]]\nguest = '/'\nsource = '{name}'\n"));
    let plan = resolve(&manifest, &src).map_err(|error| error.to_string())?;
    image_of(&plan, &src).map_err(|error| error.to_string())?;
    let entries = plan
        .entries()
        .iter()
        .filter(|entry| entry.path.as_str() != "/");
    let line = |entry: wasi_vfs::plan::Entry| {
        let path = &entry.path.as_str()[1..];
        match &entry.kind {
            EntryKind::Directory => format!("{path}/"),
            EntryKind::HardLink { to } => format!("{path} == {to}"),
            EntryKind::Symlink { target } => format!("{path} -> {target}"),
            EntryKind::File { content, .. } => {
                let wasi_vfs::plan::Content::Archive { archive, member } = content else {
                    panic!("{path} is of no archive");
                };
                let mut text = String::new();
                let mut content = archive.open(member).unwrap();
                std::io::Read::read_to_string(&mut content, &mut text).unwrap();
                format!("{path} = {text}")
            }
        }
    };
    Ok(entries.map(line).collect())
}

fn of_zip(archive: Vec<u8>) -> Result<Vec<String>, String> {
    read("x.zip", archive)
}

fn of_tar(archive: Vec<u8>) -> Result<Vec<String>, String> {
    read("x.tar", archive)
}

fn lines(lines: &[&str]) -> Result<Vec<String>, String> {
    Ok(lines.iter().map(|line| (*line).to_owned()).collect())
}

fn of_system(name: &[u8], system: u8) -> Result<Vec<String>, String> {
    let content: &[u8] = if name.ends_with(b"\\") { b"" } else { b"x" };
    let entry = Zipped::stored(name, content);
    of_zip(zip(&[entry.change(|entry| {
        entry.system = system;
        entry.mode = 0;
    })]))
}

#[test]
fn backslashes_of_dos_are_slashes() {
    let fat = |name: &[u8]| of_system(name, 0);
    let expected = lines(&["dir/", "dir/sub/", "dir/sub/f.txt = x"]);
    assert_eq!(fat(br"dir\sub\f.txt"), expected);
    assert_eq!(fat(br"empty\"), lines(&["empty/"]));
    assert_eq!(fat(br"C:\x"), lines(&["C:/", "C:/x = x"]));
    let wrong = |what: &str| Err(format!("`{what}"));
    assert_eq!(
        fat(br"..\up"),
        wrong("../up` in `x.zip` has `..` in its name, so it may lead out of the archive")
    );
    assert_eq!(
        fat(br"\etc\passwd"),
        wrong("/etc/passwd` in `x.zip` is an absolute path")
    );
    // With a slash in it, backslashes are no separators; nor on systems that have slashes.
    assert_eq!(fat(br"mix\a/b"), lines(&[r"mix\a/", r"mix\a/b = x"]));
    for system in [3, 6, 7, 10, 11, 14, 19] {
        assert_eq!(
            of_system(br"dir\f", system),
            lines(&[r"dir\f = x"]),
            "{system}"
        );
    }
    // The name as UTF-8 is treated alike.
    let mut crc = flate2::Crc::new();
    crc.update(b"d\\x");
    let extra = [
        &[0x75, 0x70, 10, 0, 1],
        &crc.sum().to_le_bytes()[..],
        "d\\ü!".as_bytes(),
    ]
    .concat();
    let entry = Zipped::stored(b"d\\x", b"x").change(|entry| {
        entry.system = 0;
        entry.extra = extra;
    });
    assert_eq!(of_zip(zip(&[entry])), lines(&["d/", "d/ü! = x"]));
}

/// One entry, and a comment behind it.
fn commented(comment: &[u8]) -> Vec<u8> {
    let mut bytes = zip(&[Zipped::stored(b"a", b"1")]);
    let length = bytes.len();
    bytes[length - 2..].copy_from_slice(&(comment.len() as u16).to_le_bytes());
    [bytes, comment.to_vec()].concat()
}

/// The whole of an empty archive, or the end of one whose comment has `behind` bytes.
fn empty(behind: u16) -> Vec<u8> {
    let mut bytes = zip(&[]);
    bytes[20..].copy_from_slice(&behind.to_le_bytes());
    bytes
}

#[test]
fn the_end_is_where_the_comment_ends() {
    let one = lines(&["a = 1"]);
    assert_eq!(of_zip(commented(b"a comment")), one);
    // Within the comment; also with a length that fits into the file.
    for behind in [0, 3, 9, 11, 60_000] {
        let comment = [b"see: ".to_vec(), empty(behind), b" and more".to_vec()].concat();
        let found = of_zip(commented(&comment));
        match behind {
            9 => {
                let error = "`x.zip` is damaged: it has two ends, at byte 79 and at byte 106, and tools differ in which they take";
                assert_eq!(found, Err(error.to_owned()));
            }
            _ => assert_eq!(found, one, "{behind}"),
        }
    }
    // Something behind the archive, as after a transfer in blocks.
    assert_eq!(of_zip([commented(b""), vec![0; 400]].concat()), one);
    assert_eq!(
        of_zip([commented(b"x"), empty(0), vec![b'z'; 7]].concat()),
        one
    );
    let two = [
        commented(b""),
        zip(&[Zipped::stored(b"b", b"")]),
        vec![b'z'; 7],
    ]
    .concat();
    let error = of_zip(two).unwrap_err();
    assert!(error.contains("it has two ends"), "{error}");
    let nothing = [zip(&[]), vec![b'z'; 7]].concat();
    assert_eq!(of_zip(nothing), lines(&[]));
    // A record that says nothing is there, in a file where much is.
    let lost = [vec![b'x'; 100], empty(0), vec![b'z'; 7]].concat();
    let error = "`x.zip` is damaged: no directory is at byte 100, where its end says";
    assert_eq!(of_zip(lost), Err(error.to_owned()));
    // Something in front of it, as in a program that unpacks itself.
    assert_eq!(
        of_zip([b"#!/bin/sh\n".to_vec(), commented(b"")].concat()),
        one
    );
}

/// The last record in its large form, too.
fn large(count: u64, small_count: u16) -> Vec<u8> {
    let mut bytes = zip_with(
        &[Zipped::stored(b"a", b"1"), Zipped::stored(b"b", b"2")],
        small_count,
        0,
    );
    let end = bytes.split_off(bytes.len() - 22);
    let number = |at: usize| u64::from(u32::from_le_bytes(end[at..at + 4].try_into().unwrap()));
    let at = bytes.len() as u64;
    bytes.extend(b"PK\x06\x06");
    bytes.extend(44_u64.to_le_bytes());
    bytes.extend([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    for number in [count, count, number(12), number(16)] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend(b"PK\x06\x07\0\0\0\0");
    bytes.extend(at.to_le_bytes());
    bytes.extend(1_u32.to_le_bytes());
    bytes.extend(end);
    bytes
}

#[test]
fn both_forms_of_the_end_agree() {
    let both = lines(&["a = 1", "b = 2"]);
    assert_eq!(of_zip(large(2, 2)), both);
    assert_eq!(of_zip(large(2, u16::MAX)), both);
    let error = "`x.zip` is damaged: the two forms of its last record disagree, and tools differ in which they take";
    assert_eq!(of_zip(large(2, 1)), Err(error.to_owned()));
    assert_eq!(of_zip(large(0, 2)), Err(error.to_owned()));
}

#[test]
fn both_headers_of_an_entry_have_one_name() {
    let mut bytes = zip(&[Zipped::stored(b"name", b"1")]);
    bytes[30..34].copy_from_slice(b"evil");
    let error = of_zip(bytes).unwrap_err();
    let expected = "the archive calls it by another name in front of its content";
    assert!(
        error.contains(expected) && error.contains("x.zip:name"),
        "{error}"
    );
    let mut bytes = zip(&[Zipped::stored(b"name", b"1234")]);
    bytes[26] = 3;
    assert!(of_zip(bytes).unwrap_err().contains(expected));
}

/// Where sizes come behind the content, the entry's own header has none.
#[test]
fn sizes_behind_the_content() {
    let entry = Zipped::deflated(b"a", b"hello").change(|entry| entry.flags = 8);
    let mut bytes = zip(&[entry]);
    bytes[14..26].fill(0);
    assert_eq!(of_zip(bytes), lines(&["a = hello"]));
}

#[test]
fn names_in_other_character_sets() {
    let named = |name: &[u8], system: u8, flags: u16, extra: &[u8]| {
        of_zip(zip(&[Zipped::stored(name, b"").change(|entry| {
            (entry.system, entry.flags, entry.extra) = (system, flags, extra.to_vec());
        })]))
    };
    assert_eq!(named(b"\x81", 0, 0, b""), lines(&["ü = "]));
    assert_eq!(named("ü".as_bytes(), 0, 1 << 11, b""), lines(&["ü = "]));
    // On Unix nothing else is in use, whatever the flag says.
    assert_eq!(named("ü".as_bytes(), 3, 0, b""), lines(&["ü = "]));
    // The name in the extra field is that of another name: it was renamed by a tool that does not know the field.
    let stale = b"\x75\x70\x06\0\x01\0\0\0\0b";
    assert_eq!(named(b"a", 0, 0, stale), lines(&["a = "]));
}

#[test]
fn a_tar_ends_at_its_first_zeros() {
    let one = tar(&[file(b"a", b"1")]);
    let two = tar(&[file(b"b", b"2")]);
    let expected = lines(&["a = 1"]);
    assert_eq!(of_tar([one.clone(), two.clone()].concat()), expected);
    assert_eq!(
        of_tar([one.clone(), b"garbage".to_vec()].concat()),
        expected
    );
    // One block of zeros, none, and what tar pads with.
    assert_eq!(of_tar(one[..1024 + 512].to_vec()), expected);
    assert_eq!(of_tar(one[..1024].to_vec()), expected);
    assert_eq!(of_tar([one.clone(), vec![0; 10240]].concat()), expected);
    // Members of gzip are one stream, as are those of `cat`; what is no member is left alone.
    let halves = [gzip(&one[..700]), gzip(&one[700..])].concat();
    assert_eq!(read("x.tar.gz", halves), expected);
    let behind = [gzip(&one), b"garbage".to_vec()].concat();
    assert_eq!(read("x.tar.gz", behind), expected);
    assert_eq!(
        read("x.tar.gz", [gzip(&one), gzip(&two)].concat()),
        expected
    );
}

#[test]
fn the_later_form_of_a_tars_name_counts() {
    let long = |name: &[u8]| Header::new(b"././@LongLink", b'L').content(name);
    assert_eq!(
        of_tar(tar(&[long(b"long\0"), file(b"short", b"1")])),
        lines(&["long = 1"])
    );
    let both = [
        long(b"long\0"),
        extended(&[("path", b"pax")]),
        file(b"short", b"1"),
    ];
    assert_eq!(of_tar(tar(&both)), lines(&["pax = 1"]));
    // What precedes a name in POSIX form, which GNU's form has times in.
    let posix = Header::new(b"f", b'0').with(345, b"dir").content(b"1");
    assert_eq!(of_tar(tar(&[posix])), lines(&["dir/", "dir/f = 1"]));
    let gnu = Header::new(b"f", b'0')
        .with(257, b"ustar  \0")
        .with(345, b"00000000001");
    assert_eq!(of_tar(tar(&[gnu.content(b"1")])), lines(&["f = 1"]));
    // A size in an extended header moves what follows.
    let sized = [
        extended(&[("size", b"3")]),
        Header::new(b"a", b'0').content(b"123"),
        file(b"b", b"2"),
    ];
    assert_eq!(of_tar(tar(&sized)), lines(&["a = 123", "b = 2"]));
}

#[test]
fn hard_links_may_come_first() {
    let parts = [
        directory(b"d/"),
        link(b"d/late", b'1', b"f"),
        file(b"f", b"1"),
    ];
    assert_eq!(
        of_tar(tar(&parts)),
        lines(&["d/", "d/late = 1", "f == /d/late"])
    );
}
