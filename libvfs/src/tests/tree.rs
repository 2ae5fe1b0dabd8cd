//! Images for tests, written record by record.

use std::collections::BTreeMap;
use std::prelude::v1::*;
use std::vec;

use vfs_image::layout::{
    self, ArgumentRecord, DirentRecord, ENVIRONMENT_FIXED, HeaderRecord, MAGIC, MODE_DIRECTORY,
    MODE_REGULAR, MODE_SYMLINK, MODE_TYPE, MOUNT_HOST, MOUNT_TMPFS, MOUNT_WRITABLE, MountRecord,
    NO_LIMIT, NodeRecord, PreopenRecord, SlotRecord, VERSION, VariableRecord, WINDOW,
};

/// Something of a tree: mode with type bits, time, content or target.
#[derive(Clone)]
struct Item {
    mode: u32,
    time_ns: u64,
    bytes: Vec<u8>,
    /// The path of the file this is another name of.
    same_as: Option<String>,
}

/// A tree, by path: `/usr/lib/x` under the preopen `/`, `./x` under the preopen `.`.
#[derive(Clone, Default)]
pub(super) struct Tree {
    preopens: Vec<String>,
    items: BTreeMap<String, Item>,
    mounts: BTreeMap<String, Mount>,
    flags: u32,
    variables: Vec<String>,
    arguments: Vec<String>,
}

/// A mount, apart from the directory it is rooted at.
#[derive(Clone)]
struct Mount {
    kind: u32,
    size_limit: u64,
    message: String,
}

/// The time of everything that does not say otherwise.
pub(super) const TIME: u64 = 1_700_000_000_123_456_789;

fn key(preopen: &str, rest: &str) -> String {
    std::format!("{preopen}\0{rest}")
}

impl Tree {
    /// A tree with these preopens, all directories 0755.
    pub(super) fn new(preopens: &[&str]) -> Self {
        let mut tree = Self::default();
        for name in preopens {
            tree.preopens.push((*name).to_owned());
            tree.put(&key(name, ""), MODE_DIRECTORY | 0o755, b"");
        }
        tree
    }

    fn place(&self, path: &str) -> String {
        if let Some(rest) = path.strip_prefix('/') {
            return key("/", rest);
        }
        let (preopen, rest) = path.split_once('/').unwrap_or((path, ""));
        key(preopen, rest)
    }

    fn put(&mut self, key: &str, mode: u32, bytes: &[u8]) {
        let item = Item {
            mode,
            time_ns: TIME,
            bytes: bytes.to_vec(),
            same_as: None,
        };
        self.items.insert(key.to_owned(), item);
    }

    /// Adds the directories above.
    fn parents(&mut self, key: &str) {
        let (preopen, rest) = key.split_once('\0').unwrap();
        for (at, _) in rest.match_indices('/') {
            let parent = self::key(preopen, &rest[..at]);
            if !self.items.contains_key(&parent) {
                self.put(&parent, MODE_DIRECTORY | 0o755, b"");
            }
        }
    }

    pub(super) fn dir(mut self, path: &str) -> Self {
        let key = self.place(path);
        self.parents(&key);
        self.put(&key, MODE_DIRECTORY | 0o755, b"");
        self
    }

    pub(super) fn file(mut self, path: &str, bytes: &[u8]) -> Self {
        let key = self.place(path);
        self.parents(&key);
        self.put(&key, MODE_REGULAR | 0o644, bytes);
        self
    }

    pub(super) fn link(mut self, path: &str, target: &str) -> Self {
        let key = self.place(path);
        self.parents(&key);
        self.put(&key, MODE_SYMLINK | 0o777, target.as_bytes());
        self
    }

    /// Another name of a file.
    pub(super) fn hard(mut self, path: &str, of: &str) -> Self {
        let (key, of) = (self.place(path), self.place(of));
        let mut item = self.items[&of].clone();
        item.same_as = Some(of);
        self.items.insert(key, item);
        self
    }

