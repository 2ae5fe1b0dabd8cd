//! `wasi_vfs::bundle` as a library: the stages together, without disk or command line.

use std::io::{self, Cursor, Seek, SeekFrom, Write};
use std::path::Path;

use miette::Diagnostic as _;
use wasi_vfs::manifest::{Choice, Manifest};
use wasi_vfs::output::Destination;
use wasi_vfs::output::SealError;
use wasi_vfs::program::Program;
use wasi_vfs::read_at::ReadAt;
use wasi_vfs::source::MemorySource;
use wasi_vfs::{Bundled, Error, bundle, inspect};

const MANIFEST: &str = r#"
manifest-version = 1
[module]
input = "app.wat"
output = "app.wasm"
[[mount]]
guest = "/data"
source = "tree"
"#;

const PROGRAM: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_read" (func (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")))"#;

fn source() -> MemorySource {
    MemorySource::new()
        .file("tree/a", "first")
        .file("tree/b", vec![7; 1_000_000])
        .file("tree/c", "first")
}

fn run<W: Destination>(source: &MemorySource, out: &mut W) -> Result<Bundled, Error> {
    let manifest = Manifest::parse(MANIFEST, "wasi-vfs.toml", Path::new(""), &Choice::default());
    let program = Program::of_bytes("app.wat", PROGRAM.into()).unwrap();
    bundle(&manifest.unwrap(), &program, source, out, &())
}

#[test]
fn the_result_is_a_module_with_the_image_in_it() {
    let mut out = Cursor::new(Vec::new());
    let bundled = run(&source(), &mut out).unwrap();
    let module = out.into_inner();
    assert_eq!(bundled.sealed.size, module.len() as u64);
    wasmparser::Validator::new().validate_all(&module).unwrap();

    let found = inspect::find(&module).unwrap();
    assert_eq!(found.record(), Some(&bundled.sealed.record));
    assert_eq!(found.check().unwrap().digest, bundled.sealed.image.digest);
    let paths: Vec<_> = found
        .rows()
        .unwrap()
        .into_iter()
        .map(|row| row.path)
        .collect();
    assert_eq!(paths, ["/", "/data", "/data/a", "/data/b", "/data/c"]);
    // `c` has the content of `a`.
    assert_eq!(
        u64::from(found.image_size()),
        bundled.sealed.metadata_size + 1_000_005
    );
}

#[test]
fn the_order_of_listings_does_not_matter() {
    let mut outputs = [source(), source().reversed(), source().shuffled(1)].map(|source| {
        let mut out = Cursor::new(Vec::new());
        run(&source, &mut out).unwrap();
        out.into_inner()
    });
    outputs.sort();
    assert!(outputs[0] == outputs[2]);
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let error = run(&source().unreadable("tree/b"), &mut Cursor::new(Vec::new())).unwrap_err();
    assert_eq!(
        error.code().unwrap().to_string(),
        "wasi_vfs::image::unreadable"
    );
    assert!(error.to_string().contains("tree/b"), "{error}");
}

/// A disk with so many bytes left.
struct Disk {
    written: Cursor<Vec<u8>>,
    room: u64,
}

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.written.position() + bytes.len() as u64 > self.room {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.written.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Destination for Disk {
    fn reader(&mut self) -> io::Result<Box<dyn ReadAt>> {
        Err(io::Error::other("no initializer is run here"))
    }
}

impl Seek for Disk {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.written.seek(to)
    }
}

#[test]
fn a_full_disk_is_the_destinations_fault_wherever_it_happens() {
    let mut whole = Cursor::new(Vec::new());
    let size = run(&source(), &mut whole).unwrap().sealed.size;
    // In the module, in the contents, in what follows them, in the last section.
    for room in [10, 500_000, size - 400, size - 1] {
        let mut disk = Disk {
            written: Cursor::new(Vec::new()),
            room,
        };
        let error = run(&source(), &mut disk).unwrap_err();
        let Error::Seal(SealError::Destination(error)) = error else {
            panic!("{room}: {error}")
        };
        assert_eq!(error.kind(), io::ErrorKind::StorageFull, "{room}");
    }
    let mut disk = Disk {
        written: Cursor::new(Vec::new()),
        room: size,
    };
    run(&source(), &mut disk).unwrap();
    assert!(disk.written.into_inner() == whole.into_inner());
}
