#!/bin/sh
# Builds the pinned artifact of the interposer, `dist/libwasi_vfs.wasm`, and its provenance.
#
#   libvfs/build-dist.sh            builds into libvfs/dist
#   libvfs/build-dist.sh -o DIR     builds into DIR
#   libvfs/build-dist.sh --check    builds elsewhere and compares with libvfs/dist
#
# The compiler is a rustup toolchain that has the wasm32-unknown-unknown target;
# else Debian's (packages rustc-web cargo-web rust-web-src lld-19), which builds
# `core` from its source. RUSTC and CARGO name another one. The linked module goes
# through `wasm-opt` (package binaryen), which takes a sixth of it away; without
# it the module works as well, and is larger.
#
# Exit: 0 done or the same bytes; 1 the build failed; 3 `--check` found other bytes,
# or a source that is not the recorded one.
set -eu
LC_ALL=C
export LC_ALL

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$(dirname -- "$here")
out=$here/dist
check=no
while [ $# -gt 0 ]; do
    case $1 in
        --check) check=yes ;;
        -o) out=${2:?-o needs a directory}; mkdir -p "$out"; out=$(CDPATH='' cd -- "$out" && pwd); shift ;;
        *) echo "usage: $0 [--check | -o DIR]" >&2; exit 2 ;;
    esac
    shift
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ "$check" = no ] || out=$work/out
mkdir -p "$out"

# --- the compiler -----------------------------------------------------------
target=wasm32-unknown-unknown
build_std=
if [ -n "${RUSTC:-}" ]; then
    cargo=${CARGO:-cargo}
elif [ -d "$(cd "$root" && rustc --print sysroot 2>/dev/null)/lib/rustlib/$target/lib" ]; then
    cargo=cargo
    RUSTC=$(cd "$root" && rustup which rustc 2>/dev/null || command -v rustc)
else
    cargo=/usr/bin/cargo
    RUSTC=/usr/bin/rustc
fi
sysroot=$("$RUSTC" --print sysroot)
if [ ! -d "$sysroot/lib/rustlib/$target/lib" ]; then
    [ -d "$sysroot/lib/rustlib/src/rust/library/core" ] || {
        echo "$0: \`$RUSTC\` has neither the target $target nor the source of core" >&2
        echo "  rustup target add $target" >&2
        echo "  or: apt-get install rustc-web cargo-web rust-web-src lld-19" >&2
        exit 1
    }
    build_std='-Z build-std=core,panic_abort'
fi
linker=
for candidate in wasm-ld-19 wasm-ld "$sysroot/lib/rustlib/"*/bin/rust-lld; do
    if command -v "$candidate" >/dev/null 2>&1; then linker=$candidate; break; fi
done
[ -n "$linker" ] || { echo "$0: no wasm-ld found (package lld-19)" >&2; exit 1; }
case $linker in *rust-lld) linker="$linker -flavor wasm" ;; esac
optimizer=none
if command -v wasm-opt >/dev/null 2>&1; then
    optimizer=$(wasm-opt --version)
else
    echo "$0: no wasm-opt (package binaryen): the module will be larger" >&2
fi

# --- compile ----------------------------------------------------------------
# MVP, bulk memory and sign extension: what every engine of today runs.
# No jump tables: a table of a `match` would be a data segment.
# The paths of this machine must not decide a byte.
flags="-C target-cpu=mvp -C target-feature=+bulk-memory,+sign-ext -C jump-tables=no"
separator=$(printf '\037') # between arguments, because a path may have spaces
remap="--remap-path-prefix=$root=/wasi-vfs${separator}--remap-path-prefix=$sysroot=/rust"
encoded="$(echo "$flags -Z location-detail=none" | tr ' ' '\037')$separator$remap"
link="--no-entry --gc-sections --strip-all --stack-first -z stack-size=8192 -O2"
optimize="-Os --mvp-features --enable-bulk-memory --enable-sign-ext"
exports=$(sed -n 's/^            \([a-z_]*\)(.*/\1/p' "$here/src/host.rs" | grep -E '^(args|environ|fd|path|poll|sock)_' | sort -u)