    pub(super) fn mode(mut self, path: &str, permissions: u32) -> Self {
        let key = self.place(path);
        let item = self.items.get_mut(&key).unwrap();
        item.mode = item.mode & MODE_TYPE | permissions;
        self
    }

    pub(super) fn time(mut self, path: &str, time_ns: u64) -> Self {
        let key = self.place(path);
        self.items.get_mut(&key).unwrap().time_ns = time_ns;
        self
    }

    /// Makes a directory, which is added unless it is there, the root of a writable mount.
    pub(super) fn writable(self, path: &str, limit: Option<u64>) -> Self {
        self.mount(path, MOUNT_WRITABLE, limit, "")
    }

    /// The same of an in-memory mount.
    pub(super) fn tmpfs(self, path: &str, limit: Option<u64>) -> Self {
        self.mount(path, MOUNT_TMPFS, limit, "")
    }

    /// The same of a host mount; with a message it is required.
    pub(super) fn host(self, path: &str, message: &str) -> Self {
        self.mount(path, MOUNT_HOST, None, message)
    }

    fn mount(mut self, path: &str, kind: u32, limit: Option<u64>, message: &str) -> Self {
        let key = self.place(path);
        if !self.items.contains_key(&key) {
            self = self.dir(path);
        }
        let mount = Mount {
            kind,
            size_limit: limit.unwrap_or(NO_LIMIT),
            message: message.to_owned(),
        };
        self.mounts.insert(key, mount);
        self
    }

    /// How the host meets the tree: one of `layout::HOST_*`.
    pub(super) fn policy(mut self, policy: u32) -> Self {
        self.flags = self.flags & ENVIRONMENT_FIXED | policy;
        self
    }

    /// The program sees the variables of the image only.
    pub(super) fn environment_fixed(mut self) -> Self {
        self.flags |= ENVIRONMENT_FIXED;
        self
    }

