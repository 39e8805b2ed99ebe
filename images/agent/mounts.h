/*
 * What the guest mounts when it starts. The system tree is already the root: cached by the guest
 * (cache=loose). The live tree is the same tree over a second device, bound over the folders that the
 * guest, WebAssembly tools and the page share. Of it the tuned kernel keeps names and attributes as
 * long as nobody else changes the tree (images/kernel/9p-epoch.patch; the port is that of
 * workers/machine/devices.ts). Debian's, which passes over the option, keeps nothing.
 */
#ifndef TABNIX_MOUNTS_H
#define TABNIX_MOUNTS_H
#include "sys.h"

enum { MS_NOSUID = 2, MS_NODEV = 4, MS_NOEXEC = 8, MS_REMOUNT = 32, MS_BIND = 4096 };

#define LIVE "/run/tabnix/live"

static void mount_one(const char *source, const char *target, const char *type, u32 flags, const char *options) {
  int error = S5(SYS_mount, source, target, type, flags, options);
  /* EBUSY (16): the stock kernel's initrd or devtmpfs mounted it before us. */
  if (error < 0 && error != -16) {
    log_text("tabnix: cannot mount ");
    log_text(target);
    log_text("\n");
  }
}

static void bind_live(const char *from, const char *to) {
  mount_one(from, to, "", MS_BIND, "");
}

/*
 * WebAssembly files run as programs do, by tabnix-exec.c. P: it is told the name it was called by; F: it
 * is opened now, so that a changed root (chroot) has it too.
 */
static void register_webassembly(void) {
  static const char format[] = ":tabnix-wasm:M::\\x00asm::/usr/lib/tabnix/exec:PF";
  mount_one("binfmt_misc", "/proc/sys/fs/binfmt_misc", "binfmt_misc", MS_NOSUID | MS_NODEV | MS_NOEXEC, "");
  if (put_text("/proc/sys/fs/binfmt_misc/register", format) < 0) {
    log_text("tabnix: WebAssembly files cannot be run as programs\n");
  }
}

static void mount_everything(void) {
  mount_one("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, "");
  mount_one("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "");
  mount_one("devtmpfs", "/dev", "devtmpfs", MS_NOSUID, "mode=0755");
  S2(SYS_mkdir, "/dev/pts", 0755);
  S2(SYS_mkdir, "/dev/shm", 01777);
  mount_one("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "mode=0620,gid=5,ptmxmode=0666");
  mount_one("tmpfs", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777");
  mount_one("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755");
  S2(SYS_symlink, "/proc/self/fd", "/dev/fd");
  S2(SYS_symlink, "/proc/self/fd/0", "/dev/stdin");
  S2(SYS_symlink, "/proc/self/fd/1", "/dev/stdout");
  S2(SYS_symlink, "/proc/self/fd/2", "/dev/stderr");
  S2(SYS_mkdir, "/run/lock", 01777);
  S2(SYS_mkdir, "/run/tabnix", 0755);
  S2(SYS_mkdir, LIVE, 0755);
  mount_one("live", LIVE, "9p", 0, "trans=virtio,version=9p2000.L,cache=mmap,epoch=5e8,msize=524288");
  bind_live(LIVE "/home", "/home");
  bind_live(LIVE "/root", "/root");
  bind_live(LIVE "/tmp", "/tmp");
  bind_live(LIVE "/workspace", "/workspace");
}

#endif
