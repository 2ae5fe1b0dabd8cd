//! Damaged images: the reader stays inside its bytes, the check finds the damage, nothing panics.

use sha2::{Digest, Sha256};
use vfs_image::fuzz::{Rng, exercise, mutate};
use vfs_image::layout::{DIGEST_OFFSET, HeaderRecord, NodeRecord};

use super::build::{dir, file, image, link, mount, symlink, write};
use super::random::entries;
use crate::image::{check, list};
use crate::plan::{Mount, MountKind, Plan, Start};
use crate::source::MemorySource;

/// Executions of the reader in a normal test run; `VFS_FUZZ_EXECUTIONS` asks for more.
const EXECUTIONS: u64 = 20_000;

fn executions() -> u64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "tests only; a number of turns reaches no output"
    )]
    let asked = std::env::var("VFS_FUZZ_EXECUTIONS");
    asked.map_or(EXECUTIONS, |number| {
        number.parse().expect("VFS_FUZZ_EXECUTIONS is a number")
    })
}

fn small() -> Vec<u8> {
    image(vec![
        dir("/"),
        dir("/etc"),
        file("/etc/motd", b"hello\n"),
        symlink("/motd", "etc/motd"),
    ])
}

/// Where the flags stand in the header; the other bits of the word are zero.
const FLAGS: usize = 44;

/// Everything but a deep tree: mounts, an environment, arguments.
fn furnished() -> Vec<u8> {
    let entries = vec![
        dir("/"),
        dir("/data"),
        dir("/lib"),
        file("/lib/x", b"x"),
        dir("/tmp"),
        dir("conf"),
    ];
    let host = |path| Mount {
        required: true,
        ..mount(path, MountKind::Host, None)
    };
    let mounts = vec![
        host("/data"),
        mount("/lib", MountKind::Writable, None),
        mount("/tmp", MountKind::Tmpfs, Some(1 << 20)),
        host("conf"),
    ];
    let start = Start {
        environment: [("A", "1"), ("A-B", ""), ("B", "/tmp")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
        environment_fixed: true,
        arguments: ["program", "", "-v"].map(str::to_owned).to_vec(),
        ..Start::default()
    };
    let plan = Plan::assemble(entries)
        .with_mounts(mounts)
        .with_start(start);
    write(&plan, &MemorySource::new()).0
}

/// The same image with another digest, so that only the rules about the rest can refuse it.
pub(super) fn resealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let header = HeaderRecord::decode(bytes.first_chunk().unwrap());
    let contents = bytes.len().min(header.contents_offset as usize);
    bytes[DIGEST_OFFSET..HeaderRecord::SIZE].fill(0);
    let digest = Sha256::new_with_prefix(&bytes[..contents])
        .chain_update(Sha256::digest(&bytes[contents..]))
        .finalize();
    bytes[DIGEST_OFFSET..HeaderRecord::SIZE].copy_from_slice(&digest);
    bytes
}

/// The records of mounts, variables and arguments, and each node's mount, with every bit of them changed: only
/// a size limit is free to choose, and what a mount without limit and text is.
#[test]
fn mounts_and_the_start_are_checked() {
    let good = furnished();
    assert!(check(&good).is_ok() && check(&resealed(good.clone())).is_ok());
    let header = HeaderRecord::decode(good.first_chunk().unwrap());
    let mounts = HeaderRecord::SIZE + 8 * header.preopen_count as usize;
    let nodes = mounts
        + 24 * header.mount_count as usize
        + 8 * (header.variable_count + header.argument_count) as usize;
    let ends = nodes + NodeRecord::SIZE * header.node_count as usize;
    let fields = (mounts..nodes).chain((nodes..ends).filter(|at| (at - nodes) % 32 >= 28));
    let mut accepted = 0;
    for at in fields {
        for bit in 0..8 {
            let mut bytes = good.clone();
            bytes[at] ^= 1 << bit;
            let bytes = resealed(bytes);
            exercise(&bytes);
            let free = at < mounts + 96 && matches!((at - mounts) % 24, 4 | 8..16)
                || at == nodes - 12 && bit == 0;
            let ok = check(&bytes).is_ok();
            assert!(!ok || free, "bit {bit} of byte {at}");
            accepted += u32::from(ok);
        }
    }
    // `/lib` (1) may as well be a host mount (3); `/tmp` (2) has a limit, and the other two texts. The empty argument
    // of no byte at 0 may as well be the first string, `/`.
    assert_eq!(accepted, 2 * 64 + 1 + 1);
}