    /// Adds a variable; they are to be added in the order of their names.
    pub(super) fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push(std::format!("{name}={value}"));
        self
    }

    /// Adds an argument; the first is the program's name.
    pub(super) fn argument(mut self, text: &str) -> Self {
        self.arguments.push(text.to_owned());
        self
    }

    fn children(&self, key: &str) -> Vec<(String, String)> {
        let (preopen, rest) = key.split_once('\0').unwrap();
        let mut children: Vec<_> = self
            .items
            .keys()
            .filter_map(|other| {
                let (other_preopen, path) = other.split_once('\0').unwrap();
                let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
                (other_preopen == preopen && parent == rest && !name.is_empty())
                    .then(|| (name.to_owned(), other.clone()))
            })
            .collect();
        children.sort();
        children
    }

    /// The image of this tree.
    pub(super) fn build(&self) -> Vec<u8> {
        // Nodes breadth-first; `dirents` name their directory and node by number.
        let mut order: Vec<String> = self.preopens.iter().map(|name| key(name, "")).collect();
        let mut parents: Vec<u32> = (0..order.len() as u32).collect();
        let mut number: BTreeMap<String, u32> = BTreeMap::new();
        for (index, key) in order.iter().enumerate() {
            number.insert(key.clone(), index as u32);
        }
        let mut dirents: Vec<(u32, u32, String)> = Vec::new();
        let mut ranges: Vec<(u32, u32)> = Vec::new();
        let mut names: Vec<u32> = vec![0; order.len()];
        let mut subdirs: Vec<u32> = vec![0; order.len()];
        let mut at = 0;
        while at < order.len() {
            let key = order[at].clone();
            let first = dirents.len() as u32;
            if self.items[&key].mode & MODE_TYPE == MODE_DIRECTORY {
                for (name, child) in self.children(&key) {
                    let item = &self.items[&child];
                    let canonical = item.same_as.clone().unwrap_or(child);
                    let node = *number.entry(canonical.clone()).or_insert_with(|| {
                        order.push(canonical);
                        parents.push(at as u32);
                        names.push(0);
                        subdirs.push(0);
                        order.len() as u32 - 1
                    });
                    names[node as usize] += 1;
                    if item.mode & MODE_TYPE == MODE_DIRECTORY {
                        subdirs[at] += 1;
                    }
                    dirents.push((at as u32, node, name));
                }
            }
            ranges.push((first, dirents.len() as u32 - first));
            at += 1;
        }

        let mut strings: Vec<u8> = Vec::new();
        let mut intern = |text: &[u8]| {
            let offset = strings.len() as u32;
            strings.extend_from_slice(text);
            offset
        };
        let mut preopens = Vec::new();
        for name in &self.preopens {
            let record = PreopenRecord {
                name_offset: intern(name.as_bytes()),
                name_size: name.len() as u32,
            };
            preopens.extend(record.encode());
        }
        let mut roots: Vec<(u32, &Mount)> = self
            .mounts
            .iter()
            .map(|(key, mount)| (number[key], mount))
            .collect();
        roots.sort_by_key(|(node, _)| *node);
        let mut start = Vec::new();
        for (node, mount) in &roots {
            let record = MountRecord {
                node: *node,
                kind: mount.kind,
                size_limit: mount.size_limit,
                text_offset: intern(mount.message.as_bytes()),
                text_size: mount.message.len() as u32,
            };
            start.extend(record.encode());
        }
        for text in &self.variables {
            let (offset, size) = (intern(text.as_bytes()), text.len() as u32);
            start.extend(VariableRecord { offset, size }.encode());
        }
        for text in &self.arguments {
            let (offset, size) = (intern(text.as_bytes()), text.len() as u32);
            start.extend(ArgumentRecord { offset, size }.encode());
        }
        // Directories come before what is in them, so their mounts are known first.
        let mut mount_of: Vec<u32> = vec![0; order.len()];
        let own = |node: u32| {
            roots
                .iter()
                .position(|(root, _)| *root == node)
                .map(|at| at as u32 + 1)
        };
        for root in 0..self.preopens.len() as u32 {
            mount_of[root as usize] = own(root).unwrap_or(0);
        }
        for (directory, node, _) in &dirents {
            mount_of[*node as usize] = own(*node).unwrap_or(mount_of[*directory as usize]);
        }
        let mut dirent_bytes = Vec::new();
        let mut slots = Vec::new();
        for (index, (directory, node, name)) in dirents.iter().enumerate() {
            let mode = self.items[&order[*node as usize]].mode;
            let record = DirentRecord {
                node: *node,
                directory: *directory,
                name_offset: intern(name.as_bytes()),
                name_size: name.len() as u8,
                file_type: match mode & MODE_TYPE {
                    MODE_DIRECTORY => 3,
                    MODE_REGULAR => 4,
                    _ => 7,
                },
                reserved: 0,
            };
            dirent_bytes.extend(record.encode());
            slots.push((layout::hash(*directory, name.as_bytes()), index as u32));
        }
        slots.sort_unstable();
        let capacity = layout::capacity(dirents.len() as u32);
        let mut index = vec![(0, 0); capacity as usize];
        let mut next = 0;
        for (hash, dirent) in slots {
            let place = layout::ideal_slot(hash, capacity).max(next) as usize;
            if place >= index.len() {
                index.resize(place + 1, (0, 0));
            }
            index[place] = (hash, dirent + 1);
            next = place as u32 + 1;
        }
        index.resize(index.len() + WINDOW as usize, (0, 0));
        let mut slot_bytes = Vec::new();
        for (hash, dirent) in &index {
            let record = SlotRecord {
                hash: *hash,
                dirent: *dirent,
            };
            slot_bytes.extend(record.encode());
        }

        let mut records = Vec::new();
        let mut contents: Vec<u8> = Vec::new();
        for (index, key) in order.iter().enumerate() {
            let item = &self.items[key];
            let (data, size, nlink) = match item.mode & MODE_TYPE {
                MODE_DIRECTORY => (ranges[index].0, ranges[index].1, 2 + subdirs[index]),
                MODE_REGULAR => {
                    let offset = contents.len() as u32;
                    contents.extend(&item.bytes);
                    (offset, item.bytes.len() as u32, names[index])
                }
                _ => (intern(&item.bytes), item.bytes.len() as u32, names[index]),
            };
            records.push(NodeRecord {
                mode: item.mode,
                nlink,
                time_ns: item.time_ns,
                data,
                size,
                parent: match item.mode & MODE_TYPE {
                    MODE_DIRECTORY => parents[index],
                    _ => 0,
                },
                mount: mount_of[index],
            });
        }
        let metadata = HeaderRecord::SIZE
            + preopens.len()
            + start.len()
            + records.len() * NodeRecord::SIZE
            + dirent_bytes.len()
            + slot_bytes.len()
            + strings.len();
        let header = HeaderRecord {
            magic: MAGIC,
            version: VERSION,
            image_size: (metadata + contents.len()) as u32,
            preopen_count: self.preopens.len() as u32,
            node_count: records.len() as u32,
            dirent_count: dirents.len() as u32,
            slot_count: index.len() as u32,
            strings_size: strings.len() as u32,
            contents_offset: metadata as u32,
            mount_count: roots.len() as u32,
            flags: self.flags,
            variable_count: self.variables.len() as u32,
            argument_count: self.arguments.len() as u32,
            reserved: [0; 8],
            digest: [0; 32],
        };
        let mut image = header.encode().to_vec();
        image.extend(preopens);
        image.extend(start);
        for mut record in records {
            if record.mode & MODE_TYPE == MODE_REGULAR && record.size > 0 {
                record.data += metadata as u32;
            }
            image.extend(record.encode());
        }
        image.extend(dirent_bytes);
        image.extend(slot_bytes);
        image.extend(strings);
        image.extend(contents);
        image
    }
}

