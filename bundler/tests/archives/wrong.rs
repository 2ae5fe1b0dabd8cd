//! Archives that are wrong, each in one way, by name.

use crate::build::{
    Header, Zipped, directory, extended, file, gzip, link, tar, xz, zip, zip_with, zstd,
};

/// The archive called `name`.
#[allow(clippy::too_many_lines, reason = "it is a list")]
pub(crate) fn wrong(name: &str) -> Vec<u8> {
    let fine = || tar(&[file(b"a", &[b'x'; 2000]), file(b"b", &[b'y'; 2000])]);
    let stored = || Zipped::stored(b"a", b"hello");
    match name {
        "nothing" => Vec::new(),
        "text" => b"x".repeat(600),
        "tar" => fine(),
        "gzip" => gzip(&fine()),
        "zstd" => zstd(&fine()),
        "xz" => xz(&fine()),
        "zip" => zip(&[stored()]),

        "absolute" => tar(&[file(b"/etc/passwd", b"")]),
        "dots" => tar(&[file(b"lib/../../etc/passwd", b"")]),
        "dots-first" => tar(&[file(b"../x", b"")]),
        "no-name" => tar(&[file(b"", b"")]),
        "zero-in-name" => tar(&[extended(&[("path", b"a\0b")]), file(b"a", b"")]),
        "long-part" => tar(&[extended(&[("path", &[b'n'; 256])]), file(b"a", b"")]),
        "long-name" => {
            let name = "deep/".repeat(1000);
            tar(&[extended(&[("path", name.as_bytes())]), file(b"a", b"")])
        }
        "file-as-root" => tar(&[file(b".", b"")]),

        "twice" => tar(&[
            file(b"lib/a", b"1"),
            file(b"b", b""),
            file(b"./lib//a", b"2"),
        ]),
        "file-and-link" => tar(&[file(b"a", b""), link(b"a", b'2', b"b")]),
        "directory-differs" => tar(&[
            directory(b"d/"),
            Header::new(b"d", b'5').with(100, b"0000700\0").done(),
        ]),
        "below-file" => tar(&[file(b"lib/a", b""), file(b"lib/a/b/c", b"")]),
        "below-symlink" => tar(&[link(b"a", b'2', b"/etc"), file(b"a/passwd", b"")]),
        "below-hard-link" => tar(&[
            file(b"x", b""),
            link(b"a", b'1', b"x"),
            file(b"a/passwd", b""),
        ]),
        "below-device" => tar(&[Header::new(b"a", b'3').done(), file(b"a/b", b"")]),
        "file-over-directory" => tar(&[file(b"a/b", b""), file(b"a", b"")]),
        "symlink-over-directory" => tar(&[file(b"a/b", b""), link(b"a", b'2', b"c")]),

        "link-to-nothing" => tar(&[link(b"a", b'1', b"b")]),
        "link-outside" => tar(&[link(b"a", b'1', b"../b")]),
        "link-absolute" => tar(&[link(b"a", b'1', b"/b")]),
        "link-to-directory" => tar(&[directory(b"d"), link(b"a", b'1', b"d")]),
        "link-to-itself" => tar(&[link(b"a", b'1', b"a")]),
        "links-in-circle" => tar(&[link(b"a", b'1', b"b"), link(b"b", b'1', b"a")]),
        "link-through-file" => tar(&[file(b"f", b""), link(b"a", b'1', b"f/g")]),

        "cut-in-header" => fine()[..2560 + 100].to_vec(),
        "cut-in-content" => fine()[..1500].to_vec(),
        "cut-in-extended" => {
            let whole = tar(&[extended(&[("path", &[b'n'; 200])]), file(b"a", b"")]);
            whole[..600].to_vec()
        }
        "huge-size" => {
            let size = [
                0x80, 0, 0, 0, 0x3f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
            ];
            tar(&[Header::new(b"a", b'0').with(124, &size).done()])
        }
        "negative-size" => tar(&[Header::new(b"a", b'0').with(124, &[0xff; 12]).done()]),
        "no-size" => tar(&[Header::new(b"a", b'0').with(124, b"99999999999\0").done()]),
        "no-mode" => tar(&[Header::new(b"a", b'0').with(100, b"rw-r--r-").done()]),
        "no-time" => tar(&[Header::new(b"a", b'0').with(136, b"yesterday\0").done()]),
        "checksum" => {
            let mut bytes = fine();
            bytes[2560] = b'c';
            bytes
        }
        "garbage-between" => tar(&[file(b"a", b""), vec![b'x'; 512]]),
        "pax-broken" => tar(&[
            Header::new(b"pax", b'x').content(b"12 path=a"),
            file(b"a", b""),
        ]),
        "pax-size" => tar(&[extended(&[("size", b"many")]), file(b"a", b"")]),
        "pax-time" => tar(&[extended(&[("mtime", b"now")]), file(b"a", b"")]),
        "pax-huge" => tar(&[
            Header::new(b"pax", b'x').content(&vec![0; 2 << 20]),
            file(b"a", b""),
        ]),
        "pax-alone" => tar(&[extended(&[("path", b"a")])]),
        "sparse-not-gnu" => tar(&[Header::new(b"a", b'S').done()]),
        "sparse-past-end" => tar(&[gnu_sparse(&[(0, 512), (4096, 512)], 4096, 1024)]),
        "sparse-overlap" => tar(&[gnu_sparse(&[(0, 1024), (512, 512)], 4096, 1536)]),
        "sparse-order" => tar(&[gnu_sparse(&[(2048, 512), (0, 512)], 4096, 1024)]),
        "sparse-overflow" => {
            let mut header = gnu_header(&[(0, 512)], 4096);
            // Eight bytes of ones, for which a header has room.
            let most = [0x80, 0, 0, 0, 0x7f, 255, 255, 255, 255, 255, 255, 255];
            header.set(386 + 24, &most);
            header.set(386 + 36, &most);
            tar(&[header.content(&[1; 1024])])
        }
        "sparse-less" => tar(&[gnu_sparse(&[(0, 512)], 4096, 1024)]),
        "sparse-more" => tar(&[gnu_sparse(&[(0, 512), (1024, 1024)], 4096, 512)]),
        "sparse-odd" => tar(&[gnu_sparse(&[(0, 100), (1024, 512)], 4096, 612)]),
        "sparse-no-number" => {
            let header = gnu_header(&[(0, 512)], 4096).with(386, b"here       \0");
            tar(&[header.content(&[1; 512])])
        }
        "sparse-huge" => tar(&[gnu_sparse(&[(0, 512)], 1 << 32, 512)]),
        "sparse-cut" => {
            let header = gnu_header(&[(0, 512)], 4096).with(482, &[1]);
            header.content(&[])
        }
        "sparse-cut-in-content" => gnu_sparse(&[(0, 512)], 4096, 512)[..800].to_vec(),
        "sparse-endless" => {
            // Each block says that one more comes, and none has a piece.
            let header = gnu_header(&[], 4096).with(482, &[1]).done();
            let mut more = vec![0; 512];
            more[504] = 1;
            [header, more.repeat(100)].concat()
        }
        "sparse-form" => pax_sparse(&[("major", "2"), ("minor", "1"), ("size", "512")], b""),
        "sparse-no-size" => pax_sparse(&[("map", "0,512")], &[1; 512]),
        "sparse-count" => pax_sparse(
            &[("size", "512"), ("numblocks", "2"), ("map", "0,512")],
            &[1; 512],
        ),
        "sparse-half" => pax_sparse(&[("size", "512"), ("map", "0,512,7")], &[1; 512]),
        "sparse-map" => pax_sparse(&[("size", "512"), ("map", "0;512")], &[1; 512]),
        "sparse-pairs" => pax_sparse(&[("size", "512"), ("numbytes", "512")], &[1; 512]),
        "sparse-name" => pax_sparse(
            &[("size", "512"), ("map", "0,512"), ("name", "../a")],
            &[1; 512],
        ),
        "sparse-text" => pax_sparse(FORM_1, &block(b"1\n0\nmany\n")),
        "sparse-text-cut" => pax_sparse(FORM_1, &block(b"1\n0\n")),
        "sparse-text-many" => pax_sparse(FORM_1, &block(b"9999999\n")),
        "sparse-text-long" => pax_sparse(FORM_1, &block(&[b'1'; 500])),
        "sparse-text-short" => pax_sparse(FORM_1, b"1\n0\n512\n"),
        "sparse-global" => tar(&[
            Header::new(b"pax", b'g').content(b"22 GNU.sparse.size=77\n"),
            file(b"a", b""),
        ]),
        "sparse-two-forms" => {
            let records = extended(&[("GNU.sparse.size", b"4096")]);
            tar(&[records, gnu_sparse(&[(0, 512)], 4096, 512)])
        }
        "volumes" => tar(&[Header::new(b"a", b'M').done()]),
        "unknown-type" => tar(&[Header::new(b"a", b'Z').done()]),
        "many-directories" => {
            // Few entries, each in two thousand directories of its own.
            let deep = "d/".repeat(2000);
            let entry = |number| {
                let name = format!("{number}/{deep}f");
                [extended(&[("path", name.as_bytes())]), file(b"f", b"")].concat()
            };
            tar(&(0..500).map(entry).collect::<Vec<_>>())
        }

        "pipe" => tar(&[Header::new(b"dev/pipe", b'6').done()]),
        "device" => tar(&[Header::new(b"dev/sda", b'4').done()]),
        "latin1" => tar(&[file(b"caf\xe9", b"")]),
        "symlink-leaves" => tar(&[link(b"lib/up", b'2', b"../../etc")]),
        "symlink-absolute" => tar(&[link(b"passwd", b'2', b"/etc/passwd")]),

        "gzip-cut" => cut(gzip(&noise())),
        "zstd-cut" => cut(zstd(&noise())),
        "xz-cut" => cut(xz(&noise())),
        "gzip-broken" => changed(gzip(&noise())),
        "zstd-broken" => changed(zstd(&noise())),
        "xz-broken" => changed(xz(&noise())),
        "gzip-checksum" => {
            let mut bytes = gzip(&fine());
            let sum = bytes.len() - 8;
            bytes[sum] ^= 1;
            bytes
        }
        "gzip-of-text" => gzip(&b"x".repeat(2000)),
        "gzip-of-nothing" => gzip(b""),
        "gzip-of-cut" => gzip(&fine()[..1500]),
        "zstd-window" => vec![0x28, 0xb5, 0x2f, 0xfd, 0, 0x90, 1, 0, 0],
        "zstd-dictionary" => vec![0x28, 0xb5, 0x2f, 0xfd, 0x21, 7, 0, 1, 0, 0],
        "zstd-skip" => vec![0x50, 0x2a, 0x4d, 0x18, 255, 255, 255, 255, 1],
        "xz-window" => {
            // The header of a block whose window is as large as can be said.
            let mut bytes = xz(&fine());
            let length = (usize::from(bytes[12]) + 1) * 4;
            let at = 12
                + bytes[12..12 + length]
                    .windows(2)
                    .position(|pair| pair == [0x21, 1])
                    .unwrap();
            bytes[at + 2] = 40;
            let mut sum = flate2::Crc::new();
            sum.update(&bytes[12..12 + length - 4]);
            bytes[12 + length - 4..12 + length].copy_from_slice(&sum.sum().to_le_bytes());
            bytes
        }
        "bomb" => gzip(&tar(&[file(b"zeros", &vec![0; 8 << 20])])),
        "zip-bomb" => zip(&[
            Zipped::deflated(b"zeros", &vec![0; 1 << 20]),
            Zipped::deflated(b"more", &vec![0; 1 << 20]),
        ]),

        "zip-encrypted" => zip(&[stored().change(|entry| entry.flags = 1)]),
        "zip-aes" => zip(&[stored().change(|entry| entry.method = 99)]),
        "zip-bzip2" => zip(&[stored().change(|entry| entry.method = 12)]),
        "zip-method" => zip(&[stored().change(|entry| entry.method = 77)]),
        "zip-cut" => {
            let whole = zip(&[stored()]);
            whole[..whole.len() - 10].to_vec()
        }
        "zip-outside" => zip(&[stored().change(|entry| entry.shift = 1000)]),
        "zip-no-header" => {
            let mut bytes = zip(&[stored()]);
            bytes[0] = b'X';
            bytes
        }
        "zip-stored-size" => zip(&[stored().change(|entry| entry.size = 6)]),
        "zip-huge-size" => {
            zip(&[Zipped::deflated(b"a", b"hello").change(|entry| entry.size = 900_000)])
        }
        "zip-too-short" => zip(&[Zipped::deflated(b"a", b"hello").change(|entry| entry.size = 6)]),
        "zip-too-long" => zip(&[Zipped::deflated(b"a", b"hello").change(|entry| entry.size = 4)]),
        "zip-checksum" => zip(&[stored().change(|entry| entry.crc ^= 1)]),
        "zip-broken" => {
            zip(&[Zipped::deflated(b"a", b"hello").change(|entry| entry.packed = vec![7; 9])])
        }
        "zip-overlap" => {
            let entry = Zipped::deflated(b"a", &[0; 1000]);
            let other = entry.clone().change(|other| {
                other.name = b"b".to_vec();
                // Its place is that of the first.
                other.shift = -((30 + 1 + other.packed.len()) as i64);
            });
            zip(&[entry, other])
        }
        "zip-parts" => zip_with(&[stored()], 1, 1),
        "zip-more" => zip_with(&[stored(), Zipped::stored(b"b", b"")], 1, 0),
        "zip-fewer" => zip_with(&[stored()], 2, 0),
        "zip-many" => {
            let mut bytes = b"PK\x06\x06".to_vec();
            bytes.extend(44_u64.to_le_bytes());
            // Versions and parts.
            bytes.extend([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            for number in [2_000_000_u64, 2_000_000, 0, 0] {
                bytes.extend(number.to_le_bytes());
            }
            bytes.extend(b"PK\x06\x07");
            // The part and the place of the record above, and how many parts there are.
            bytes.extend([0; 12]);
            bytes.extend(1_u32.to_le_bytes());
            bytes.extend(b"PK\x05\x06");
            bytes.extend([0, 0, 0, 0]);
            bytes.extend([0xff; 12]);
            bytes.extend([0, 0]);
            bytes
        }
        "zip-absolute" => zip(&[Zipped::stored(b"/a", b"")]),
        "zip-dots" => zip(&[Zipped::stored(b"a/../../b", b"")]),
        "zip-twice" => zip(&[stored(), stored()]),
        "zip-no-name" => zip(&[Zipped::stored(b"", b"")]),
        "zip-symlink" => {
            zip(&[Zipped::stored(b"l", &[b't'; 5000]).change(|entry| entry.mode = 0o120_777)])
        }
        "zip-pipe" => zip(&[Zipped::stored(b"p", b"").change(|entry| entry.mode = 0o010_644)]),
        _ => panic!("no archive is called {name}"),
    }
}

/// What the latest form of a sparse file says in its extended header.
const FORM_1: &[(&str, &str)] = &[("major", "1"), ("minor", "0"), ("realsize", "512")];

/// A header of GNU's format for a sparse file of `size` bytes with these pieces.
pub(crate) fn gnu_header(pieces: &[(u64, u64)], size: u64) -> Header {
    let mut header = Header::new(b"a", b'S').with(257, b"ustar  \0");
    for (number, (at, length)) in pieces.iter().enumerate() {
        let place = 386 + 24 * number;
        header.set(place, format!("{at:011o}\0{length:011o}\0").as_bytes());
    }
    header.with(483, format!("{size:011o}\0").as_bytes())
}

/// The same with so many bytes of content.
pub(crate) fn gnu_sparse(pieces: &[(u64, u64)], size: u64, stored: usize) -> Vec<u8> {
    gnu_header(pieces, size).content(&vec![b's'; stored])
}

/// An archive of a file that an extended header calls sparse.
pub(crate) fn pax_sparse(records: &[(&str, &str)], content: &[u8]) -> Vec<u8> {
    let records: Vec<(String, &str)> = records
        .iter()
        .map(|(key, value)| (format!("GNU.sparse.{key}"), *value))
        .collect();
    let records: Vec<(&str, &[u8])> = records
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_bytes()))
        .collect();
    tar(&[extended(&records), file(b"a", content)])
}

/// Text in a block of its own.
pub(crate) fn block(text: &[u8]) -> Vec<u8> {
    let mut block = text.to_vec();
    block.resize(512, 0);
    block
}

/// An archive that does not compress, so that damage hits its content.
fn noise() -> Vec<u8> {
    let mut state = 1_u64;
    let content: Vec<u8> = std::iter::repeat_with(|| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 56) as u8
    })
    .take(20_000)
    .collect();
    tar(&[file(b"noise", &content)])
}

fn cut(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.truncate(bytes.len() / 2);
    bytes
}

fn changed(mut bytes: Vec<u8>) -> Vec<u8> {
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x55;
    bytes
}
