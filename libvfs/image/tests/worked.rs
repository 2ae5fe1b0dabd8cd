//! The worked example of FORMAT.md, read with every function of the reader, and the layout itself.

#[path = "common/dump.rs"]
mod dump;

use dump::worked_example;
use vfs_image::layout::{
    self, ArgumentRecord, DirentRecord, HeaderRecord, MountRecord, NodeRecord, PreopenRecord,
    SlotRecord, VERSION, VariableRecord,
};
use vfs_image::{Corrupt, FileType, HostPolicy, Image, Mount, MountKind, NodeId, NodeKind, Str};

fn text(image: &Image<&[u8]>, string: Str) -> String {
    let mut bytes = vec![0; string.len() as usize];
    assert_eq!(image.read_str(string, &mut bytes), Ok(bytes.len()));
    String::from_utf8(bytes).unwrap()
}

#[test]
fn the_worked_example_reads_as_described() {
    let bytes = worked_example();
    let image = Image::open(&bytes[..]).unwrap();
    assert_eq!(
        (
            image.preopen_count(),
            image.node_count(),
            image.dirent_count(),
            image.contents_offset()
        ),
        (1, 5, 4, 0x1ee)
    );
    let preopen = image.preopen(0).unwrap();
    assert_eq!(
        (text(&image, preopen.name).as_str(), preopen.node.get()),
        ("/", 0)
    );
    assert_eq!(image.preopen(1), Err(Corrupt));

    let root = image.node(preopen.node).unwrap();
    assert_eq!((root.mode, root.nlink, root.time_ns), (0o040_755, 4, 0));
    let NodeKind::Directory(root) = root.kind else {
        panic!("{root:?}")
    };
    assert_eq!(
        (root.id(), root.parent(), root.count()),
        (NodeId::new(0), NodeId::new(0), 3)
    );
    let names: Vec<_> = (0..3)
        .map(|index| image.dirent(&root, index).unwrap().unwrap())
        .map(|dirent| {
            (
                text(&image, dirent.name),
                dirent.node.get(),
                dirent.file_type,
            )
        })
        .collect();
    assert_eq!(
        names,
        [
            ("etc".to_owned(), 1, FileType::Directory),
            ("motd".to_owned(), 2, FileType::Symlink),
            ("tmp".to_owned(), 3, FileType::Directory)
        ]
    );
    assert_eq!(image.dirent(&root, 3), Ok(None));

    let etc = image.lookup(root.id(), b"etc").unwrap().unwrap();
    assert_eq!(etc.get(), 1);
    assert_eq!(image.node(etc).unwrap().time_ns, 1_000_000_000);
    let motd = image.lookup(etc, b"motd").unwrap().unwrap();
    assert_eq!(motd.get(), 4);
    let file = image.node(motd).unwrap();
    assert_eq!(
        (file.permissions(), file.size, file.kind),
        (0o644, 6, NodeKind::File { offset: 0x1ee })
    );
    let mut buffer = [0; 4];
    for (position, expected) in [
        (0, &b"hell"[..]),
        (4, b"o\n"),
        (6, b""),
        (7, b""),
        (1 << 32, b""),
        (u64::MAX, b""),
    ] {
        let read = image.read_file(&file, position, &mut buffer).unwrap();
        assert_eq!(&buffer[..read], expected, "at {position}");
    }
    let link = image.lookup(root.id(), b"motd").unwrap().unwrap();
    let link = image.node(link).unwrap();
    let NodeKind::Symlink { target } = link.kind else {
        panic!("{link:?}")
    };
    assert_eq!(text(&image, target), "etc/motd");
    assert_eq!(image.read_file(&link, 0, &mut buffer), Err(Corrupt));
}

#[test]
fn mounts_and_the_start_read_as_described() {
    let bytes = worked_example();
    let image = Image::open(&bytes[..]).unwrap();
    let tmp = image.lookup(NodeId::new(0), b"tmp").unwrap().unwrap();
    let mount = Mount {
        node: tmp,
        kind: MountKind::Tmpfs,
        size_limit: 1 << 20,
        message: None,
    };
    assert_eq!((image.mount_count(), image.mount(1)), (1, Ok(mount)));
    assert_eq!(
        (image.mount(0), image.mount(2)),
        (Err(Corrupt), Err(Corrupt))
    );
    let mounts = (0..5).map(|number| image.node(NodeId::new(number)).unwrap().mount);
    assert_eq!(mounts.collect::<Vec<_>>(), [0, 0, 0, 1, 0]);
    assert_eq!(image.host_policy(), HostPolicy::Fallback);
    assert!(!image.environment_fixed());
    assert_eq!(image.variable_count(), 1);
    assert_eq!(text(&image, image.variable(0).unwrap()), "HOME=/tmp");
    assert_eq!(image.variable(1), Err(Corrupt));
    let arguments = (0..image.argument_count()).map(|index| image.argument(index).unwrap());
    let arguments: Vec<_> = arguments.map(|argument| text(&image, argument)).collect();
    assert_eq!(arguments, ["motd", "-n"]);
    assert_eq!(image.argument(2), Err(Corrupt));
}

