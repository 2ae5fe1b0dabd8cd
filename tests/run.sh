#!/usr/bin/env bash
# Everything that has to hold: formatting, lints, docs, the pinned artifact, the README's first command, all tests.
# With arguments: only `cargo test` with these, e.g. `bash tests/run.sh -p wasi-vfs-tests --test oracle`.
#
# Most of it is built without the feature `run`, which only adds the engine of `wasi-vfs run`: the tests bring
# their own engines. What belongs to `run` is checked once, with the README's first command and the command's own tests.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { echo "== $* (at $SECONDS s)" >&2; }

# What earlier runs found out must not make these pass.
export WASI_VFS_CACHE=

bash tests/setup.sh
if [ $# -gt 0 ]; then
  exec cargo test --workspace --no-default-features "$@"
fi

# Everything is built once: what rustc would keep for a next build is a third of the disk this run takes.
export CARGO_INCREMENTAL=0

step "format"
cargo fmt --all --check

step "the pinned interposer, built again"
bash libvfs/build-dist.sh --check

step "lints"
cargo clippy --workspace --all-targets --no-default-features -- -D warnings
cargo clippy --package wasi-vfs --all-targets -- -D warnings

step "documentation"
RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --no-default-features

step "the README's first command"
cargo run -q -- bundle -m examples/hello/wasi-vfs.toml
cargo run -q -- run examples/hello/dist/hello.wasm | diff - examples/hello/files/greeting.txt

step "tests"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
{
  cargo test --package wasi-vfs --test cli --no-fail-fast -- run:: || exit 1
  cargo test --workspace --no-default-features --no-fail-fast
} 2>&1 | tee "$log" || status=$?

# One line for all of cargo's summaries.
awk '/^test result:/ { passed += $4; failed += $6; skipped += $8 }
     END { printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped }' "$log"
exit "$status"
