/*
 * System calls of Linux on i386, without a C library.
 *
 * The agent is built inside the guest by tcc while an image is built (a visitor's or a developer's
 * machine may have no C compiler), so it may use neither libc nor compiler extensions that tcc lacks.
 * Numbers and structures: Linux, arch/x86/entry/syscalls/syscall_32.tbl and the uapi headers.
 */
#ifndef TABNIX_SYS_H
#define TABNIX_SYS_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;

enum {
  SYS_fork = 2, SYS_read = 3, SYS_write = 4, SYS_open = 5, SYS_close = 6, SYS_execve = 11,
  SYS_chdir = 12, SYS_mount = 21, SYS_access = 33, SYS_sync = 36, SYS_kill = 37, SYS_mkdir = 39, SYS_umount2 = 52,
  SYS_dup2 = 63, SYS_setsid = 66, SYS_sethostname = 74, SYS_symlink = 83, SYS_reboot = 88,
  SYS_mmap = 90, SYS_munmap = 91, SYS_socketcall = 102, SYS_wait4 = 114, SYS_exit_group = 252,
  SYS_ioctl = 54, SYS_nanosleep = 162, SYS_poll = 168, SYS_rt_sigprocmask = 175,
  SYS_clock_settime = 264, SYS_signalfd4 = 327, SYS_sysinfo = 116, SYS_getpid = 20,
  SYS_umask = 60, SYS_readlink = 85, SYS_llseek = 140, SYS_rt_sigaction = 174, SYS_pread64 = 180,
  SYS_pwrite64 = 181, SYS_fstat64 = 197, SYS_getuid32 = 199, SYS_getegid32 = 202,
  SYS_getgroups32 = 205, SYS_setresuid32 = 208, SYS_fcntl64 = 221, SYS_ppoll = 309, SYS_pipe2 = 331,
  SYS_syncfs = 344
};

enum { O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2, O_NOCTTY = 0400, O_NONBLOCK = 04000, O_CLOEXEC = 02000000 };
enum { O_LARGEFILE = 0100000, O_PATH = 010000000, F_GETFL = 3, F_SETFL = 4, F_DUPFD_CLOEXEC = 1030 };
enum { X_OK = 1 };
enum { ENOENT = 2, ESRCH = 3, EINTR = 4, EIO = 5, EAGAIN = 11, EACCES = 13, ENOTDIR = 20, EFBIG = 27, ENOSPC = 28, EPIPE = 32 };
enum { POLLIN = 1, POLLOUT = 4, POLLERR = 8, POLLHUP = 16 };
enum { SIGHUP = 1, SIGKILL = 9, SIGUSR1 = 10, SIGUSR2 = 12, SIGTERM = 15, SIGCHLD = 17, SIGCONT = 18 };
enum { SIGPIPE = 13, SIGWINCH = 28, SIG_DFL = 0, SIG_IGN = 1, SIG_UNBLOCK = 1, SA_RESTART = 0x10000000 };
enum { TCGETS = 0x5401, TIOCGWINSZ = 0x5413, FIONREAD = 0x541B };

static int sys(int number, u32 a, u32 b, u32 c, u32 d, u32 e) {
  int result;
  __asm__ volatile("int $0x80"
                   : "=a"(result)
                   : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
                   : "memory");
  return result;
}

#define S0(n) sys(n, 0, 0, 0, 0, 0)
#define S1(n, a) sys(n, (u32)(a), 0, 0, 0, 0)
#define S2(n, a, b) sys(n, (u32)(a), (u32)(b), 0, 0, 0)
#define S3(n, a, b, c) sys(n, (u32)(a), (u32)(b), (u32)(c), 0, 0)
#define S4(n, a, b, c, d) sys(n, (u32)(a), (u32)(b), (u32)(c), (u32)(d), 0)
#define S5(n, a, b, c, d, e) sys(n, (u32)(a), (u32)(b), (u32)(c), (u32)(d), (u32)(e))

struct timespec { int seconds; int nanoseconds; };
struct pollfd { int fd; short events; short revents; };
struct winsize { u16 rows, columns, width, height; };
/* The kernel's own, for rt_sigaction; its trampoline ends a handler. */
struct sigaction { u32 handler, flags, restorer, mask[2]; };

static u32 get16(const u8 *p) { return p[0] | p[1] << 8; }
static u32 get32(const u8 *p) { return p[0] | p[1] << 8 | p[2] << 16 | (u32)p[3] << 24; }

static u32 length(const char *text) {
  u32 n = 0;
  while (text[n]) n++;
  return n;
}

static void copy(void *to, const void *from, u32 n) {
  u8 *t = to;
  const u8 *f = from;
  while (n--) *t++ = *f++;
}

/* tcc calls these for structure copies and initialisers. */
void *memcpy(void *to, const void *from, u32 n) { copy(to, from, n); return to; }
void *memmove(void *to, const void *from, u32 n) {
  u8 *t = to;
  const u8 *f = from;
  if (t <= f) copy(to, from, n);
  else while (n--) t[n] = f[n];
  return to;
}
void *memset(void *to, int value, u32 n) {
  u8 *t = to;
  while (n--) *t++ = (u8)value;
  return to;
}

static void milliseconds_sleep(int ms) {
  struct timespec t;
  t.seconds = ms / 1000;
  t.nanoseconds = ms % 1000 * 1000000;
  S2(SYS_nanosleep, &t, 0);
}

static void log_text(const char *text) { S3(SYS_write, 2, text, length(text)); }

/* Writes a short text to a file that exists, as in /proc and /sys. */
static int put_text(const char *path, const char *text) {
  int fd = S3(SYS_open, path, O_WRONLY | O_CLOEXEC, 0);
  int result;
  if (fd < 0) return fd;
  result = S3(SYS_write, fd, text, length(text));
  S1(SYS_close, fd);
  return result;
}

#endif
