/*
 * The channel of one WebAssembly process: the 9P file /run/tabnix/live/.tabnix/clone, which is a new
 * channel for each open. The other end is workers/kernel/process/exec-protocol.ts: change both together,
 * and EXEC_VERSION with them.
 *
 * The agent writes REQUEST first. From then on the kernel sends frames, which the agent gets by reading,
 * and the agent sends frames by writing; a frame is: u8 type, u8 descriptor, u16 zero, u32 length of the
 * payload, payload. Integers are little-endian.
 *
 * Only the superuser may open the file, so that the kernel can believe who the agent says it runs for.
 * Offsets mean nothing in it.
 *
 * Reads must ask for READ_BYTES: the kernel lets those wait until there is a frame. A read for less is
 * the rest of one that the guest's own kernel has divided, and is answered at once, with nothing if there
 * is nothing. One read gives whole frames, one or more. Each write is whole frames, one or more, but for
 * REQUEST, which may be divided.
 */
#ifndef TABNIX_EXEC_PROTOCOL_H
#define TABNIX_EXEC_PROTOCOL_H

enum { EXEC_VERSION = 3, EXEC_HEADER_BYTES = 8, READ_BYTES = 262144, MAX_DATA_BYTES = 131072, MAX_REQUEST_BYTES = 262144 };

/* Agent to kernel. */
enum {
  /*
   * u32 version, u32 uid, u32 gid, u32 umask, u32 bits of descriptors 0 to 2 that are terminals, u16 rows,
   * u16 columns, then for each of descriptors 0 to 2: u32 mode (st_mode of fstat, 0 if it is closed),
   * u32 flags (F_GETFL), i64 position (-1: cannot seek), and text: where /proc/self/fd/N leads; then text:
   * the module's path, text: working directory, u32 count and texts: arguments, u32 count and texts:
   * environment, u32 count and u32s: supplementary groups. A text is u32 length and bytes. The module's
   * path and the working directory are absolute.
   */
  EXEC_REQUEST = 1,
  EXEC_INPUT = 2,    /* answer to READ: bytes; none at the end of the file */
  EXEC_ERROR = 3,    /* u32 errno: answer to READ, or, unasked, what a WRITE of that descriptor came to */
  EXEC_READY = 4,    /* answer to POLL: u32 bits, 1 for each descriptor as POLL has them */
  EXEC_SIZE = 5      /* u16 rows, u16 columns: the terminal's size has changed */
};

/* Kernel to agent. */
enum {
  EXEC_READ = 16,    /* u32 most bytes: read the descriptor once, up to MAX_DATA_BYTES */
  EXEC_WRITE = 17,   /* bytes: write all of them to the descriptor; no answer unless it fails */
  EXEC_POLL = 18,    /* u32 bits of descriptors to read, u32 bits of those to write, i32 milliseconds (-1: for ever) */
  EXEC_SEEK = 19,    /* u32 low, u32 high: set the descriptor's position */
  EXEC_EXIT = 20,    /* u32 status, u32 how many errors of WRITE the program has been told: end so */
  EXEC_KILL = 21,    /* u32 signal: end by it, with its default action */
  EXEC_NOTHING = 22, /* so that signals other than deadly ones are seen: reads of 9P wait through them */
  EXEC_FORGET = 23,  /* the program has changed the system tree: forget what the guest caches of it */
  EXEC_INSTEAD = 24  /* text, to the end: why no WebAssembly can run here; the next program of its name shall */
};

#endif
