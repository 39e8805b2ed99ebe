/*
 * What a caller's PATH would find if a WebAssembly file were not there: the next program of its name,
 * in the folders that come after the file's own. A file whose folder is not on the PATH has none.
 */
#ifndef TABNIX_NEXT_PROGRAM_H
#define TABNIX_NEXT_PROGRAM_H
#include "sys.h"

enum { LONGEST_PROGRAM = 4096, MAGIC_BYTES = 4 };

static const u8 webassembly[MAGIC_BYTES] = {0, 'a', 's', 'm'};

static int is_same(const void *one, const void *other, u32 n) {
  const u8 *a = one, *b = other;
  while (n--) {
    if (*a++ != *b++) return 0;
  }
  return 1;
}

static const char *value_of(char **environment, const char *name) {
  u32 n = length(name);
  for (; *environment; environment++) {
    if (length(*environment) > n && is_same(*environment, name, n) && (*environment)[n] == '=') {
      return *environment + n + 1;
    }
  }
  return "";
}

/* For the real user, which the caller is. What may be run but not read is no WebAssembly file of ours. */
static int is_native_program(const char *path) {
  u8 magic[MAGIC_BYTES];
  int fd, n;
  if (S2(SYS_access, path, X_OK) < 0) return 0;
  fd = S3(SYS_open, path, O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0) return fd == -EACCES;
  n = S3(SYS_read, fd, magic, MAGIC_BYTES);
  S1(SYS_close, fd);
  return n >= 0 && !(n == MAGIC_BYTES && is_same(magic, webassembly, MAGIC_BYTES));
}

/* @returns its path, or 0 */
static const char *next_program(const char *module, char **environment) {
  static char path[LONGEST_PROGRAM];
  const char *folders = value_of(environment, "PATH"), *end = folders;
  u32 folder = length(module), name_bytes;
  int is_after = 0;
  while (folder > 0 && module[folder] != '/') folder--;
  name_bytes = length(module + folder) + 1;
  for (; *folders; folders = *end ? end + 1 : end) {
    u32 n;
    for (end = folders; *end && *end != ':';) end++;
    n = end - folders;
    if (is_after && n > 0 && n + name_bytes <= sizeof path) {
      copy(path, folders, n);
      copy(path + n, module + folder, name_bytes);
      if (is_native_program(path)) return path;
    }
    if (n == folder && is_same(folders, module, n)) is_after = 1;
  }
  return 0;
}

#endif