/// The reader finds in an image what it was built from.
#[test]
fn mounts_variables_and_arguments_are_read_back() {
    use vfs_image::{HostPolicy, Image, MountKind, NodeId};

    let bytes = Tree::new(&["/", "data"])
        .file("/usr/lib/a/x", b"x")
        .writable("/usr/lib", Some(1 << 20))
        .tmpfs("/usr/lib/a/tmp", None)
        .host("data", "give data")
        .policy(layout::HOST_OVERRIDE)
        .environment_fixed()
        .variable("A", "1")
        .argument("program")
        .argument("")
        .build();
    let image = Image::open(&bytes[..]).unwrap();
    assert_eq!(image.host_policy(), HostPolicy::Override);
    assert!(image.environment_fixed());
    let find = |path: &str| {
        path.split('/').fold(NodeId::new(0), |at, name| {
            image.lookup(at, name.as_bytes()).unwrap().unwrap()
        })
    };
    let mounts: Vec<_> = (1..=image.mount_count())
        .map(|number| image.mount(number).unwrap())
        .collect();
    let told: Vec<_> = (mounts.iter().zip(1..))
        .map(|(mount, number)| {
            assert_eq!(image.node(mount.node).unwrap().mount, number);
            (mount.node, mount.kind, mount.size_limit)
        })
        .collect();
    assert_eq!(
        told,
        [
            (NodeId::new(1), MountKind::Host, NO_LIMIT),
            (find("usr/lib"), MountKind::Writable, 1 << 20),
            (find("usr/lib/a/tmp"), MountKind::Tmpfs, NO_LIMIT),
        ]
    );
    assert_eq!(image.node(find("usr")).unwrap().mount, 0);
    assert_eq!(image.node(find("usr/lib/a/x")).unwrap().mount, 2);
    let text = |string| {
        let mut bytes = [0; 32];
        let len = image.read_str(string, &mut bytes).unwrap();
        String::from_utf8(bytes[..len].to_vec()).unwrap()
    };
    assert_eq!(text(mounts[0].message.unwrap()), "give data");
    assert_eq!(text(image.variable(0).unwrap()), "A=1");
    assert_eq!(text(image.argument(0).unwrap()), "program");
    assert_eq!(text(image.argument(1).unwrap()), "");
}
