//! Programs linked with the wasi-vfs of before.

use std::path::PathBuf;

use super::{BENCH_FLAGS, Libc, bench_source, compile};
use crate::cache;

/// The program that times file-system calls, compiled as [`super::bench`] is. Needs `benches/earlier.sh`.
#[must_use]
pub fn bench() -> PathBuf {
    let archive = cache::tool("wasi-vfs-0.3.0").join("libwasi_vfs.a");
    let files = [bench_source(), archive];
    compile(Libc::Debian, "cc", "bench-earlier", &files, &BENCH_FLAGS)
}
