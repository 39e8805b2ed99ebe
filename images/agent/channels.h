/*
 * Channels: programs that the host talks to. A terminal is a pty with a session of its own; the kernel's
 * line discipline works on it, so echo, job control and newline translation cost memory copies, not device
 * exits. A program with pipes has a session too, three pipes and no terminal.
 */
#ifndef TABNIX_CHANNELS_H
#define TABNIX_CHANNELS_H
#include "program.h"
#include "protocol.h"
#include "sys.h"

enum { CHANNELS = 48, INPUT_BYTES = 16384, LINGERING = 32 };
enum { TCSETS = 0x5402, TIOCSCTTY = 0x540E, TIOCSWINSZ = 0x5414, TIOCGPTN = 0x80045430, TIOCSPTLCK = 0x40045431 };
enum { STDIN = 0, STDOUT = 1, STDERR = 2, STANDARD = 3, CLOSED = -1 };

/* The kernel's termios, not libc's. */
struct termios { u32 input, output, control, local; u8 line; u8 characters[19]; };
enum { IUTF8 = 040000, INPUT_RAW = 0x5FB, OPOST = 1, LOCAL_RAW = 0x804B };

struct channel {
  int used;
  int is_terminal;
  int ends[STANDARD];    /* our ends; of a terminal, its master is the first two */
  int pid;               /* 0: the child has been reaped */
  u32 status;
  int hung;              /* nobody has the slave open, yet the child lives: poll would spin */
  int no_more_input;     /* standard input is closed when what is queued has been written */
  u32 credit[STANDARD];  /* output bytes the host still takes */
  u32 left[STANDARD];    /* output that is still to be carried when the child has been reaped */
  u32 start, queued;     /* ring of input not yet written */
  u8 input[INPUT_BYTES];
};

static struct channel channels[CHANNELS];

/*
 * Pipes of programs that have ended, which others have open: a server that was started in the background.
 * What it writes is thrown away; with nobody at the other end it would be killed.
 */
static int lingering[LINGERING];
static u32 lingering_count;

static void end_lingering(u32 at) {
  S1(SYS_close, lingering[at]);
  lingering_count--;
  for (; at < lingering_count; at++) lingering[at] = lingering[at + 1];
}

static void linger(int fd) {
  if (lingering_count == LINGERING) end_lingering(0);
  lingering[lingering_count++] = fd;
}

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

static void unblock_signals(void) {
  unsigned long long none = 0;
  S4(SYS_rt_sigprocmask, 2, &none, 0, 8);
}

/* In the child: becomes the session on the pty and runs the program. Never returns. */
static void run_on_terminal(const char *slave, const struct program *program) {
  int fd;
  unblock_signals();
  S0(SYS_setsid);
  fd = S3(SYS_open, slave, O_RDWR, 0);
  if (fd < 0) S1(SYS_exit_group, CANNOT_RUN);
  S3(SYS_ioctl, fd, TIOCSCTTY, 0);
  set_mode(fd, program->flags & RAW);
  S2(SYS_dup2, fd, STDIN);
  S2(SYS_dup2, fd, STDOUT);
  S2(SYS_dup2, fd, STDERR);
  if (fd > STDERR) S1(SYS_close, fd);
  /* A shell in the wrong place is better than none. */
  if (S1(SYS_chdir, program->directory) < 0) S1(SYS_chdir, "/");
  become(program);
}

/* In the child: runs the program on its ends of the pipes. Never returns. */
static void run_on_pipes(int *theirs, const struct program *program) {
  int d;
  unblock_signals();
  S0(SYS_setsid);
  /* Away from the numbers that they are to have, so that none is put over another. */
  for (d = STDIN; d < STANDARD; d++) theirs[d] = S3(SYS_fcntl64, theirs[d], F_DUPFD_CLOEXEC, STANDARD);
  for (d = STDIN; d < STANDARD; d++) S2(SYS_dup2, theirs[d], d);
  if (S1(SYS_chdir, program->directory) < 0) {
    complain("tabnix: cannot enter ", program->directory);
    S1(SYS_exit_group, CANNOT_RUN);
  }
  become(program);
}

static void start_channel(struct channel *c, int pid, int is_terminal) {
  int d;
  c->used = 1;
  c->is_terminal = is_terminal;
  c->pid = pid;
  c->status = 0;
  c->hung = c->no_more_input = 0;
  c->start = c->queued = 0;
  for (d = STDIN; d < STANDARD; d++) {
    c->credit[d] = 0;
    c->left[d] = (u32)-1;
  }
}

