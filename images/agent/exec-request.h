/*
 * The request of tabnix-exec.c: everything about the process that Linux has started, of which the host
 * makes a WebAssembly process. exec-protocol.h has its layout.
 */
#ifndef TABNIX_EXEC_REQUEST_H
#define TABNIX_EXEC_REQUEST_H
#include "exec-protocol.h"
#include "sys.h"

enum { LONGEST_PATH = 4096, STANDARD_DESCRIPTORS = 3, SEEK_CUR = 1 };
/* In words: struct stat64 of i386, and its st_mode. */
enum { STAT_WORDS = 24, STAT_MODE = 4 };

static u8 request[MAX_REQUEST_BYTES];
static u32 filled;
/* Why there is no request, or 0. */
static const char *obstacle;
/* The first of the standard descriptors that is a terminal, or -1; and its size when last asked. */
static int terminal = -1;
static struct winsize size;

/* Room for so many bytes at the request's end. */
static u8 *room(u32 n) {
  u8 *at = request + filled;
  if (n > sizeof request - filled) {
    obstacle = "argument list too long";
    return 0;
  }
  filled += n;
  return at;
}

static void add_bytes(const void *bytes, u32 n) {
  u8 *at = room(n);
  if (at) copy(at, bytes, n);
}

static void add_number(u32 value) { add_bytes(&value, 4); }

static void add_text(const char *text, u32 n) {
  add_number(n);
  add_bytes(text, n);
}

static void add_texts(char **texts) {
  u32 count = 0, i;
  while (texts[count]) count++;
  add_number(count);
  for (i = 0; i < count; i++) add_text(texts[i], length(texts[i]));
}

/* Adds where a link of /proc leads: an absolute path for what has one, or as "pipe:[123]". */
static void add_link(const char *path) {
  static char target[LONGEST_PATH];
  int n = S3(SYS_readlink, path, target, sizeof target);
  add_text(target, n < 0 ? 0 : n);
}

static void add_link_of_descriptor(u32 descriptor) {
  static char path[24] = "/proc/self/fd/";
  char digits[10];
  int n = 0, at = 14;
  do digits[n++] = '0' + descriptor % 10;
  while (descriptor /= 10);
  while (n) path[at++] = digits[--n];
  path[at] = 0;
  add_link(path);
}

static void add_terminals(void) {
  u32 bits = 0;
  u8 mode[64];
  int fd;
  for (fd = STANDARD_DESCRIPTORS - 1; fd >= 0; fd--) {
    if (S3(SYS_ioctl, fd, TCGETS, mode) < 0) continue;
    bits |= 1 << fd;
    terminal = fd;
  }
  add_number(bits);
  if (terminal >= 0) S3(SYS_ioctl, terminal, TIOCGWINSZ, &size);
  add_bytes(&size, 4); /* rows and columns come first */
}

static void add_descriptor(int fd) {
  u32 status[STAT_WORDS], position[2];
  int flags = S2(SYS_fcntl64, fd, F_GETFL);
  add_number(S2(SYS_fstat64, fd, status) < 0 ? 0 : status[STAT_MODE]);
  add_number(flags < 0 ? 0 : flags);
  if (S5(SYS_llseek, fd, 0, 0, position, SEEK_CUR) < 0) position[0] = position[1] = -1;
  add_bytes(position, 8);
  add_link_of_descriptor(fd);
}

/*
 * The path as Linux gives it may be relative, or name a descriptor (/dev/fd/5); where the opened file
 * is, /proc knows. O_PATH needs no permission to read.
 */
static void add_module(const char *path) {
  int fd = S3(SYS_open, path, O_PATH | O_CLOEXEC, 0);
  if (fd < 0) {
    obstacle = "it cannot be found";
    return;
  }
  add_link_of_descriptor(fd);
  S1(SYS_close, fd);
}

static void add_groups(void) {
  int count = S2(SYS_getgroups32, 0, 0);
  u8 *at;
  if (count < 0) count = 0;
  add_number(count);
  at = room(count * 4);
  if (at && count) S2(SYS_getgroups32, count, at);
}

/* Fills `request`, or sets `obstacle`. Nothing may have been opened before: it could look like a standard descriptor. */
static void describe_process(const char *module, char **arguments, char **environment) {
  u32 mask = S1(SYS_umask, 0), bytes;
  int fd;
  S1(SYS_umask, mask);
  request[0] = EXEC_REQUEST;
  filled = EXEC_HEADER_BYTES;
  add_number(EXEC_VERSION);
  add_number(S0(SYS_getuid32)); /* the effective one is this program's own: see tabnix-exec.c */
  add_number(S0(SYS_getegid32));
  add_number(mask);
  add_terminals();
  for (fd = 0; fd < STANDARD_DESCRIPTORS; fd++) add_descriptor(fd);
  add_module(module);
  add_link("/proc/self/cwd");
  add_texts(arguments);
  add_texts(environment);
  add_groups();
  bytes = filled - EXEC_HEADER_BYTES;
  copy(request + 4, &bytes, 4);
}

#endif
