/*
 * Runs a WebAssembly file. Linux starts this program for every file that begins with "\0asm" (see
 * mounts.h), as: this program, the file, the name it was called by, its arguments. The code runs on the
 * host. This process is what the guest sees of it: it has the program's number, terminal, job and exit
 * status, and reads and writes its standard descriptors for it, one frame of exec-protocol.h after the
 * other. Signals do here what they do to any program; when this process ends, so does the one on the host.
 *
 * It is set-user-id: only the superuser may open the channel, which believes what it is told of the
 * caller. Everything else it does as the caller, and goes back only to make the guest forget its caches.
 */
#include "exec-protocol.h"
#include "exec-request.h"
#include "next-program.h"
#include "sys.h"

#define CHANNEL "/run/tabnix/live/.tabnix/clone"

/* As programs end that cannot write; as a shell ends for one that cannot be run; our own, when it is lost. */
enum { WRITE_FAILED = 1, CANNOT_RUN = 126, LOST = 125 };
enum { SIGNALS = 64 };

static int channel;
/* The file; the name it was called by and its arguments; the caller's environment. */
static const char *module, *name;
static char **called, **environment;
static u8 frames[READ_BYTES];
static u8 input[EXEC_HEADER_BYTES + MAX_DATA_BYTES];

static void begin_line(void) {
  log_text("tabnix: ");
  log_text(name);
  log_text(": ");
}

static void fail(const char *why, int status) {
  begin_line();
  log_text(why);
  log_text("\n");
  S1(SYS_exit_group, status);
}

static void host_gone(void) { fail("its WebAssembly process is gone", LOST); }

/*
 * --- The channel. To the host, positions in it mean nothing. Linux repeats a short read of an uncached
 * file before the file's end, for ever: so reads are from far behind it, where one answer is enough (images/
 * kernel/9p-one-answer.patch). Writes are always at the start, and so never move that end, nor reach a limit
 * on the size of files (ulimit -f).
 */
enum { BEHIND_THE_END = 512 }; /* in units of 4 GB */

static void send(const u8 *bytes, u32 n) {
  while (n) {
    int sent = S5(SYS_pwrite64, channel, bytes, n, 0, 0);
    if (sent == -EINTR) continue;
    if (sent <= 0) host_gone();
    bytes += sent;
    n -= sent;
  }
}

static void set_header(u8 *frame, int type, int descriptor, u32 n) {
  frame[0] = type;
  frame[1] = descriptor;
  frame[2] = frame[3] = 0;
  copy(frame + 4, &n, 4);
}

static void send_number(int type, int descriptor, u32 value) {
  u8 frame[EXEC_HEADER_BYTES + 4];
  set_header(frame, type, descriptor, 4);
  copy(frame + EXEC_HEADER_BYTES, &value, 4);
  send(frame, sizeof frame);
}

/* --- Who this process is. */

enum { SUPERUSER = 0, UNCHANGED = -1 };

static u32 caller;

static void set_users(u32 real, u32 effective, u32 saved) {
  if (S3(SYS_setresuid32, real, effective, saved) < 0) fail("Linux does not let it be another user", LOST);
}

static void become_caller(void) { set_users(UNCHANGED, caller, UNCHANGED); }
static void become_caller_for_good(void) { set_users(caller, caller, caller); }
static void become_superuser(void) { set_users(UNCHANGED, SUPERUSER, UNCHANGED); }

/* What the guest caches of the system tree is no longer so; what it has not written yet stays. */
static void forget_system_tree(void) {
  become_superuser();
  put_text("/proc/sys/vm/drop_caches", "3");
  become_caller();
}

/* --- Signals. */

/*
 * Also the handler: it may send, because it runs between system calls and every frame is one call. A
 * terminal's size may have changed while this process was stopped, so SIGCONT asks too.
 */
static void send_size(int signal) {
  struct winsize now;
  if (S3(SYS_ioctl, terminal, TIOCGWINSZ, &now) < 0) return;
  if (now.rows == size.rows && now.columns == size.columns) return;
  copy(&size, &now, sizeof size);
  send_number(EXEC_SIZE, 0, now.rows | (u32)now.columns << 16);
}

static void set_action(int signal, u32 handler) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.handler = handler;
  action.flags = SA_RESTART;
  action.mask[0] = 1u << (SIGWINCH - 1) | 1u << (SIGCONT - 1);
  S4(SYS_rt_sigaction, signal, &action, 0, 8);
}

