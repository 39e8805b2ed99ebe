/* What QuickJS takes from POSIX and wasi-libc has not: processes, pipes and users are errors. */
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/types.h>
#include <unistd.h>

typedef void (*sighandler_t)(int);

/* WASI has no such request. */
struct winsize { unsigned short ws_row, ws_col; };
#define TIOCGWINSZ 0x5413

static inline int wasi_without(void) {
  errno = ENOSYS;
  return -1;
}

#define fork() wasi_without()
#define pipe(descriptors) wasi_without()
#define dup(descriptor) wasi_without()
#define dup2(from, to) wasi_without()
#define kill(process, signal) wasi_without()
#define setuid(user) wasi_without()
#define setgid(group) wasi_without()
#define setgroups(count, groups) wasi_without()
#define execve(path, arguments, environment) wasi_without()
#define popen(command, mode) ((FILE *)(wasi_without(), NULL))
#define pclose(file) wasi_without()
#define tmpfile() ((FILE *)(wasi_without(), NULL))
#define mkdtemp(name) ((char *)(wasi_without(), NULL))
#define mkstemp(name) wasi_without()
