/* What Lua takes from C and wasi-libc has not: commands, and temporary files. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define L_tmpnam 20

/* Makes a file of a new name in /tmp. Gives its descriptor, or -1. */
static inline int wasi_temporary(char *name) {
  for (;;) {
    unsigned bits;
    if (getentropy(&bits, sizeof bits) != 0) return -1;
    snprintf(name, L_tmpnam, "/tmp/lua_%08x", bits);
    int descriptor = open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
    if (descriptor >= 0 || access(name, F_OK) != 0) return descriptor;
  }
}

static inline FILE *wasi_tmpfile(void) {
  char name[L_tmpnam];
  int descriptor = wasi_temporary(name);
  if (descriptor < 0) return NULL;
  unlink(name);
  return fdopen(descriptor, "w+");
}

static inline char *wasi_tmpnam(char *name) {
  int descriptor = wasi_temporary(name);
  if (descriptor < 0) return NULL;
  close(descriptor);
  return name;
}

/* "Is there a shell?" No. */
static inline int wasi_system(const char *command) { return command ? -1 : 0; }

#define system wasi_system
#define tmpfile wasi_tmpfile
#define tmpnam wasi_tmpnam
/* Without this Lua, built for no POSIX, takes every standard input for a terminal. */
#define lua_stdin_is_tty() isatty(0)