/* What the caller does with it, for a program that runs instead. */
static struct sigaction caller_sigpipe;
static int has_actions;

static void set_actions(void) {
  S4(SYS_rt_sigaction, SIGPIPE, 0, &caller_sigpipe, 8);
  has_actions = 1;
  set_action(SIGPIPE, SIG_IGN); /* the host is told of EPIPE, and decides */
  if (terminal < 0) return;
  set_action(SIGWINCH, (u32)send_size);
  set_action(SIGCONT, (u32)send_size);
  send_size(0); /* since the request */
}

static void end_by(u32 signal) {
  u32 mask[2];
  if (signal > 0 && signal <= SIGNALS) {
    mask[0] = mask[1] = 0;
    mask[(signal - 1) / 32] = 1u << (signal - 1) % 32;
    set_action(signal, SIG_DFL);
    S4(SYS_rt_sigprocmask, SIG_UNBLOCK, mask, 0, 8);
    S2(SYS_kill, S0(SYS_getpid), signal);
  }
  S1(SYS_exit_group, 128 + signal); /* one that does not kill by default */
}

/* --- What the host asks for. */

/* Somebody who shares the descriptor has made it non-blocking: the program did not ask for that. */
static void wait_for(int fd, int events) {
  struct pollfd one;
  one.fd = fd;
  one.events = events;
  one.revents = 0;
  S3(SYS_poll, &one, 1, -1);
}

static void answer_read(int fd, u32 most) {
  int n;
  if (most > MAX_DATA_BYTES) most = MAX_DATA_BYTES;
  while ((n = S3(SYS_read, fd, input + EXEC_HEADER_BYTES, most)) < 0) {
    if (n == -EAGAIN) wait_for(fd, POLLIN);
    else if (n != -EINTR) {
      send_number(EXEC_ERROR, fd, -n);
      return;
    }
  }
  set_header(input, EXEC_INPUT, fd, n);
  send(input, EXEC_HEADER_BYTES + n);
}

/* Writes that failed, and what the last of them came to. */
static u32 failures;
static int last_failure;

static void report_failure(int fd, int error) {
  failures++;
  last_failure = error;
  send_number(EXEC_ERROR, fd, error);
}

static void write_all(int fd, const u8 *bytes, u32 n) {
  while (n) {
    int written = S3(SYS_write, fd, bytes, n);
    if (written == -EAGAIN) wait_for(fd, POLLOUT);
    else if (written > 0) {
      bytes += written;
      n -= written;
    } else if (written != -EINTR) {
      report_failure(fd, written ? -written : EIO);
      return;
    }
  }
}

/* A descriptor that is closed or has failed is ready: reading or writing it says what is wrong. */
static void answer_poll(u32 readers, u32 writers, int milliseconds) {
  struct pollfd fds[STANDARD_DESCRIPTORS];
  struct timespec left;
  u32 ready = 0;
  int fd;
  for (fd = 0; fd < STANDARD_DESCRIPTORS; fd++) {
    fds[fd].events = (readers >> fd & 1 ? POLLIN : 0) | (writers >> fd & 1 ? POLLOUT : 0);
    fds[fd].fd = fds[fd].events ? fd : -1;
    fds[fd].revents = 0;
  }
  left.seconds = milliseconds / 1000;
  left.nanoseconds = milliseconds % 1000 * 1000000;
  /* Linux counts `left` down, so an interruption does not make the wait longer. */
  while (S5(SYS_ppoll, fds, STANDARD_DESCRIPTORS, milliseconds < 0 ? 0 : &left, 0, 0) == -EINTR) {}
  for (fd = 0; fd < STANDARD_DESCRIPTORS; fd++) {
    if (fds[fd].revents) ready |= 1 << fd;
  }
  send_number(EXEC_READY, 0, ready);
}

/* Handlers and descriptors of this program do not outlive it. */
static void run_instead(const void *why, u32 n) {
  const char *program;
  become_caller_for_good();
  program = next_program(module, environment);
  begin_line();
  S3(SYS_write, 2, why, n);
  if (program) {
    log_text("; ");
    log_text(program);
    log_text(" runs instead, emulated");
  }
  log_text("\n");
  if (!program) S1(SYS_exit_group, CANNOT_RUN);
  if (has_actions) set_action(SIGPIPE, caller_sigpipe.handler);
  S3(SYS_execve, program, called, environment);
  fail("it cannot be run either", CANNOT_RUN);
}

