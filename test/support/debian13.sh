#!/bin/sh
# `npm run test:debian13`: a command of the README in a fresh Debian 13, as root, from a clone of the newest commit.
#   npm run test:debian13                                the sample journey (npm start -- --once)
#   npm run test:debian13 -- test [part of a path …]     the tests, or some of them (npm test)
# Debian is bootstrapped once, from the mirror of this machine's apt, and kept as var/debian13/base.tar; delete that file to take today's packages.
# Mounts and processes live in namespaces of their own: the kernel takes them away with the last process.
set -eu

stop() { echo "test:debian13: $1" >&2; exit 2; }

case "${1:-start}" in
  start) command='npm start -- --once' ;;
  test) command='npm test --'; shift ;;
  *) stop 'usage: npm run test:debian13 [-- test [part of a path …]]' ;;
esac
[ "$(id -u)" = 0 ] || stop 'run it as root: it changes its root folder (chroot)'
for program in debootstrap unshare git; do
  command -v "$program" > /dev/null || stop "$program is missing: apt-get install debootstrap util-linux git"
done

top=$(git rev-parse --show-toplevel)
home=$top/var/debian13
root=$home/root
checkout=/srv/throughcare
mkdir -p "$home"
[ -z "$(git -C "$top" status --porcelain)" ] || echo 'test:debian13: only committed changes are tried' >&2

# One at a time: two would unpack into one folder.
exec 9> "$home/lock"
flock --nonblock 9 || stop "another run is under way on $home"
clear_root() { rm -rf --one-file-system "$root"; }
trap clear_root EXIT
trap 'exit 130' INT TERM HUP

# Runs its arguments in the Debian below $root, with the network settings of this machine and nothing else of its environment.
inside() {
  unshare --mount --pid --fork --kill-child sh -c '
    root=$1; shift
    mount -t proc proc "$root/proc"
    mkdir -p "$root/dev/shm"
    mount -t tmpfs tmpfs "$root/dev/shm"
    exec chroot "$root" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
  ' inside "$root" ${proxy:+"http_proxy=$proxy" "https_proxy=$proxy"} "$@" 9>&-
}

eval "$(apt-config shell proxy Acquire::http::Proxy)"
proxy=${proxy:-}
clear_root
mkdir -p "$root"

if [ ! -e "$home/base.tar" ]; then
  echo 'Bootstrapping Debian 13 with nodejs, npm and git …'
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' | head -n 1)
  # In a namespace too: debootstrap mounts /proc.
  unshare --mount ${proxy:+env "http_proxy=$proxy"} \
    debootstrap --variant=minbase trixie "$root" ${mirror:+"$mirror"} > "$home/bootstrap.log" 2>&1 9>&- \
    || stop "debootstrap failed: $home/bootstrap.log"
  # A base that a power cut spoils is made again; without this each package waits for the disk.
  echo force-unsafe-io > "$root/etc/dpkg/dpkg.cfg.d/unsafe-io"
  cp /etc/resolv.conf "$root/etc/resolv.conf"
  { inside apt-get -q update && inside apt-get -q -y install --no-install-recommends ca-certificates git nodejs npm; } \
    >> "$home/bootstrap.log" 2>&1 || stop "apt-get failed in Debian 13: $home/bootstrap.log"
  rm -rf "$root"/var/cache/apt/archives/*.deb
  tar --one-file-system -C "$root" -cf "$home/base.tar.new" .
  mv "$home/base.tar.new" "$home/base.tar"
else
  tar -C "$root" -xf "$home/base.tar"
fi

cp /etc/resolv.conf "$root/etc/resolv.conf"
# Authorities that this machine trusts beside Debian's own.
find /usr/local/share/ca-certificates -name '*.crt' -exec cp -t "$root/usr/local/share/ca-certificates" {} + 2> /dev/null || true
inside update-ca-certificates > /dev/null 2>&1
git clone --quiet --no-hardlinks "$top" "$root$checkout"

started=$(date +%s)
code=0
inside "npm_config_registry=$(npm config get registry)" npm_config_cafile=/etc/ssl/certs/ca-certificates.crt \
  sh -c "cd $checkout && exec $command \"\$@\"" "$command" "$@" || code=$?
seconds=$(($(date +%s) - started))

[ "$code" = 0 ] || cp -r "$root$checkout/var/log" "$home/" 2> /dev/null || true
echo "Debian $(cat "$root/etc/debian_version"), with $(inside dpkg-query --show --showformat '${Package} ${Version} · ' nodejs nats-server redis-server postgresql 2> /dev/null || true)"
echo "test:debian13: $command $* ended with $code after $seconds s"
exit "$code"
