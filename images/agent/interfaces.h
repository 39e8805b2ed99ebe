/*
 * Network interfaces by their ioctls (netdevice(7)), and the monotonic clock that leases run by.
 */
#ifndef TABNIX_INTERFACES_H
#define TABNIX_INTERFACES_H
#include "sys.h"

enum { SYS_rename = 38, SYS_uname = 122, SYS_clock_gettime = 265, SYS_getrandom = 355 };
enum { SOCKET = 1, BIND = 2, SENDTO = 11, RECVFROM = 12, SETSOCKOPT = 14 }; /* of socketcall(2) */
enum { AF_INET = 2, SOCK_DGRAM = 2, ARPHRD_ETHER = 1, SOL_SOCKET = 1 };
enum { SO_REUSEADDR = 2, SO_BROADCAST = 6, SO_BINDTODEVICE = 25, O_CREAT_TRUNC = 01100 };
enum { SIOCADDRT = 0x890B, SIOCGIFFLAGS = 0x8913, SIOCSIFFLAGS = 0x8914, SIOCSIFADDR = 0x8916 };
enum { SIOCSIFNETMASK = 0x891C, SIOCSIFMTU = 0x8922, SIOCSIFHWADDR = 0x8924, IFF_UP = 1 };
enum { RTF_UP = 1, RTF_GATEWAY = 2, CLOCK_MONOTONIC = 1, MAC_BYTES = 6, ADDRESS_BYTES = 4 };

struct request { char name[16]; u8 value[16]; };
struct socket_address { u16 family; u8 port[2], address[ADDRESS_BYTES], zero[8]; };
struct route {
  u32 pad1;
  struct socket_address destination, gateway, mask;
  u16 flags, pad2;
  u32 pad3, pad4;
  u16 metric, pad5;
  const char *device;
  u32 mtu, window, round_trip;
};

/* Wraps after 49 days: compare by the sign of a difference. */
static u32 milliseconds(void) {
  struct timespec t;
  S2(SYS_clock_gettime, CLOCK_MONOTONIC, &t);
  return (u32)t.seconds * 1000 + (u32)t.nanoseconds / 1000000;
}

static int datagram_socket(u32 flags) {
  u32 arguments[3];
  arguments[0] = AF_INET;
  arguments[1] = SOCK_DGRAM | flags;
  arguments[2] = 0;
  return S2(SYS_socketcall, SOCKET, arguments);
}

static int control(u32 code, void *argument) {
  int fd = datagram_socket(O_CLOEXEC), result;
  if (fd < 0) return fd;
  result = S3(SYS_ioctl, fd, code, argument);
  S1(SYS_close, fd);
  return result;
}

/* A request about an interface, with a value of so many bytes. */
static int control_interface(const char *name, u32 code, const void *value, u32 size) {
  struct request r;
  memset(&r, 0, sizeof r);
  copy(r.name, name, length(name));
  copy(r.value, value, size);
  return control(code, &r);
}

/* Sets what `code` says, an address or a mask. An address of zeros takes the interface's away. */
static int set_interface(const char *name, u32 code, const u8 *address) {
  struct socket_address a;
  memset(&a, 0, sizeof a);
  a.family = AF_INET;
  copy(a.address, address, ADDRESS_BYTES);
  return control_interface(name, code, &a, sizeof a);
}

static int set_hardware_address(const char *name, const u8 *hardware) {
  u8 value[2 + MAC_BYTES];
  value[0] = ARPHRD_ETHER;
  value[1] = 0;
  copy(value + 2, hardware, MAC_BYTES);
  return control_interface(name, SIOCSIFHWADDR, value, sizeof value);
}

static int bring_up(const char *name) {
  struct request r;
  int error;
  memset(&r, 0, sizeof r);
  copy(r.name, name, length(name));
  error = control(SIOCGIFFLAGS, &r);
  if (error < 0) return error;
  r.value[0] |= IFF_UP;
  return control(SIOCSIFFLAGS, &r);
}

static void add_default_route(const char *name, const u8 *gateway) {
  struct route r;
  memset(&r, 0, sizeof r);
  r.destination.family = r.gateway.family = r.mask.family = AF_INET;
  copy(r.gateway.address, gateway, ADDRESS_BYTES);
  r.flags = RTF_UP | RTF_GATEWAY;
  r.device = name;
  control(SIOCADDRT, &r);
}

#endif
