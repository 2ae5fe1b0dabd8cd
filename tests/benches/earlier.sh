#!/usr/bin/env bash
# Puts in place the wasi-vfs of before, for the group `earlier` of the bench, which runs this: its library, built from crates.io's
# package, and wizer, which is what its `pack` was. Needs what tests/setup.sh installs; does nothing when all is there.
set -euo pipefail

source "$(dirname "$0")/../downloads.sh"

[[ $(uname -sm) == "Linux x86_64" ]] || die "npm's package of wizer has programs for other machines; this is for x86-64 Linux"
# Of 3.0.1, 7.0.5, 9.0.0, 10.0.0 and 11.0.3 the first is the fastest, and nearest in time to the library; wasi-vfs 0.5 used 7.
npm_package wizer @bytecodealliance/wizer-linux-x64 3.0.1 d900c90a8051f8d7707fc7523213c4fbc0cf385a69ff0c3e001e6daad5e7f3ba
npm_package wizer @bytecodealliance/wizer-linux-x64 7.0.5 6276e1f746ab2d8379c9a3fd81bd4d345432c39c89cbb32a9acf6d5d599d723f
crate wasi-vfs 0.3.0

# For the target of its own releases, optimized as those; its package has no lock, so ours pins what it depends on.
archive="$cache/tools/wasi-vfs-0.3.0/libwasi_vfs.a"
if [[ ! -f $archive ]]; then
  say "building wasi-vfs 0.3.0"
  target=wasm32-unknown-unknown
  work=$(mktemp -d "$cache/tools/.tmp.XXXXXX")
  cp -r "$cache/tools/wasi-vfs-0.3.0/." "$work"
  cp "$here/benches/earlier.lock" "$work/Cargo.lock"
  # The cache is inside of our own workspace.
  echo '[workspace]' >>"$work/Cargo.toml"
  # A cargo that runs this tells its children which toolchain it is; this build wants the distribution's.
  (cd "$work" && env -u RUSTUP_TOOLCHAIN -u RUSTC_WRAPPER -u CARGO_ENCODED_RUSTFLAGS \
    RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 RUSTFLAGS='-A warnings' \
    WASI_SDK_PATH=/usr/lib/llvm-19 CFLAGS=--target=wasm32-wasi \
    /usr/bin/cargo rustc --quiet --release --locked --lib --crate-type staticlib \
      -Z build-std=std,panic_abort --target "$target" --target-dir "$work/target") || die "wasi-vfs 0.3.0 does not build"
  mv "$work/target/$target/release/libwasi_vfs.a" "$archive"
  rm -rf "$work"
fi
say "ready in $cache"
