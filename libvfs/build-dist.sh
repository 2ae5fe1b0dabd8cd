#!/bin/sh
# Builds the pinned artifacts of the interposer and their provenance: `dist/libwasi_vfs.wasm`, which only
# reads, `dist/libwasi_vfs_writable.wasm` for bundles with mounts that can be written to, and
# `dist/libwasi_vfs.a` for programs that are linked with it.
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
# Incremental compilation gives other bytes.
export CARGO_INCREMENTAL=0
# One function is no call of preview1: the linker takes it when a program is run while it is bundled.
exports_args=--export=preinit
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

# archive: compiles the crate to libwasi_vfs.a, an object and an index that leads to it.
#
# What rustc makes of it also has compiler_builtins, whose `memcpy` would take the place of the program's own.
archive() {
    # shellcheck disable=SC2086
    RUSTC_BOOTSTRAP=1 CARGO_ENCODED_RUSTFLAGS=$encoded CARGO_TARGET_DIR=$work/target \
        "$cargo" rustc --quiet --locked -p libvfs --lib --crate-type staticlib --features pre-linked \
        --profile interposer --target $target $build_std
    object=$(member "$work/target/$target/interposer/liblibvfs.a" '^libvfs-')
    symbols=$(for name in $exports; do printf '%s\n' "__imported_wasi_snapshot_preview1_$name" "$name|wasi_snapshot_preview1"; done)
    count=$(echo "$symbols" | wc -l)
    names=$(echo "$symbols" | wc -c)
    index=$((4 + 4 * count + names + names % 2))
    {
        printf '!<arch>\n'
        header / "$index"
        word "$count"
        # Where the object is: behind the archive's eight bytes and the index with its header.
        for name in $symbols; do word $((8 + 60 + index)); done
        echo "$symbols" | tr '\n' '\000'
        [ $((names % 2)) = 0 ] || printf '\000'
        header wasi_vfs.o/ "$(wc -c <"$object" | tr -d ' ')"
        cat "$object"
        [ $(($(wc -c <"$object") % 2)) = 0 ] || printf '\n'
    } >"$out/libwasi_vfs.a"
}
# header NAME SIZE: of a member: name, no time, no owner, mode, size.
header() { printf '%-16s%-12s%-6s%-6s%-8s%-10s`\n' "$1" 0 0 0 644 "$2"; }
# word NUMBER: four bytes, the highest first.
word() {
    # shellcheck disable=SC2059
    printf "\\$(printf %03o $(($1 >> 24 & 255)))\\$(printf %03o $(($1 >> 16 & 255)))\\$(printf %03o $(($1 >> 8 & 255)))\\$(printf %03o $(($1 & 255)))"
}
# member ARCHIVE PATTERN: takes the member out whose name, which stands in the archive's table of long names, is like this.
member() {
    at=8
    size=$(wc -c <"$1")
    while [ $at -lt "$size" ]; do
        line=$(tail -c +$((at + 1)) "$1" | head -c 60)
        name=$(echo "$line" | cut -c1-16 | tr -d ' ')
        bytes=$(echo "$line" | cut -c49-58 | tr -d ' ')
        case $name in
            //) table=$((at + 60)) ;;
            /[0-9]*) name=$(tail -c +$((table + ${name#/} + 1)) "$1" | head -c 256 | sed 's,/.*,,; q') ;;
        esac
        if echo "$name" | grep -q "$2"; then
            tail -c +$((at + 61)) "$1" | head -c "$bytes" >"$work/member.o"
            echo "$work/member.o"
            return
        fi
        at=$((at + 60 + bytes + bytes % 2))
    done
    echo "$0: no member like $2 in $1" >&2
    exit 1
}
artifacts='libwasi_vfs.wasm libwasi_vfs_writable.wasm libwasi_vfs.a'
build libwasi_vfs
build libwasi_vfs_writable --features writable
archive

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
sha() { sha256sum <"$out/$1" | cut -d' ' -f1; }
size() { wc -c <"$out/$1" | tr -d ' '; }
compiler=$("$RUSTC" -vV | sed -n 's/^rustc /rustc /p; s/^commit-hash: /commit /p; s/^LLVM version: /LLVM /p' | paste -sd, - | sed 's/,/, /g')
lld=$($linker --version | sed 's/ (.*//')
cat >"$out/provenance.json" <<JSON
{
  "artifacts": [
    { "name": "libwasi_vfs.wasm", "size": $(size libwasi_vfs.wasm), "sha256": "$(sha libwasi_vfs.wasm)" },
    { "name": "libwasi_vfs_writable.wasm", "size": $(size libwasi_vfs_writable.wasm), "sha256": "$(sha libwasi_vfs_writable.wasm)" },
    { "name": "libwasi_vfs.a", "size": $(size libwasi_vfs.a), "sha256": "$(sha libwasi_vfs.a)" }
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
    for name in $artifacts; do echo "$name: $(size $name) bytes, sha256 $(sha $name)"; done
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
for file in $artifacts provenance.json; do
    cmp "$out/$file" "$here/dist/$file" || exit 3
done
echo "libvfs/dist is what this source gives"
