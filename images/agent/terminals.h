/*
 * Terminals: each is a pty with a session of its own. The kernel's line discipline works on the pty,
 * so echo, job control and newline translation cost memory copies, not device exits.
 */
#ifndef TABNIX_TERMINALS_H
#define TABNIX_TERMINALS_H
#include "protocol.h"
#include "sys.h"

enum { TERMINALS = 16, INPUT_BYTES = 16384, MAX_STRINGS = 120 };
enum { TCSETS = 0x5402, TIOCSCTTY = 0x540E, TIOCSWINSZ = 0x5414, TIOCGPTN = 0x80045430, TIOCSPTLCK = 0x40045431 };

/* The kernel's termios, not libc's. */
struct termios { u32 input, output, control, local; u8 line; u8 characters[19]; };
enum { IUTF8 = 040000, INPUT_RAW = 0x5FB, OPOST = 1, LOCAL_RAW = 0x804B };

struct terminal {
  int master;          /* -1: free */
  int pid;             /* 0: the child has been reaped */
  u32 status;
  int hung;            /* nobody has the slave open, yet the child lives: poll would spin */
  u32 credit;          /* output bytes the host still takes */
  u32 start, queued;   /* ring of input not yet written to the master */
  u8 input[INPUT_BYTES];
};

static struct terminal terminals[TERMINALS];

static void set_size(int fd, const u8 *rows_columns) {
  struct winsize size;
  size.rows = get16(rows_columns);
  size.columns = get16(rows_columns + 2);
  size.width = size.height = 0;
  S3(SYS_ioctl, fd, TIOCSWINSZ, &size);
}

static void set_mode(int fd, int raw) {
  struct termios mode;
  if (S3(SYS_ioctl, fd, TCGETS, &mode) < 0) return;
  mode.input |= IUTF8;
  if (raw) {
    mode.input &= ~INPUT_RAW;
    mode.output &= ~OPOST;
    mode.local &= ~LOCAL_RAW;
  }
  S3(SYS_ioctl, fd, TCSETS, &mode);
}

static void path_of_slave(char *path, u32 number) {
  char digits[10];
  int n = 0;
  copy(path, "/dev/pts/", 9);
  path += 9;
  do digits[n++] = '0' + number % 10;
  while (number /= 10);
  while (n) *path++ = digits[--n];
  *path = 0;
}

/* In the child: becomes the session on the pty and runs the program. Never returns. */
static void run_child(const char *slave, int raw, const char *directory, char **argv, char **envp) {
  unsigned long long none = 0;
  int fd;
  static const char cannot[] = "tabnix: cannot run ";
  S4(SYS_rt_sigprocmask, 2, &none, 0, 8);
  S0(SYS_setsid);
  fd = S3(SYS_open, slave, O_RDWR, 0);
  if (fd < 0) S1(SYS_exit_group, 126);
  S3(SYS_ioctl, fd, TIOCSCTTY, 0);
  set_mode(fd, raw);
  S2(SYS_dup2, fd, 0);
  S2(SYS_dup2, fd, 1);
  S2(SYS_dup2, fd, 2);
  if (fd > 2) S1(SYS_close, fd);
  if (S1(SYS_chdir, directory) < 0) S1(SYS_chdir, "/");
  S3(SYS_execve, argv[0], argv, envp);
  S3(SYS_write, 2, cannot, sizeof cannot - 1);
  S3(SYS_write, 2, argv[0], length(argv[0]));
  S3(SYS_write, 2, "\n", 1);
  S1(SYS_exit_group, 127);
}

/* Splits the NUL-ended strings of OPEN. Returns 0 when the payload does not hold them all. */
static int split_strings(u8 *from, u8 *end, u32 count, char **into) {
  u32 i;
  for (i = 0; i < count; i++) {
    into[i] = (char *)from;
    while (from < end && *from) from++;
    if (from == end) return 0;
    from++;
  }
  return 1;
}

/* Starts a program on a new pty. Returns 0 when that could not be done. */
static int open_terminal(struct terminal *t, u8 *payload, u32 size) {
  static char *strings[MAX_STRINGS + 2];
  static char *argv[MAX_STRINGS + 1];
  char slave[24];
  u32 argc, envc, number, i;
  int unlock = 0, master, pid;
  if (size < 8) return 0;
  argc = payload[5];
  envc = payload[6];
  if (argc == 0 || argc + envc + 1 > MAX_STRINGS) return 0;
  if (!split_strings(payload + 7, payload + size, argc + envc + 1, strings)) return 0;
  for (i = 0; i < argc; i++) argv[i] = strings[1 + i];
  argv[argc] = 0;
  strings[1 + argc + envc] = 0;
  master = S3(SYS_open, "/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0);
  if (master < 0) return 0;
  S3(SYS_ioctl, master, TIOCSPTLCK, &unlock);
  S3(SYS_ioctl, master, TIOCGPTN, &number);
  path_of_slave(slave, number);
  set_size(master, payload);
  pid = S0(SYS_fork);
  if (pid == 0) run_child(slave, payload[4] & RAW, strings[0], argv, strings + 1 + argc);
  if (pid < 0) {
    S1(SYS_close, master);
    return 0;
  }
  t->master = master;
  t->pid = pid;
  t->status = 0;
  t->hung = 0;
  t->credit = 0;
  t->start = t->queued = 0;
  return 1;
}

/* Queues typed bytes; the host never sends more than INPUT_BYTES ahead of ACCEPTED. */
static void queue_input(struct terminal *t, const u8 *bytes, u32 size) {
  u32 i;
  for (i = 0; i < size && t->queued < INPUT_BYTES; i++) {
    t->input[(t->start + t->queued++) % INPUT_BYTES] = bytes[i];
  }
}

/* Writes queued input to the pty; returns how many bytes it took. */
static u32 write_input(struct terminal *t) {
  u32 total = 0;
  while (t->queued) {
    u32 run = INPUT_BYTES - t->start;
    int n;
    if (run > t->queued) run = t->queued;
    n = S3(SYS_write, t->master, t->input + t->start, run);
    if (n <= 0) {
      /* A pty nobody reads any more: swallow, or the host would wait for ever. */
      if (n != -EAGAIN && n != -EINTR) { total += t->queued; t->queued = 0; }
      break;
    }
    t->start = (t->start + n) % INPUT_BYTES;
    t->queued -= n;
    total += n;
  }
  return total;
}

#endif
