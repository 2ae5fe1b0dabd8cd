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

/// A small program of `guests/pre_linked`, with these flags.
#[must_use]
pub fn small(libc: Libc, driver: &str, source: &str, flags: &[&str]) -> PathBuf {
    let path = sources().join("pre_linked").join(source);
    let name = Path::new(source).file_stem().expect("a name");
    c(libc, driver, &name.to_string_lossy(), vec![path], flags)
}

fn c(libc: Libc, driver: &str, name: &str, mut files: Vec<PathBuf>, flags: &[&str]) -> PathBuf {
    files.push(archive());
    compile(libc, driver, &format!("{name}-pre-linked"), &files, flags)
}
