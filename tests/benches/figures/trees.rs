//! Trees to embed, and manifests that do.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Files in directories.
#[derive(Clone, Copy)]
pub(crate) struct Tree {
    pub(crate) directories: usize,
    /// In each of them.
    pub(crate) files: usize,
    /// Bytes of each.
    pub(crate) size: usize,
}

impl Tree {
    /// What it is called in the tables.
    pub(crate) fn name(self) -> String {
        let size = match self.size {
            size if size >= 1 << 30 => format!("{} GiB", size >> 30),
            size if size >= 1 << 20 => format!("{} MiB", size >> 20),
            size => format!("{size} B"),
        };
        let files = self.files * self.directories;
        match (files, self.directories) {
            (1, _) => format!("1 file of {size}"),
            (_, 1) => format!("{files} files of {size}"),
            (_, directories) => format!("{files} files of {size} in {directories} directories"),
        }
    }

    /// Makes it below `folder`, unless it is there, with `big`, a file of 1 MiB to read in.
    pub(crate) fn make(self, folder: &Path) -> PathBuf {
        let root = folder.join(format!(
            "tree-{}-{}-{}",
            self.directories, self.files, self.size
        ));
        if root.exists() {
            return root;
        }
        let mut content = vec![0; self.size.min(1 << 20)];
        for directory in 0..self.directories {
            let path = root.join(format!("d{directory}"));
            fs::create_dir_all(&path).expect("can't create a tree");
            for file in 0..self.files {
                let file_path = path.join(format!("file{file}.txt"));
                let mut out = fs::File::create(file_path).expect("can't create a file");
                let mut left = self.size;
                while left > 0 {
                    // Distinct contents: identical ones would be stored once. No zeros: tar and cp leave holes out.
                    let mark = [left, file, directory].map(usize::to_le_bytes).concat();
                    let piece = left.min(content.len());
                    content[..piece].fill(0x55);
                    let marked = mark.len().min(piece);
                    content[..marked].copy_from_slice(&mark[..marked]);
                    out.write_all(&content[..piece])
                        .expect("can't write a file");
                    left -= piece;
                }
            }
        }
        fs::write(root.join("big"), vec![7; 1 << 20]).expect("can't write a file");
        root
    }

    /// A manifest beside the tree that puts it into `module` at `/`, as `out.wasm`.
    pub(crate) fn manifest(self, folder: &Path, module: &Path) -> PathBuf {
        manifest(&self.make(folder), module)
    }
}

/// A manifest beside `root` that puts it into `module` at `/`, as `out.wasm`.
pub(crate) fn manifest(root: &Path, module: &Path) -> PathBuf {
    let manifest = root.with_extension("toml");
    let text = format!(
        "manifest-version = 1\n[limits]\nimage-size = \"4 GiB\"\nfile-size = \"4 GiB\"\nfiles = 10000000\n\
         [module]\ninput = {module:?}\noutput = \"out.wasm\"\n[[mount]]\nguest = \"/\"\nsource = {root:?}\n"
    );
    fs::write(&manifest, text).expect("can't write the manifest");
    manifest
}
