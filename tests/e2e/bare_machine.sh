#!/bin/bash
# gmc on a machine without compiler, linker, headers or -dev packages: a model is compiled,
# trained and sampled from. By hand, as root; needs debootstrap and Debian's archive.
#
#   tests/e2e/bare_machine.sh BUILD FOLDER
#
# FOLDER is made: Debian 12 of minimal size, the packages of gmc's shared libraries and of
# Fashion-MNIST, and what `cmake --install BUILD` installs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
if (($# != 2)); then
  echo "usage: tests/e2e/bare_machine.sh BUILD FOLDER" >&2
  exit 2
fi
build=$1
folder=$2
debootstrap --variant=minbase bookworm "$folder" http://deb.debian.org/debian
echo 'deb http://deb.debian.org/debian-security bookworm-security main' \
  >"$folder/etc/apt/sources.list.d/security.list"
chroot "$folder" apt-get update
chroot "$folder" apt-get install -y --no-install-recommends \
  libmlir-22 libllvm22 libstdc++6 dataset-fashion-mnist
cmake --install "$build" --prefix "$folder/opt/gmc"
mkdir -p "$folder/work"
cp models/vae.gm "$folder/work"
trap 'umount "$folder/proc"' EXIT
mount -t proc proc "$folder/proc"
chroot "$folder" /bin/bash -euc '
  for program in cc gcc g++ c++ clang ld ld.lld as; do
    ! command -v "$program" || { echo "$program is there"; exit 1; }
  done
  ! find / -xdev -name crt1.o -o -xdev -name libc_nonshared.a | grep . ||
    { echo "start files are there"; exit 1; }
  cd /work
  /opt/gmc/bin/gmc compile vae.gm
  ./vae train --steps 20
  ./vae sample'
echo "compiled, trained and sampled from on a bare machine"