/// Each rule for a header's flags, a mount's record and a node's mount, broken alone.
#[test]
fn what_breaks_a_rule_is_refused() {
    let good = worked_example();
    let with = |at: usize, word: u32| {
        let mut bytes = good.clone();
        bytes[at..at + 4].copy_from_slice(&word.to_le_bytes());
        bytes
    };
    for (flags, policy, fixed) in [
        (0, Some(HostPolicy::Fallback), false),
        (1, Some(HostPolicy::Override), false),
        (2, Some(HostPolicy::None), false),
        (3, None, false),
        (6, Some(HostPolicy::None), true),
        (7, None, true),
        (8, None, false),
        (1 << 31, None, false),
    ] {
        let bytes = with(44, flags);
        let image = Image::open(&bytes[..]).ok();
        let found = image.map(|image| (image.host_policy(), image.environment_fixed()));
        assert_eq!(found, policy.map(|policy| (policy, fixed)), "{flags}");
    }
    let mount = 0x68;
    for (at, word) in [
        (mount, 5),
        (mount + 4, 0),
        (mount + 4, 4),
        (mount + 16, 31),
        (mount + 20, 31),
    ] {
        let bytes = with(at, word);
        let image = Image::open(&bytes[..]).unwrap();
        // An offset alone, without a size, leads nowhere.
        let refused = at != mount + 16;
        assert_eq!(image.mount(1).is_err(), refused, "{word} at {at}");
    }
    let bytes = with(0x114, 2);
    let image = Image::open(&bytes[..]).unwrap();
    assert_eq!(image.node(NodeId::new(3)), Err(Corrupt));
}

#[test]
fn what_is_not_there_is_not_found() {
    let bytes = worked_example();
    let image = Image::open(&bytes[..]).unwrap();
    let long = [b'x'; 256];
    for (directory, name) in [
        (0, &b""[..]),
        (0, b"."),
        (0, b".."),
        (0, b"et"),
        (0, b"etc\0"),
        (0, b"ETC"),
        (0, b"etc/motd"),
        (1, b"etc"),
        (2, b"motd"),
        (3, b"motd"),
        (4, b"motd"),
        (9, b"etc"),
        (0, &long),
    ] {
        assert_eq!(
            image.lookup(NodeId::new(directory), name),
            Ok(None),
            "{name:?}"
        );
    }
    assert_eq!(image.node(NodeId::new(5)), Err(Corrupt));
}

#[test]
fn records_encode_to_what_they_were_decoded_from() {
    let bytes = worked_example();
    let header = HeaderRecord::decode(bytes.first_chunk().unwrap());
    assert_eq!(header.encode(), bytes[..96]);
    assert_eq!((header.version, header.image_size), (VERSION, 500));
    let count = |count: u32, size: usize| count as usize * size;
    let (preopens, rest) = bytes[96..].split_at(count(header.preopen_count, PreopenRecord::SIZE));
    let (mounts, rest) = rest.split_at(count(header.mount_count, MountRecord::SIZE));
    let (variables, rest) = rest.split_at(count(header.variable_count, VariableRecord::SIZE));
    let (arguments, rest) = rest.split_at(count(header.argument_count, ArgumentRecord::SIZE));
    let (nodes, rest) = rest.split_at(count(header.node_count, NodeRecord::SIZE));
    let (dirents, rest) = rest.split_at(count(header.dirent_count, DirentRecord::SIZE));
    let (slots, _) = rest.split_at(count(header.slot_count, SlotRecord::SIZE));
    for record in preopens.as_chunks().0 {
        assert_eq!(PreopenRecord::decode(record).encode(), *record);
    }
    for record in mounts.as_chunks().0 {
        assert_eq!(MountRecord::decode(record).encode(), *record);
    }
    for record in variables.as_chunks().0 {
        assert_eq!(VariableRecord::decode(record).encode(), *record);
    }
    for record in arguments.as_chunks().0 {
        assert_eq!(ArgumentRecord::decode(record).encode(), *record);
    }
    for record in nodes.as_chunks().0 {
        assert_eq!(NodeRecord::decode(record).encode(), *record);
    }
    for record in dirents.as_chunks().0 {
        assert_eq!(DirentRecord::decode(record).encode(), *record);
    }
    for record in slots.as_chunks().0 {
        assert_eq!(SlotRecord::decode(record).encode(), *record);
    }
}

/// The hash is part of the format: other values would be another version.
#[test]
fn the_hash_is_what_it_always_was() {
    for (directory, name, hash) in [
        (0, &b""[..], 0),
        (0, b"etc", 0xcec8_961e),
        (0, b"motd", 0xe0d1_7416),
        (1, b"motd", 0x253d_867c),
        (0, b"12345678", 0x8ddd_a8d5),
        (7, b"123456789", 0xe636_1029),
        (
            u32::MAX,
            b"a name longer than three times eight",
            0x110e_8421,
        ),
    ] {
        let found = layout::hash(directory, name);
        assert_eq!(found, hash, "{directory} {name:?}: {found:#010x}");
    }
}

/// An independent statement of step 2 and 3 of FORMAT.md, one byte at a time.
#[test]
fn the_hash_is_what_the_text_says() {
    let step = |state: u64, word: u64| {
        let product = u128::from(state ^ word) * 0x9e37_79b9_7f4a_7c15;
        let product = (product % (1 << 64)) as u64;
        product ^ (product >> 32)
    };
    for len in 0..40 {
        let name: Vec<u8> = (0..len).map(|n| (200 + n * 7) as u8).collect();
        let mut state = step(0, (3 << 32) + len as u64);
        for start in (0..=len / 8).map(|word| word * 8) {
            let word =
                (start..(start + 8).min(len)).map(|at| u64::from(name[at]) << (8 * (at - start)));
            state = step(state, word.sum());
        }
        let hash = (u128::from(state) * 0x9e37_79b9_7f4a_7c15 % (1 << 64)) >> 32;
        assert_eq!(u128::from(layout::hash(3, &name)), hash, "{len} bytes");
    }
}
