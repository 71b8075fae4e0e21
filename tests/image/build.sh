#!/bin/bash
# Builds the targets of deploy/container/Dockerfile with buildah (Debian 12, root), on a base that is
# made here: no registry of images is asked. The base is Debian's own packages with this machine's
# Python 3.12 in /usr/local, where the official image has it.
#
#     tests/image/build.sh WORK [TARGET...]      default: services embedded
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$1
shift
[ $# -gt 0 ] || set -- services embedded
python=${PYTHON312:-$(ls -d "$(pyenv root)"/versions/3.12* | tail -n 1)}
base=localhost/gas-proof-base
store=(buildah --root "$work/storage" --runroot "$work/run" --storage-driver "${STORAGE_DRIVER:-overlay}")

[ -x "$python/bin/python3.12" ] || { echo "PYTHON312 must name the folder of a Python 3.12."; exit 1; }
mkdir -p "$work"
[ -f "$work/base.tar" ] ||
  mmdebstrap --variant=minbase --include=ca-certificates,libssl3,libffi8,libsqlite3-0,zlib1g,libbz2-1.0,liblzma5,libreadline8,libncursesw6,libuuid1,netbase,tzdata \
    bookworm "$work/base.tar"
if ! "${store[@]}" inspect "$base" >/dev/null 2>&1; then
  made=$("${store[@]}" from scratch)
  root=$("${store[@]}" mount "$made")
  tar -C "$root" -xf "$work/base.tar"
  tar -C "$python" --exclude=__pycache__ --exclude=site-packages --exclude=test -cf - bin lib include |
    tar -C "$root/usr/local" -xf -
  ln -sf python3.12 "$root/usr/local/bin/python"
  chroot "$root" ldconfig
  # How this machine reaches package indexes; the official base needs none of it.
  cp /etc/apt/apt.conf.d/99* "$root/etc/apt/apt.conf.d/" 2>/dev/null || true
  cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
  "${store[@]}" config --env PIP_CERT=/etc/ssl/certs/ca-certificates.crt "$made"
  "${store[@]}" commit --rm --quiet "$made" "$base" >/dev/null
fi
for target in "$@"; do
  "${store[@]}" build --quiet --isolation chroot --format docker --layers --pull-never --target "$target" \
    --build-arg BASE="$base" --build-arg REVISION="$(git rev-parse HEAD)" \
    --file deploy/container/Dockerfile --tag "localhost/gas:$target" .
done
"${store[@]}" images
