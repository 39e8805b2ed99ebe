/* Included by dtoa.c, which uses nothing of it; wasi-libc's own asks for exception handling. */
