/*
 * TCP ports on which a program of the guest listens, where the host can reach it: the host speaks IPv4
 * to 127.0.0.1 and to the interface's address. Linux lists sockets that listen before all others, so
 * reading ends at the first that does not.
 */
#ifndef TABNIX_PORTS_H
#define TABNIX_PORTS_H
#include "dhcp-message.h"

enum { MAX_PORTS = 64, SCAN_BYTES = 16384, SCAN_MILLISECONDS = 1000, TCP_LISTEN = 0x0A };
enum { HEX_IPV4 = 8, HEX_IPV6 = 32, HEX_PORT = 4 };

struct ports { u32 count; u16 numbers[MAX_PORTS]; };

/* What the host has been told. */
static struct ports listening;

/* @returns the number that so many hexadecimal digits stand for, or -1 */
static int hexadecimal(const char *text, u32 digits) {
  int value = 0;
  while (digits--) {
    char c = *text++;
    if (c >= '0' && c <= '9') value = value << 4 | c - '0';
    else if (c >= 'A' && c <= 'F') value = value << 4 | c - 'A' + 10;
    else return -1;
  }
  return value;
}

static void add_port(struct ports *p, int number) {
  u32 i = 0, k;
  while (i < p->count && p->numbers[i] < number) i++;
  if (i < p->count && p->numbers[i] == number) return;
  if (p->count == MAX_PORTS) return;
  for (k = p->count++; k > i; k--) p->numbers[k] = p->numbers[k - 1];
  p->numbers[i] = number;
}

/* Addresses are words as the processor has them: 127.0.0.1 is 0100007F. */
static int is_reachable(const char *address, u32 digits) {
  if (digits == HEX_IPV6) {
    if (equal(address, "00000000000000000000000000000000", HEX_IPV6)) return 1;
    if (!equal(address, "0000000000000000FFFF0000", HEX_IPV6 - HEX_IPV4)) return 0;
    address += HEX_IPV6 - HEX_IPV4;
  }
  return !equal(address + 6, "7F", 2) || equal(address, "0100007F", HEX_IPV4);
}

/* One line, "  0: <address>:<port> <address>:<port> <state> …". @returns whether its socket listens */
static int read_line(struct ports *p, const char *line, const char *end, u32 digits) {
  u32 whole = 2 + digits + 1 + HEX_PORT + 1 + digits + 1 + HEX_PORT + 1 + 2;
  int port;
  while (line < end && *line != ':') line++;
  if ((u32)(end - line) < whole) return 0;
  line += 2;
  if (hexadecimal(line + 2 * (digits + 1 + HEX_PORT + 1), 2) != TCP_LISTEN) return 0;
  port = hexadecimal(line + digits + 1, HEX_PORT);
  if (port > 0 && is_reachable(line, digits)) add_port(p, port);
  return 1;
}

static void scan_file(struct ports *p, const char *path, u32 digits) {
  static char text[SCAN_BYTES];
  u32 size = 0, at = 0, is_header = 1;
  int fd = S3(SYS_open, path, O_RDONLY | O_CLOEXEC, 0), n, goes_on = 1;
  if (fd < 0) return;
  while (goes_on && (n = S3(SYS_read, fd, text + size, sizeof text - size)) > 0) {
    u32 i;
    for (i = size, size += n; goes_on && i < size; i++) {
      if (text[i] != '\n') continue;
      if (!is_header) goes_on = read_line(p, text + at, text + i, digits);
      is_header = 0;
      at = i + 1;
    }
  }
  S1(SYS_close, fd);
}

/* @returns whether other ports are listened on than at the last scan */
static int scan_ports(void) {
  static struct ports found;
  int is_other;
  found.count = 0;
  scan_file(&found, "/proc/net/tcp", HEX_IPV4);
  scan_file(&found, "/proc/net/tcp6", HEX_IPV6);
  is_other = found.count != listening.count || !equal(found.numbers, listening.numbers, 2 * found.count);
  listening = found;
  return is_other;
}

#endif