/*
 * Writes are not waited for: one may have failed when the program had already ended, as if all were well.
 * Its status must not say so.
 */
static void end(int status, u32 told) {
  if (failures <= told) S1(SYS_exit_group, status);
  if (last_failure == EPIPE) end_by(SIGPIPE);
  begin_line();
  log_text(last_failure == ENOSPC   ? "write error: no space left on device\n"
           : last_failure == EFBIG ? "write error: file too large\n"
                                   : "write error: not all of its output was written\n");
  S1(SYS_exit_group, status ? status : WRITE_FAILED);
}

static void handle_frame(int type, int fd, const u8 *payload, u32 n) {
  u32 first = n >= 4 ? get32(payload) : 0, second = n >= 8 ? get32(payload + 4) : 0;
  u32 position[2];
  switch (type) {
    case EXEC_READ: answer_read(fd, first); break;
    case EXEC_WRITE: write_all(fd, payload, n); break;
    case EXEC_POLL: answer_poll(first, second, n >= 12 ? get32(payload + 8) : 0); break;
    case EXEC_SEEK: S5(SYS_llseek, fd, second, first, position, 0 /* SEEK_SET */); break;
    case EXEC_EXIT: end(first, second); break;
    case EXEC_KILL: end_by(first); break;
    case EXEC_NOTHING: break;
    case EXEC_FORGET: forget_system_tree(); break;
    case EXEC_INSTEAD: run_instead(payload, n); break;
    default: fail("the host speaks another version of the protocol", LOST);
  }
}

static void serve(void) {
  for (;;) {
    int n = S5(SYS_pread64, channel, frames, sizeof frames, 0, BEHIND_THE_END);
    u32 at = 0;
    if (n == -EINTR) continue;
    if (n <= 0) host_gone();
    while (at < (u32)n) {
      const u8 *frame = frames + at;
      u32 left = n - at, bytes = left < EXEC_HEADER_BYTES ? 0 : get32(frame + 4);
      if (left < EXEC_HEADER_BYTES || bytes > left - EXEC_HEADER_BYTES) host_gone();
      handle_frame(frame[0], frame[1], frame + EXEC_HEADER_BYTES, bytes);
      at += EXEC_HEADER_BYTES + bytes;
    }
  }
}

/* --- Start. */

/*
 * What the guest's cache holds of the system tree, the host must see; the live tree is not cached. This
 * program's own file the guest need not ask for, but a changed root (chroot) may not have it.
 */
static void flush_system_tree(void) {
  int fd = S3(SYS_open, "/usr/lib/tabnix/exec", O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0) fd = S3(SYS_open, "/", O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0) return;
  S1(SYS_syncfs, fd);
  S1(SYS_close, fd);
}

static void run_instead_of(const char *why) { run_instead(why, length(why)); }

static void open_channel(void) {
  int fd = S3(SYS_open, CHANNEL, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_LARGEFILE, 0);
  if (fd == -EACCES) run_instead_of("WebAssembly programs cannot run where set-user-id programs cannot");
  if (fd < 0) run_instead_of("WebAssembly programs cannot run: this machine has no channel to the host");
  /* Out of the way of a standard descriptor that is closed: the host must find it so. */
  channel = S3(SYS_fcntl64, fd, F_DUPFD_CLOEXEC, STANDARD_DESCRIPTORS);
  if (channel < 0) fail("too many open files", CANNOT_RUN);
  S1(SYS_close, fd);
}

/* The stack as Linux leaves it: argument count, arguments, 0, environment, 0. */
void start(int *stack) {
  int count = stack[0];
  char **arguments = (char **)(stack + 1);
  name = count > 0 ? arguments[0] : "exec";
  caller = S0(SYS_getuid32);
  if (count < 3) fail("Linux runs this program, for WebAssembly files; by itself it does nothing", CANNOT_RUN);
  module = name = arguments[1];
  called = arguments + 2;
  environment = arguments + count + 1;
  describe_process(module, called, environment);
  if (obstacle) fail(obstacle, CANNOT_RUN);
  flush_system_tree();
  open_channel();
  become_caller();
  send(request, filled);
  set_actions();
  serve();
}

__asm__(".globl _start\n_start:\n mov %esp, %eax\n push %eax\n call start\n");
