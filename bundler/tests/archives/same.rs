//! What comes from an archive is what comes from the folder it was made of, to the last byte of the image: modes, times (as
//! fine as the format has them), symlinks, hard links, contents.
//!
//! A few trees here. `VFS_ARCHIVE_TREES=500 cargo test --release -p wasi-vfs --test archives` for more.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::UNIX_EPOCH;

use wasi_vfs::plan::resolve;
use wasi_vfs::source::DiskSource;

use crate::build::{gzip, xz, zstd};
use crate::random::{Dice, Wishes, pack, run, tree};
use crate::support::{image_of, manifest, wish};

/// The image of a mount of `source`.
fn image(source: &Path) -> Vec<u8> {
    let source = source.display();
    let manifest = manifest(&format!(
        "[[mount]]\nguest = '/d'\nsource = '{source}'\ndefault-excludes = false\n\
         [defaults]\npermissions = 'source'\ndir-permissions = 'source'\ntimestamps = 'source'\n"
    ));
    match resolve(&manifest, &DiskSource) {
        Ok(plan) => image_of(&plan, &DiskSource).unwrap(),
        Err(error) => panic!("{:?}", miette::Report::new(error)),
    }
}

/// Does it with many trees; `pack` makes an archive of a tree.
fn each(seed: u64, wishes: Wishes, pack: impl Fn(&Path, &[PathBuf], &mut Dice, &Path) -> PathBuf) {
    for number in 0..wish("VFS_ARCHIVE_TREES").unwrap_or(6) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("tree");
        fs::create_dir(&root).unwrap();
        let mut dice = Dice(seed << 32 | number << 1 | 1);
        dice.roll(2);
        let names = tree(&root, &mut dice, wishes);
        let archive = pack(&root, &names, &mut dice, folder.path());
        let same = image(&root) == image(&archive);
        assert!(
            same,
            "tree {number} of {seed}, kept as {}",
            folder.keep().display()
        );
    }
}

/// The names in an order that no tool would choose, directories after what is in them and hard links in any order.
fn shuffled(names: &[PathBuf], dice: &mut Dice) -> Vec<PathBuf> {
    let mut names = names.to_vec();
    for at in (1..names.len()).rev() {
        names.swap(at, dice.roll(at + 1));
    }
    names
}

#[test]
fn tar_with_fractions() {
    let wishes = Wishes {
        fractions: true,
        hard_links: true,
    };
    each(1, wishes, |root, names, dice, folder| {
        let archive = folder.join("x.tar");
        pack(root, &shuffled(names, dice), "posix", &archive);
        archive
    });
}

#[test]
fn tar_of_gnu() {
    let wishes = Wishes {
        fractions: false,
        hard_links: true,
    };
    each(2, wishes, |root, names, dice, folder| {
        let archive = folder.join("x.tar");
        pack(root, &shuffled(names, dice), "gnu", &archive);
        archive
    });
}

#[test]
fn compressed_by_tools() {
    let tools = [("gzip", "tgz"), ("zstd", "tar.zst"), ("xz", "txz")];
    let wishes = Wishes {
        fractions: true,
        hard_links: true,
    };
    each(3, wishes, |root, names, dice, folder| {
        let plain = folder.join("x.tar");
        pack(root, names, "posix", &plain);
        let (tool, ending) = tools[dice.roll(tools.len())];
        // In two members, as tools that work on several parts at once write them.
        let bytes = fs::read(&plain).unwrap();
        let middle = dice.roll(bytes.len());
        let mut packed = Vec::new();
        for part in [&bytes[..middle], &bytes[middle..]] {
            fs::write(&plain, part).unwrap();
            packed.extend(run(Command::new(tool)
                .arg("-c")
                .arg(format!("-{}", 1 + dice.roll(9)))
                .arg(&plain)));
        }
        let archive = folder.join(format!("x.{ending}"));
        fs::write(&archive, packed).unwrap();
        archive
    });
}

#[test]
fn compressed_by_crates() {
    let wishes = Wishes {
        fractions: true,
        hard_links: true,
    };
    each(4, wishes, |root, names, dice, folder| {
        let plain = folder.join("x.tar");
        pack(root, names, "posix", &plain);
        let bytes = fs::read(&plain).unwrap();
        let (ending, packed) = match dice.roll(3) {
            // What is behind the data is left alone, as `gzip` does.
            0 => ("tar.gz", [gzip(&bytes), b"\0\0\0\0more".to_vec()].concat()),
            1 => ("tzst", zstd(&bytes)),
            _ => ("tar.xz", xz(&bytes)),
        };
        let archive = folder.join(format!("x.{ending}"));
        fs::write(&archive, packed).unwrap();
        archive
    });
}

#[test]
fn zip_by_the_tool() {
    // A zip archive has no hard links, and whole seconds.
    let wishes = Wishes {
        fractions: false,
        hard_links: false,
    };
    each(5, wishes, |root, _, dice, folder| {
        let archive = folder.join("x.zip");
        // The tool makes no entry for the folder itself.
        fs::set_permissions(root, fs::Permissions::from_mode(0o755)).unwrap();
        fs::File::open(root)
            .unwrap()
            .set_modified(UNIX_EPOCH)
            .unwrap();
        let mut zip = Command::new("zip");
        zip.current_dir(root).args(["-q", "-y", "-r"]);
        zip.arg(format!("-{}", dice.roll(10)))
            .arg(&archive)
            .arg(".");
        run(&mut zip);
        archive
    });
}

