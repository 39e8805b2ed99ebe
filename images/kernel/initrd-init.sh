#!/bin/busybox sh
# The first program of the stock kernel, in its initial RAM disk: loads the drivers that the tuned
# kernel has built in, mounts the root that the command line names, and hands over to it.

fail() {
	echo "initrd: $*"
	exit 1 # the kernel panics, and what it prints reaches the boot screen
}

/bin/busybox mount -t proc proc /proc
/bin/busybox --install -s /bin
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev

for module in /modules/*.ko; do
	insmod "$module" || fail "$module cannot be loaded."
done

for argument in $(cat /proc/cmdline); do
	case $argument in
	root=*) root=${argument#root=} ;;
	rootfstype=*) type=${argument#rootfstype=} ;;
	rootflags=*) flags=${argument#rootflags=} ;;
	init=*) init=${argument#init=} ;;
	esac
done

attempt=0
until mount -t "$type" -o "$flags" "$root" /root 2>/dev/null; do
	attempt=$((attempt + 1))
	[ $attempt = 1 ] && echo "initrd: waiting for the root \"$root\""
	[ $attempt = 50 ] && fail "the root \"$root\" cannot be mounted."
	sleep 0.2
done

umount /proc /sys
mount --move /dev /root/dev || umount /dev
exec switch_root /root "$init"