/* Starts a program on a new pty. Returns 0 when that could not be done. */
static int open_terminal(struct channel *c, const struct program *program) {
  char slave[24];
  u32 number;
  int unlock = 0, master, pid;
  master = S3(SYS_open, "/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0);
  if (master < 0) return 0;
  S3(SYS_ioctl, master, TIOCSPTLCK, &unlock);
  S3(SYS_ioctl, master, TIOCGPTN, &number);
  path_of_slave(slave, number);
  set_size(master, program->size);
  pid = S0(SYS_fork);
  if (pid == 0) run_on_terminal(slave, program);
  if (pid < 0) {
    S1(SYS_close, master);
    return 0;
  }
  start_channel(c, pid, 1);
  c->ends[STDIN] = c->ends[STDOUT] = master;
  c->ends[STDERR] = CLOSED;
  return 1;
}

static void close_end(int *end) {
  if (*end != CLOSED) S1(SYS_close, *end);
  *end = CLOSED;
}

static void close_ends(int *ends) {
  int d;
  for (d = STDIN; d < STANDARD; d++) close_end(&ends[d]);
}

/* Starts a program on three new pipes. Returns 0 when that could not be done. */
static int open_pipes(struct channel *c, const struct program *program) {
  int theirs[STANDARD], pair[2], d, pid, mine;
  for (d = STDIN; d < STANDARD; d++) theirs[d] = c->ends[d] = CLOSED;
  for (d = STDIN; d < STANDARD; d++) {
    if (S2(SYS_pipe2, pair, O_CLOEXEC) < 0) {
      close_ends(c->ends);
      close_ends(theirs);
      return 0;
    }
    mine = d == STDIN;
    c->ends[d] = pair[mine];
    theirs[d] = pair[!mine];
    /* Ours alone: programs do not expect pipes that say EAGAIN. */
    S3(SYS_fcntl64, c->ends[d], F_SETFL, O_NONBLOCK);
  }
  pid = S0(SYS_fork);
  if (pid == 0) run_on_pipes(theirs, program);
  close_ends(theirs);
  if (pid < 0) {
    close_ends(c->ends);
    return 0;
  }
  start_channel(c, pid, 0);
  return 1;
}

/* Starts what the payload of OPEN says. Returns 0 when that could not be done. */
static int open_channel(struct channel *c, u8 *payload, u32 size) {
  struct program program;
  if (!read_program(&program, payload, size)) return 0;
  return program.flags & PIPES ? open_pipes(c, &program) : open_terminal(c, &program);
}

/* The child has been reaped: what its pipes hold now is its last output. */
static void child_ended(struct channel *c, int status) {
  int d;
  c->pid = 0;
  c->status = status;
  if (c->is_terminal) return;
  for (d = STDOUT; d < STANDARD; d++) {
    int bytes = 0;
    if (c->ends[d] != CLOSED) S3(SYS_ioctl, c->ends[d], FIONREAD, &bytes);
    c->left[d] = bytes;
  }
}

/* The child has been reaped, and all its output carried. */
static int has_ended(const struct channel *c) {
  int d;
  if (c->pid) return 0;
  for (d = STDOUT; d < STANDARD; d++) {
    if (c->ends[d] != CLOSED && c->left[d]) return 0;
  }
  return 1;
}

static void release_channel(struct channel *c) {
  int d;
  c->used = 0;
  close_end(&c->ends[STDIN]);
  if (c->is_terminal) return;
  for (d = STDOUT; d < STANDARD; d++) {
    if (c->ends[d] != CLOSED) linger(c->ends[d]);
  }
}

/* SIGNAL: a child that was just forked has no group yet. */
static void signal_channel(const struct channel *c, u32 signal) {
  if (c->pid == 0) return;
  if (S2(SYS_kill, -c->pid, signal) == -ESRCH) S2(SYS_kill, c->pid, signal);
}

/* CLOSE: the host ends the input of a program with pipes, or does not want its output. */
static void close_descriptor(struct channel *c, u32 d) {
  if (c->is_terminal || d >= STANDARD) return;
  if (d == STDIN) c->no_more_input = 1;
  if (d != STDIN || c->queued == 0) close_end(&c->ends[d]);
}

/* Queues input; the host never sends more than INPUT_BYTES ahead of ACCEPTED. */
static void queue_input(struct channel *c, const u8 *bytes, u32 size) {
  u32 i;
  for (i = 0; i < size && c->queued < INPUT_BYTES; i++) {
    c->input[(c->start + c->queued++) % INPUT_BYTES] = bytes[i];
  }
}

/* Writes queued input; returns how many bytes of it are gone. */
static u32 write_input(struct channel *c) {
  u32 total = 0;
  while (c->queued) {
    u32 run = INPUT_BYTES - c->start;
    int n;
    if (run > c->queued) run = c->queued;
    n = S3(SYS_write, c->ends[STDIN], c->input + c->start, run);
    if (n <= 0) {
      /* Nobody reads it any more: swallow, or the host would wait for ever. */
      if (n != -EAGAIN && n != -EINTR) { total += c->queued; c->queued = 0; }
      if (n == -EPIPE) close_end(&c->ends[STDIN]);
      break;
    }
    c->start = (c->start + n) % INPUT_BYTES;
    c->queued -= n;
    total += n;
  }
  if (c->no_more_input && c->queued == 0) close_end(&c->ends[STDIN]);
  return total;
}

#endif
