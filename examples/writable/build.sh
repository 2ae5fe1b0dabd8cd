#!/usr/bin/env bash
# Builds notes.wasm with Debian's clang and wasi-libc (apt-get install clang-19
# lld-19 libclang-rt-19-dev-wasm32 wasi-libc); CC takes another, e.g. wasi-sdk's.
set -euo pipefail
cd "$(dirname "$0")"
mkdir -p build
${CC:-clang-19 --target=wasm32-wasi} -O2 -o build/notes.wasm notes.c
