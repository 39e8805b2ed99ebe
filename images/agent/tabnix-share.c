/*
 * tabnix-share: gives a server of the machine a public address at the visitor's relay for as long as this
 * program runs. It asks the gateway for it; the connection's life is the share's, so whatever ends this
 * program ends the sharing.
 *
 * The protocol is that of workers/kernel/network/control/protocol.ts: change both together. One line is sent,
 * "share <port> [name]"; lines come back, each a word and a text:
 *
 *   public <address>  the server is reached there, from now on or again
 *   away <why>        the relay is gone; it is tried again
 *   ended <why>       somebody else has ended it; the connection closes
 *   error <why>       it is not shared, or no longer; the connection closes
 */
#include "interfaces.h"

enum { CONTROL_PORT = 86, ENDED = 0, FAILED = 1, MISUSED = 2 };
enum { MAX_LINE = 1024, MAX_NAME = 63, MAX_PORT = 65535 };
enum { SOCK_STREAM = 1, CONNECT = 3, IPPROTO_TCP = 6, SO_KEEPALIVE = 9, TCP_KEEPIDLE = 4 };
/* A machine that goes on in another tab learns by it that its connection is gone. In seconds. */
enum { KEEP_ALIVE = 20 };

static const u8 gateway[ADDRESS_BYTES] = {10, 86, 0, 1};
static const char usage[] =
    "Usage: tabnix-share PORT [NAME]\n"
    "Gives the server on a port of this machine a public address, until Ctrl-C.\n"
    "\n"
    "  PORT  where the server listens: 1 to 65535\n"
    "  NAME  the first part of the address: a-z, 0-9 and hyphens; without it the\n"
    "        relay chooses one\n"
    "\n"
    "The address is at the relay that is set in Tabnix's Settings or in the image.\n"
    "Example: httpd -p 8080 -h /workspace; tabnix-share 8080 demo\n";

static const char *port;

static void say(const char *text) { S3(SYS_write, 1, text, length(text)); }

static void fail(const char *why, int status) {
  log_text("tabnix-share: ");
  log_text(why);
  log_text("\n");
  S1(SYS_exit_group, status);
}

static int is_port(const char *text) {
  u32 value = 0;
  const char *at;
  for (at = text; *at; at++) {
    if (*at < '0' || *at > '9' || value > MAX_PORT) return 0;
    value = value * 10 + (*at - '0');
  }
  return at > text && text[0] != '0' && value <= MAX_PORT;
}

static int is_name(const char *text) {
  u32 n = length(text), i;
  for (i = 0; i < n; i++) {
    int is_inner = i > 0 && i + 1 < n;
    char c = text[i];
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c == '-' && is_inner))) return 0;
  }
  return n > 0 && n <= MAX_NAME;
}

static int same_text(const char *one, const char *other) {
  while (*one && *one == *other) {
    one++;
    other++;
  }
  return *one == *other;
}

static void set_option(int fd, int level, int option, int value) {
  u32 arguments[5];
  arguments[0] = fd;
  arguments[1] = level;
  arguments[2] = option;
  arguments[3] = (u32)&value;
  arguments[4] = sizeof value;
  S2(SYS_socketcall, SETSOCKOPT, arguments);
}

static int connect_to_gateway(void) {
  struct socket_address address;
  u32 arguments[3];
  int fd;
  arguments[0] = AF_INET;
  arguments[1] = SOCK_STREAM | O_CLOEXEC;
  arguments[2] = 0;
  fd = S2(SYS_socketcall, SOCKET, arguments);
  if (fd < 0) fail("the machine has no network.", FAILED);
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEP_ALIVE);
  memset(&address, 0, sizeof address);
  address.family = AF_INET;
  address.port[1] = CONTROL_PORT;
  copy(address.address, gateway, ADDRESS_BYTES);
  arguments[0] = fd;
  arguments[1] = (u32)&address;
  arguments[2] = sizeof address;
  if (S2(SYS_socketcall, CONNECT, arguments) < 0) {
    fail("the gateway does not take it: the network is not there, or too many programs ask. Try again.", FAILED);
  }
  return fd;
}

static void ask(int fd, const char *name) {
  static char line[MAX_NAME + 32];
  u32 n = 6;
  copy(line, "share ", n);
  copy(line + n, port, length(port));
  n += length(port);
  if (name) {
    line[n++] = ' ';
    copy(line + n, name, length(name));
    n += length(name);
  }
  line[n++] = '\n';
  if (S3(SYS_write, fd, line, n) != (int)n) fail("the gateway has closed the connection. Try again.", FAILED);
}

/* @returns the text behind a word and a space at the line's start, or 0 */
static const char *after(const char *line, const char *word) {
  while (*word && *line == *word) {
    line++;
    word++;
  }
  return *word == 0 && *line == ' ' ? line + 1 : 0;
}

static void handle_line(const char *line) {
  const char *text;
  if ((text = after(line, "public")) != 0) {
    say(text);
    say(" \xe2\x86\x92 port ");
    say(port);
    say("; Ctrl-C ends it\n");
  } else if ((text = after(line, "away")) != 0) {
    log_text("tabnix-share: ");
    log_text(text);
    log_text(" It is tried again; Ctrl-C ends it.\n");
  } else if ((text = after(line, "ended")) != 0) {
    fail(text, ENDED);
  } else if ((text = after(line, "error")) != 0) {
    fail(text, FAILED);
  }
}

static void follow(int fd) {
  static char line[MAX_LINE], bytes[MAX_LINE];
  u32 filled = 0;
  for (;;) {
    int n = S3(SYS_read, fd, bytes, sizeof bytes), i;
    if (n == -EINTR) continue;
    if (n <= 0) fail("the connection to the gateway is gone, and the address with it. Try again.", FAILED);
    for (i = 0; i < n; i++) {
      if (bytes[i] == '\n') {
        line[filled] = 0;
        filled = 0;
        handle_line(line);
      } else if (filled + 1 < sizeof line) {
        line[filled++] = bytes[i];
      }
    }
  }
}

/* The stack as Linux leaves it: argument count, arguments, 0, environment, 0. */
void start(int *stack) {
  int count = stack[0], fd;
  char **arguments = (char **)(stack + 1);
  if (count == 2 && (same_text(arguments[1], "--help") || same_text(arguments[1], "-h"))) {
    say(usage);
    S1(SYS_exit_group, 0);
  }
  if (count != 2 && count != 3) {
    log_text(usage);
    S1(SYS_exit_group, MISUSED);
  }
  port = arguments[1];
  if (!is_port(port)) {
    log_text(usage);
    fail("the port must be a number, 1 to 65535.", MISUSED);
  }
  if (count == 3 && !is_name(arguments[2])) {
    log_text(usage);
    fail("the name must be of a-z, 0-9 and hyphens inside, 63 at most.", MISUSED);
  }
  fd = connect_to_gateway();
  ask(fd, count == 3 ? arguments[2] : 0);
  follow(fd);
}

__asm__(".globl _start\n_start:\n mov %esp, %eax\n push %eax\n call start\n");
