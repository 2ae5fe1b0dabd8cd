#!/usr/bin/env bash
# Builds site.wasm for wasm32-wasip1: with rustup's target where it is
# installed, else with Debian's rustc-web cargo-web rust-web-src clang-19
# lld-19 wasi-libc, which build the standard library from source.
set -euo pipefail
cd "$(dirname "$0")"
target=${CARGO_TARGET_DIR:-$PWD/target}
if [ -d "$(rustc --print sysroot 2>/dev/null)/lib/rustlib/wasm32-wasip1" ]; then
    CARGO_TARGET_DIR=$target cargo build --release --target wasm32-wasip1
else
    CARGO_TARGET_DIR=$target RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 \
        RUSTFLAGS="-C link-self-contained=no -C linker=clang-19 -C link-arg=--target=wasm32-wasi -L /usr/lib/wasm32-wasi" \
        /usr/bin/cargo build --release -Z build-std=std,panic_abort --target wasm32-wasip1
fi
mkdir -p build
cp "$target/wasm32-wasip1/release/site.wasm" build/site.wasm
