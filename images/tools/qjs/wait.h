/* Where there are no processes, nobody waits for one. */
#pragma once
#define WNOHANG 1
#define WIFEXITED(status) 1
#define WEXITSTATUS(status) (status)
#define WIFSIGNALED(status) 0
#define WTERMSIG(status) 0
static inline int waitpid(int process, int *status, int options) { return -1; }