cd "$root"
export RUSTC
unset RUSTC_WRAPPER RUSTC_WORKSPACE_WRAPPER RUSTFLAGS CARGO_BUILD_RUSTFLAGS || true
# shellcheck disable=SC2086
RUSTC_BOOTSTRAP=1 CARGO_ENCODED_RUSTFLAGS=$encoded CARGO_TARGET_DIR=$work/target \
    "$cargo" rustc --quiet --locked -p libvfs --lib --crate-type staticlib \
    --profile interposer --target $target $build_std
exports_args=
for name in $exports; do exports_args="$exports_args --export=$name"; done
# shellcheck disable=SC2086
$linker $link $exports_args -o "$work/linked.wasm" "$work/target/$target/interposer/liblibvfs.a"
if [ "$optimizer" = none ]; then
    cp "$work/linked.wasm" "$out/libwasi_vfs.wasm"
else
    # shellcheck disable=SC2086
    wasm-opt $optimize "$work/linked.wasm" -o "$out/libwasi_vfs.wasm"
fi
chmod 644 "$out/libwasi_vfs.wasm"

# --- provenance -------------------------------------------------------------
sources() {
    cd "$root"
    find libvfs/src libvfs/image/src -name '*.rs' ! -path 'libvfs/src/tests*' ! -path '*/tests.rs'
    echo libvfs/Cargo.toml
    echo libvfs/image/Cargo.toml
    echo libvfs/image/FORMAT.md
    echo libvfs/build-dist.sh
}
digest=$(sources | sort | (cd "$root" && xargs sha256sum) | sha256sum | cut -d' ' -f1)
sha=$(sha256sum <"$out/libwasi_vfs.wasm" | cut -d' ' -f1)
size=$(wc -c <"$out/libwasi_vfs.wasm" | tr -d ' ')
compiler=$("$RUSTC" -vV | sed -n 's/^rustc /rustc /p; s/^commit-hash: /commit /p; s/^LLVM version: /LLVM /p' | paste -sd, - | sed 's/,/, /g')
lld=$($linker --version | sed 's/ (.*//')
cat >"$out/provenance.json" <<JSON
{
  "artifact": "libwasi_vfs.wasm",
  "sha256": "$sha",
  "size": $size,
  "source-sha256": "$digest",
  "compiler": "$compiler",
  "core": "$([ -n "$build_std" ] && echo "built from source" || echo "of the toolchain")",
  "linker": "$lld",
  "optimizer": "$optimizer",
  "target": "$target",
  "profile": "interposer",
  "rustflags": "$flags",
  "link-args": "$link",
  "optimizer-args": "$optimize"
}
JSON

# --- check ------------------------------------------------------------------
[ "$check" = yes ] || { echo "libwasi_vfs.wasm: $size bytes, sha256 $sha"; exit 0; }
field() { sed -n "s/^  \"$1\": \"\(.*\)\",\{0,1\}\$/\1/p" "$2/provenance.json"; }
if [ "$(field source-sha256 "$here/dist")" != "$digest" ]; then
    echo "libvfs/dist was not built from this source: run libvfs/build-dist.sh" >&2
    exit 3
fi
for what in compiler core linker optimizer; do
    if [ "$(field $what "$here/dist")" != "$(field $what "$out")" ]; then
        echo "not compared: $what is \`$(field $what "$out")\`, recorded is \`$(field $what "$here/dist")\`"
        exit 0
    fi
done
if cmp "$out/libwasi_vfs.wasm" "$here/dist/libwasi_vfs.wasm" && cmp "$out/provenance.json" "$here/dist/provenance.json"; then
    echo "libvfs/dist is what this source gives: $size bytes, sha256 $sha"
else
    exit 3
fi