/// A file that has names in two mounts would be writable in one and read-only in the other.
#[test]
fn a_file_is_in_one_mount() {
    let entries = |to| vec![dir("/"), file("/a", b"x"), dir("/lib"), link("/lib/b", to)];
    let plan =
        Plan::assemble(entries("/a")).with_mounts(vec![mount("/lib", MountKind::Writable, None)]);
    let bytes = write(&plan, &MemorySource::new()).0;
    assert!(check(&bytes).is_err());
}

#[test]
fn every_change_of_a_byte_is_found() {
    for good in [small(), furnished(), super::opened::image(&["/a/b", "/w"])] {
        every_change_is_found(&good);
    }
}

fn every_change_is_found(good: &[u8]) {
    for at in 0..good.len() {
        let mut bytes = good.to_vec();
        for change in 1..=255 {
            bytes[at] = good[at] ^ change;
            exercise(&bytes);
            // All 255 changes for the reader, a few for the check, which is much slower.
            if change.is_power_of_two() || change == 255 {
                assert!(check(&bytes).is_err(), "byte {at} changed by {change:#x}");
                let _ = list(&bytes);
            }
        }
    }
}

#[test]
fn every_truncation_is_refused() {
    let good = small();
    for len in 0..good.len() {
        let mut bytes = good[..len].to_vec();
        assert!(!exercise(&bytes).opened, "{len} bytes");
        assert!(check(&bytes).is_err() && list(&bytes).is_err());
        // Cut in the contents, but with a header that knows: the reader must find out by itself.
        if let Some(place) = bytes.get_mut(12..16) {
            place.copy_from_slice(&(len as u32).to_le_bytes());
            exercise(&bytes);
            assert!(
                check(&bytes).is_err(),
                "{len} bytes, and the header says so"
            );
        }
    }
}

/// Whoever changes an image can compute its digest as well. Then only what is free to choose may change unnoticed.
#[test]
fn only_free_fields_can_change_behind_a_new_digest() {
    let good = small();
    let header = HeaderRecord::decode(good.first_chunk().unwrap());
    let contents = header.contents_offset as usize;
    let free = |at: usize| {
        let nodes = HeaderRecord::SIZE + 8;
        let node = at
            .checked_sub(nodes)
            .filter(|at| *at < header.node_count as usize * NodeRecord::SIZE);
        // The flags; the permissions and the time; the preopen's name, which is the first string; the target, which is the
        // last; the content.
        at == FLAGS
            || node.is_some_and(|at| matches!(at % NodeRecord::SIZE, 0..=1 | 8..=15))
            || at == contents - header.strings_size as usize
            || at >= contents - "etc/motd".len()
    };
    let mut accepted = 0;
    for at in (0..good.len()).filter(|at| !(DIGEST_OFFSET..HeaderRecord::SIZE).contains(at)) {
        for bit in 0..8 {
            let mut bytes = good.clone();
            bytes[at] ^= 1 << bit;
            let bytes = resealed(bytes);
            let ok = check(&bytes).is_ok();
            assert!(!ok || free(at), "bit {bit} of byte {at}");
            accepted += u32::from(ok);
        }
    }
    // 4 nodes with 12 permission bits and 64 of time; 1 + 8 bytes of text in seven bits, 6 of content in eight;
    // two policies other than `fallback`, and a fixed environment.
    assert_eq!(accepted, 4 * (12 + 64) + (1 + 8) * 7 + 6 * 8 + 3);
}

#[test]
fn mutated_images_never_panic() {
    let mut rng = Rng::new(1);
    let (mut opened, mut answers, mut refusals) = (0, 0, 0);
    let (mut good, mut metadata) = (Vec::new(), 0);
    for turn in 0..executions() {
        if turn % 1000 == 0 {
            let most = [4, 40, 400][rng.below(3)];
            good = image(entries(&mut rng, most));
            metadata = HeaderRecord::decode(good.first_chunk().unwrap()).contents_offset as usize;
        }
        let mut bytes = good.clone();
        mutate(&mut bytes, metadata, &mut rng);
        if rng.below(8) == 0 {
            bytes.truncate(rng.below(bytes.len()));
        }
        // Most changes of the header's start would only show that `open` refuses them.
        if rng.below(8) > 0 && bytes.len() > 16 {
            bytes[..12].copy_from_slice(&good[..12]);
            let size = bytes.len() as u32;
            bytes[12..16].copy_from_slice(&size.to_le_bytes());
        }
        let observed = exercise(&bytes);
        opened += u64::from(observed.opened);
        answers += observed.answers;
        refusals += observed.refusals;
        if turn % 16 == 0 {
            let accepted = check(&bytes).is_ok();
            assert!(!accepted || bytes == good, "turn {turn}");
            let _ = list(&bytes);
        }
    }
    println!("{opened} opened, {answers} answers, {refusals} refusals");
    assert!(opened > executions() / 2 && refusals > executions() / 4);
}
