#!/bin/sh
# Builds the pinned artifacts of the interposer and their provenance: `dist/libwasi_vfs.wasm`, which only
# reads, and `dist/libwasi_vfs_writable.wasm` for bundles with mounts that can be written to.
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
optimize="--flatten --rereloop -Oz -Oz --mvp-features --enable-bulk-memory --enable-sign-ext"
exports=$(sed -n 's/^            \([a-z_]*\)(.*/\1/p' "$here/src/host.rs" | grep -E '^(args|environ|fd|path|poll|sock)_' | sort -u)

cd "$root"
export RUSTC
unset RUSTC_WRAPPER RUSTC_WORKSPACE_WRAPPER RUSTFLAGS CARGO_BUILD_RUSTFLAGS || true
exports_args=
for name in $exports; do exports_args="$exports_args --export=$name"; done

# build NAME FEATURE...: compiles the crate with these features to NAME.wasm.
build() {
    name=$1
    shift
    # shellcheck disable=SC2086
    RUSTC_BOOTSTRAP=1 CARGO_ENCODED_RUSTFLAGS=$encoded CARGO_TARGET_DIR=$work/target \
        "$cargo" rustc --quiet --locked -p libvfs --lib --crate-type staticlib "$@" \
        --profile interposer --target $target $build_std
    # shellcheck disable=SC2086
    $linker $link $exports_args -o "$work/linked.wasm" "$work/target/$target/interposer/liblibvfs.a"
    if [ "$optimizer" = none ]; then
        cp "$work/linked.wasm" "$out/$name.wasm"
    else
        # shellcheck disable=SC2086
        wasm-opt $optimize "$work/linked.wasm" -o "$out/$name.wasm"
    fi
    chmod 644 "$out/$name.wasm"
}
artifacts='libwasi_vfs libwasi_vfs_writable'
build libwasi_vfs
build libwasi_vfs_writable --features writable

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
# sha NAME, size NAME: of an artifact.
sha() { sha256sum <"$out/$1.wasm" | cut -d' ' -f1; }
size() { wc -c <"$out/$1.wasm" | tr -d ' '; }
compiler=$("$RUSTC" -vV | sed -n 's/^rustc /rustc /p; s/^commit-hash: /commit /p; s/^LLVM version: /LLVM /p' | paste -sd, - | sed 's/,/, /g')
lld=$($linker --version | sed 's/ (.*//')
cat >"$out/provenance.json" <<JSON
{
  "artifacts": [
    { "name": "libwasi_vfs.wasm", "size": $(size libwasi_vfs), "sha256": "$(sha libwasi_vfs)" },
    { "name": "libwasi_vfs_writable.wasm", "size": $(size libwasi_vfs_writable), "sha256": "$(sha libwasi_vfs_writable)" }
  ],
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
if [ "$check" = no ]; then
    for name in $artifacts; do echo "$name.wasm: $(size $name) bytes, sha256 $(sha $name)"; done
    exit 0
fi
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
for file in libwasi_vfs.wasm libwasi_vfs_writable.wasm provenance.json; do
    cmp "$out/$file" "$here/dist/$file" || exit 3
done
echo "libvfs/dist is what this source gives"
