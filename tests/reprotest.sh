#!/usr/bin/env bash
# Runs a command in a folder twice under Debian's reprotest, once as it is and once with everything varied that
# reprotest knows, and compares the artifacts: `bash reprotest.sh FOLDER COMMAND ARTIFACTS`.
#
# All of its variations at once need root and three things of the system, each arranged in a mount namespace of our own,
# so that nothing outside changes: `sudo`, as reprotest calls it (`sudo -h localhost`, refused by newer versions);
# `/dev/fuse` for the other user, who mounts the disordered copy of the folder; and more than one CPU.
# Without root or such a namespace (in many containers), what needs them is left out and said so;
# `tests/reproducible.rs` varies that in its own way.
set -euo pipefail

if [[ -z ${REPROTEST_NAMESPACE:-} ]] && ! { [[ $(id -u) == 0 && -e /dev/fuse ]] && unshare --mount true; }; then
  echo "reprotest.sh: not root, or no mount namespace: no variation of user_group, domain_host, fileordering" >&2
  exec reprotest --verbose --no-diffoscope --min-cpus 1 --source-root "$1" \
    --vary=+all,-user_group,-domain_host,-fileordering "$2" "$3"
fi
if [[ -z ${REPROTEST_NAMESPACE:-} ]]; then
  REPROTEST_NAMESPACE=1 exec unshare --mount "$0" "$@"
fi

work=$(mktemp -d)
trap 'umount "$work/sudo" "$work/fuse" 2>/dev/null || true; rm -rf "$work"' EXIT
chmod 755 "$work"
mknod -m 666 "$work/fuse" c 10 229
mount --bind "$work/fuse" /dev/fuse
touch "$work/sudo"
mount --bind "$(readlink -f "$(command -v sudo)")" "$work/sudo"
cat >"$work/wrapper" <<SCRIPT
#!/bin/sh
[ "\$1 \$2" = "-h localhost" ] && shift 2
exec $work/sudo "\$@"
SCRIPT
chmod 755 "$work/wrapper"
mount --bind "$work/wrapper" "$(readlink -f "$(command -v sudo)")"

# The first build has one CPU, the second all.
reprotest --verbose --no-diffoscope --min-cpus 1 --source-root "$1" \
  --vary=+all,user_group.available+=nobody:nogroup,domain_host.use_sudo=1 "$2" "$3"
