/*
 * The stream between the agent and the machine worker, over a virtio-serial port. The other end is
 * workers/machine/agent/protocol.ts: change both together, and PROTOCOL_VERSION with them.
 *
 * A frame is: u8 type, u8 channel, u16 length of the payload, payload. Integers are little-endian. A
 * channel is a terminal, or a program with pipes; the host numbers them.
 */
#ifndef TABNIX_PROTOCOL_H
#define TABNIX_PROTOCOL_H

enum { PROTOCOL_VERSION = 3, HEADER_BYTES = 4, MAX_PAYLOAD = 65535 };

/* Host to guest. */
enum {
  OPEN = 1,      /* u16 rows, u16 columns, u8 flags, u16 argc, u16 envc, then cwd, argv, environment, NUL-ended */
  INPUT = 2,     /* bytes typed or pasted, or of standard input */
  RESIZE = 3,    /* u16 rows, u16 columns */
  CREDIT = 4,    /* u32, u8 descriptor: so many more bytes of output may be sent; a terminal's descriptor is 1 */
  HANGUP = 5,    /* as closing a terminal window */
  CLOCK = 6,     /* u32 seconds, u32 nanoseconds of the epoch */
  ENTROPY = 7,   /* bytes for the kernel's random pool */
  HOSTNAME = 8,  /* bytes */
  SETTLE = 9,    /* u8 flags: what to do before a snapshot or after a change below the guest's caches */
  POWER = 10,    /* u8: REBOOT or POWER_OFF */
  HARDWARE_ADDRESS = 11, /* 6 bytes: MAC of eth0, which then asks for an address */
  PING = 12,
  CLOSE = 13,    /* u8 descriptor of a program with pipes: 0 ends its input after what was sent; 1 and 2 are not read any more */
  SIGNAL = 14    /* u8: for the process group of a program with pipes */
};

/* Guest to host. */
enum {
  HELLO = 1,     /* u8 protocol version: sent at start and as the answer to PING */
  OUTPUT = 2,    /* bytes: of a terminal, or of standard output */
  RECEIVED = 3,  /* u16: buffers of the port that were read since the last RECEIVED */
  ACCEPTED = 4,  /* u32: so many bytes of INPUT went to the terminal or the program */
  EXIT = 5,      /* u32: status as wait(2) gives it; the channel is free again */
  SETTLED = 6,
  POWERING = 7,  /* u8: REBOOT or POWER_OFF; everything is flushed, the machine can be stopped */
  PORTS = 8,     /* u16s, ascending: every TCP port that is listened on; when they change and after HELLO */
  ERRORS = 9     /* bytes of standard error */
};

enum { RAW = 1, PIPES = 2 };                     /* flags of OPEN */
enum { DROP_CACHES = 1, SCRUB = 2 };             /* flags of SETTLE */
enum { REBOOT = 1, POWER_OFF = 2 };

#endif
