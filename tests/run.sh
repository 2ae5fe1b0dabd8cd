#!/usr/bin/env bash
# All tests: what they need, then `cargo test`. Arguments go to `cargo test`.
#
# `--no-default-features`: the default feature `run` only adds `wasi-vfs run`, an engine inside the
# tool, and compiling it takes longer than all the rest; the tests bring their own engines.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
bash "$here/setup.sh"
cd "$here/.."
exec cargo test --workspace --no-default-features "$@"