/// Written in one go, so that sizes and checksums stand behind the contents, some of them as numbers of 64 bits.
#[test]
fn zip_by_the_crate() {
    use ::zip::write::FullFileOptions;
    use ::zip::{CompressionMethod, ZipWriter};

    let wishes = Wishes {
        fractions: false,
        hard_links: false,
    };
    each(6, wishes, |root, names, dice, folder| {
        let archive = folder.join("x.zip");
        fs::set_permissions(root, fs::Permissions::from_mode(0o755)).unwrap();
        let top = fs::File::open(root).unwrap();
        top.set_modified(UNIX_EPOCH).unwrap();
        let mut zip = ZipWriter::new_stream(fs::File::create(&archive).unwrap());
        for path in names.iter().filter(|path| **path != Path::new(".")) {
            let metadata = root.join(path).symlink_metadata().unwrap();
            let method = match dice.roll(2) {
                0 => CompressionMethod::Stored,
                _ => CompressionMethod::Deflated,
            };
            let options = FullFileOptions::default()
                .unix_permissions(metadata.permissions().mode())
                .compression_method(method)
                .large_file(dice.roll(2) == 0);
            let time = metadata.modified().unwrap();
            let time = time.duration_since(UNIX_EPOCH).unwrap().as_secs();
            let options = options
                .with_extended_timestamp(Some(time as u32), None, None)
                .unwrap();
            let name = path.to_str().unwrap();
            if metadata.is_dir() {
                zip.add_directory(name, options).unwrap();
            } else if metadata.is_symlink() {
                let target = fs::read_link(root.join(path)).unwrap();
                zip.add_symlink(name, target.to_str().unwrap(), options)
                    .unwrap();
            } else {
                zip.start_file(name, options).unwrap();
                zip.write_all(&fs::read(root.join(path)).unwrap()).unwrap();
            }
        }
        zip.finish().unwrap();
        archive
    });
}

/// Files with holes at any place, and the forms in which GNU tar tells where they are.
#[test]
fn sparse_files() {
    let forms: [(&[&str], &str); 4] = [
        (&["--format=gnu"], "ustar  "),
        (
            &["--format=posix", "--sparse-version=0.0"],
            "GNU.sparse.offset=",
        ),
        (
            &["--format=posix", "--sparse-version=0.1"],
            "GNU.sparse.map=",
        ),
        (
            &["--format=posix", "--sparse-version=1.0"],
            "GNU.sparse.major=1",
        ),
    ];
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("tree");
    fs::create_dir(&root).unwrap();
    // Blocks of a file: each with something in it, or none; then what is behind them.
    let file = |name: &str, blocks: &str, end: &[u8]| {
        let file = fs::File::create(root.join(name)).unwrap();
        for (number, block) in blocks.bytes().enumerate() {
            if block == b'x' {
                let content = [number as u8 | 1; 4096];
                file.write_all_at(&content, number as u64 * 4096).unwrap();
            }
        }
        let size = blocks.len() as u64 * 4096;
        file.set_len(size).unwrap();
        file.write_all_at(end, size).unwrap();
    };
    file("begins", ".xx", b"");
    file("ends", "xx.", b"");
    file("middle", "x..x", b"more");
    file("odd", "x.x.", b"x");
    file("short", "x...", b"\0\0\0");
    file("hole", "....", b"");
    file("five", ".x.x.x.x.x", b"");
    file("ten", &".x".repeat(10), b"end");
    file("many", &"x.".repeat(60), b"");
    file(&"long-".repeat(30), ".x.", b"");
    file("dense", "xxx", b"none");
    fs::write(root.join("nothing"), "").unwrap();
    fs::hard_link(root.join("many"), root.join("again")).unwrap();
    let time = UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000);
    for entry in fs::read_dir(&root).unwrap() {
        let path = entry.unwrap().path();
        fs::File::open(path).unwrap().set_modified(time).unwrap();
    }
    fs::File::open(&root).unwrap().set_modified(time).unwrap();
    let expected = image(&root);
    for (number, (form, mark)) in forms.into_iter().enumerate() {
        let plain = folder.path().join(format!("{number}.tar"));
        let mut tar = Command::new("tar");
        // Blocks of zeros are holes, whatever the file system has made of them.
        tar.args(["--sparse", "--hole-detection=raw"]).args(form);
        run(tar.arg("-C").arg(&root).arg("-cf").arg(&plain).arg("."));
        let bytes = fs::read(&plain).unwrap();
        assert!(
            bytes
                .windows(mark.len())
                .any(|text| text == mark.as_bytes())
        );
        assert!(bytes.len() < 600_000, "{form:?} has its holes");
        assert!(image(&plain) == expected, "{form:?}");
        let packed = folder.path().join(format!("{number}.tgz"));
        fs::write(&packed, gzip(&bytes)).unwrap();
        assert!(image(&packed) == expected, "{form:?}, compressed");
    }
}
