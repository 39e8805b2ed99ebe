/* What OPEN asks for, and how it becomes a running program. */
#ifndef TABNIX_PROGRAM_H
#define TABNIX_PROGRAM_H
#include "protocol.h"
#include "sys.h"

enum { MAX_STRINGS = 1024, MAX_PATH = 4096, OPEN_HEADER_BYTES = 9 };
/* As shells have it: there, but not to be run; not there. */
enum { CANNOT_RUN = 126, NOT_FOUND = 127 };

/* Points into the frame: to be used before the next one is read. */
struct program {
  const u8 *size;
  u32 flags;
  const char *directory;
  char **argv;
  char **environment;
};

/* Splits NUL-ended strings. Returns 0 when the payload does not hold them all. */
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

/* Reads the payload of OPEN. Returns 0 when it is not sound. */
static int read_program(struct program *program, u8 *payload, u32 size) {
  static char *strings[MAX_STRINGS + 1];
  static char *argv[MAX_STRINGS + 1];
  u32 argc, envc, i;
  if (size < OPEN_HEADER_BYTES) return 0;
  argc = get16(payload + 5);
  envc = get16(payload + 7);
  if (argc == 0 || argc + envc + 1 > MAX_STRINGS) return 0;
  if (!split_strings(payload + OPEN_HEADER_BYTES, payload + size, argc + envc + 1, strings)) return 0;
  for (i = 0; i < argc; i++) argv[i] = strings[1 + i];
  argv[argc] = 0;
  strings[1 + argc + envc] = 0;
  program->size = payload;
  program->flags = payload[4];
  program->directory = strings[0];
  program->argv = argv;
  program->environment = strings + 1 + argc;
  return 1;
}

/* The value of PATH, or an empty one. */
static const char *search_path(char **environment) {
  for (; *environment; environment++) {
    const char *e = *environment;
    if (e[0] == 'P' && e[1] == 'A' && e[2] == 'T' && e[3] == 'H' && e[4] == '=') return e + 5;
  }
  return "";
}

/* Runs a name without a slash from the first directory of PATH that has it. Returns the last error. */
static int execute_found(char **argv, char **environment) {
  static char path[MAX_PATH];
  const char *at = search_path(environment);
  u32 name = length(argv[0]);
  int error = -ENOENT;
  while (*at) {
    u32 n = 0;
    int result;
    while (at[n] && at[n] != ':') n++;
    if (n && n + name + 2 <= MAX_PATH) {
      copy(path, at, n);
      path[n] = '/';
      copy(path + n + 1, argv[0], name + 1);
      result = S3(SYS_execve, path, argv, environment);
      if (result != -ENOENT && result != -ENOTDIR) error = result;
    }
    at += n;
    if (*at == ':') at++;
  }
  return error;
}

static void complain(const char *what, const char *about) {
  S3(SYS_write, 2, what, length(what));
  S3(SYS_write, 2, about, length(about));
  S3(SYS_write, 2, "\n", 1);
}

/* In the child, which has its standard descriptors: becomes the program. Never returns. */
static void become(const struct program *program) {
  const char *name = program->argv[0], *slash = name;
  int error;
  while (*slash && *slash != '/') slash++;
  error = *slash ? S3(SYS_execve, name, program->argv, program->environment)
                 : execute_found(program->argv, program->environment);
  complain("tabnix: cannot run ", name);
  S1(SYS_exit_group, error == -ENOENT || error == -ENOTDIR ? NOT_FOUND : CANNOT_RUN);
}

#endif
