/*
 * A DHCP client for eth0 (RFC 2131, 4.4), in the first process's loop: dhcp_descriptor to poll,
 * dhcp_wait for how long, dhcp_step for what has come. It starts when the host sets a hardware address:
 * a machine whose host has no network, as the image builder's, keeps the interface down, and its buffers
 * out of the snapshot. A socket with a device but no address sends from 0.0.0.0 and takes broadcasts,
 * so there is no need for raw packets, which Debian's kernel has in a module.
 */
#ifndef TABNIX_DHCP_H
#define TABNIX_DHCP_H
#include "dhcp-message.h"

enum { DHCP_OFF, SELECTING, REQUESTING, BOUND, RENEWING, REBINDING };
/* Milliseconds. A host that does not answer is still starting: the first tries come soon. */
enum { FIRST_RETRY = 500, LAST_RETRY = 64000, LEAST_RENEWAL = 60000 };
enum { REQUEST_TRIES = 4, LEAST_LEASE = 4, LONGEST_LEASE = 1000000, LEAST_MTU = 576, LARGEST_MTU = 9000 };

#define INTERFACE "eth0"
#define RESOLVER "/run/tabnix/resolv.conf"

static struct {
  int state, socket;
  int tries;
  u8 hardware[MAC_BYTES], transaction[4];
  u32 began, next, asked; /* milliseconds: the exchange, what is due, when the lease was asked for */
  struct lease offered, held;
} dhcp = {DHCP_OFF, -1};

static int is_due(u32 now, u32 time) { return (int)(now - time) >= 0; }

static void open_dhcp_socket(void) {
  u32 arguments[5];
  struct socket_address any;
  int yes = 1, fd = datagram_socket(O_CLOEXEC | O_NONBLOCK);
  dhcp.socket = fd;
  if (fd < 0) return;
  arguments[0] = fd;
  arguments[1] = SOL_SOCKET;
  arguments[3] = (u32)&yes;
  arguments[4] = sizeof yes;
  arguments[2] = SO_REUSEADDR;
  S2(SYS_socketcall, SETSOCKOPT, arguments);
  arguments[2] = SO_BROADCAST;
  S2(SYS_socketcall, SETSOCKOPT, arguments);
  arguments[2] = SO_BINDTODEVICE;
  arguments[3] = (u32)INTERFACE;
  arguments[4] = sizeof INTERFACE;
  S2(SYS_socketcall, SETSOCKOPT, arguments);
  memset(&any, 0, sizeof any);
  any.family = AF_INET;
  any.port[1] = 68;
  arguments[1] = (u32)&any;
  arguments[2] = sizeof any;
  S2(SYS_socketcall, BIND, arguments);
}

static void send_dhcp(int type, u32 now) {
  static u8 message[DHCP_BYTES];
  struct dhcp_request r;
  struct socket_address to;
  u32 arguments[6];
  int has_address = dhcp.state >= BOUND;
  r.type = type;
  r.transaction = dhcp.transaction;
  r.hardware = dhcp.hardware;
  r.held = has_address ? dhcp.held.address : 0;
  r.requested = dhcp.state == REQUESTING ? dhcp.offered.address : 0;
  r.server = dhcp.state == REQUESTING ? dhcp.offered.server : 0;
  r.seconds = (now - dhcp.began) / 1000;
  memset(&to, 0, sizeof to);
  to.family = AF_INET;
  to.port[1] = 67;
  if (dhcp.state == RENEWING) copy(to.address, dhcp.held.server, ADDRESS_BYTES);
  else memset(to.address, 255, ADDRESS_BYTES);
  arguments[0] = dhcp.socket;
  arguments[1] = (u32)message;
  arguments[2] = write_dhcp(message, &r);
  arguments[3] = 0;
  arguments[4] = (u32)&to;
  arguments[5] = sizeof to;
  S2(SYS_socketcall, SENDTO, arguments);
}

/* How long to wait for an answer: twice as long each time, less a random part (RFC 2131, 4.1). */
static u32 retry(void) {
  u32 wait = FIRST_RETRY << (dhcp.tries < 7 ? dhcp.tries : 7);
  dhcp.tries++;
  if (wait > LAST_RETRY) wait = LAST_RETRY;
  return wait - wait / 8 * dhcp.transaction[3] / 255;
}

static void begin_exchange(int state, u32 now) {
  dhcp.state = state;
  dhcp.began = now;
  S3(SYS_getrandom, dhcp.transaction, sizeof dhcp.transaction, 0);
}

/* Gives the address back and looks for a server, after `wait` milliseconds. */
static void start_over(u32 now, u32 wait) {
  static const u8 none[ADDRESS_BYTES];
  set_interface(INTERFACE, SIOCSIFADDR, none);
  memset(&dhcp.held, 0, sizeof dhcp.held);
  begin_exchange(SELECTING, now);
  dhcp.next = now + wait;
}

/* The host has set a hardware address: that of a new machine, or of one that goes on from a snapshot. */
static void restart_dhcp(const u8 *hardware) {
  if (dhcp.socket >= 0) S1(SYS_close, dhcp.socket);
  dhcp.socket = -1;
  dhcp.state = DHCP_OFF;
  copy(dhcp.hardware, hardware, MAC_BYTES);
  set_hardware_address(INTERFACE, hardware);
  /* The host connects to servers that listen on 127.0.0.1 only; their ARP requests say who we are. */
  put_text("/proc/sys/net/ipv4/conf/" INTERFACE "/route_localnet", "1");
  put_text("/proc/sys/net/ipv4/conf/" INTERFACE "/arp_announce", "2");
  if (bring_up(INTERFACE) < 0) return;
  open_dhcp_socket();
  if (dhcp.socket < 0) return;
  dhcp.tries = 0;
  start_over(milliseconds(), 0);
}

static char *append(char *at, const char *text) {
  u32 n = length(text);
  copy(at, text, n);
  return at + n;
}

/* The resolver's file is replaced, never half written, and left alone while it says the same. */
static void write_resolver(const struct lease *l) {
  static char text[DOMAIN_BYTES + 16 + NAME_SERVERS * 32];
  char *at = text, digits[4];
  u32 i;
  int fd;
  if (l->domain[0]) at = append(append(append(at, "search "), l->domain), "\n");
  for (i = 0; i < l->name_server_bytes; i++) {
    u32 octet = l->name_servers[i], n = 3;
    if (i % 4 == 0) at = append(at, "nameserver ");
    digits[3] = 0;
    do digits[--n] = '0' + octet % 10;
    while (octet /= 10);
    at = append(append(at, digits + n), i % 4 == 3 ? "\n" : ".");
  }
  fd = S3(SYS_open, RESOLVER ".new", O_WRONLY | O_CREAT_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return;
  S3(SYS_write, fd, text, at - text);
  S1(SYS_close, fd);
  S2(SYS_rename, RESOLVER ".new", RESOLVER);
}

static void take_lease(struct lease *l) {
  struct lease *held = &dhcp.held;
  static const u8 none[ADDRESS_BYTES];
  int is_new = !equal(l->address, held->address, 4) || !equal(l->mask, held->mask, 4);
  if (is_new) {
    set_interface(INTERFACE, SIOCSIFADDR, l->address);
    if (!equal(l->mask, none, 4)) set_interface(INTERFACE, SIOCSIFNETMASK, l->mask);
  }
  if (l->mtu != held->mtu && l->mtu >= LEAST_MTU && l->mtu <= LARGEST_MTU) {
    control_interface(INTERFACE, SIOCSIFMTU, &l->mtu, sizeof l->mtu);
  }
  if ((is_new || !equal(l->router, held->router, 4)) && !equal(l->router, none, 4)) {
    add_default_route(INTERFACE, l->router);
  }
  if (!equal(l->name_servers, held->name_servers, sizeof l->name_servers) || !equal(l->domain, held->domain, DOMAIN_BYTES)) {
    write_resolver(l);
  }
  if (l->seconds < LEAST_LEASE) l->seconds = LEAST_LEASE;
  if (l->seconds > LONGEST_LEASE) l->seconds = LONGEST_LEASE; /* 0xffffffff: for ever */
  if (l->t2 < 2 || l->t2 >= l->seconds) l->t2 = l->seconds - l->seconds / 8;
  if (l->t1 == 0 || l->t1 >= l->t2) l->t1 = l->t2 > l->seconds / 2 ? l->seconds / 2 : l->t2 - 1;
  if (equal(l->server, none, 4)) copy(l->server, held->server, 4);
  *held = *l;
  dhcp.state = BOUND;
  dhcp.asked = dhcp.began;
  dhcp.next = dhcp.asked + l->t1 * 1000;
  dhcp.tries = 0;
}

static void handle_reply(int type, struct lease *l, u32 now) {
  static const u8 none[ADDRESS_BYTES];
  int is_asking = dhcp.state == REQUESTING || dhcp.state == RENEWING || dhcp.state == REBINDING;
  if (type == OFFER && dhcp.state == SELECTING && !equal(l->address, none, 4) && !equal(l->server, none, 4)) {
    dhcp.offered = *l;
    dhcp.state = REQUESTING;
    dhcp.tries = 0;
    dhcp.next = now;
  } else if (is_asking && dhcp.state == REQUESTING && !equal(l->server, dhcp.offered.server, 4)) {
    return;
  } else if (type == ACK && is_asking && !equal(l->address, none, 4)) {
    take_lease(l);
  } else if (type == NAK && is_asking) {
    dhcp.tries = 0;
    start_over(now, retry());
  }
}

/* What is due: messages that are sent again, renewal, the end of the lease. */
static void dhcp_timer(u32 now) {
  u32 t2 = dhcp.asked + dhcp.held.t2 * 1000, end = dhcp.asked + dhcp.held.seconds * 1000, limit, wait;
  if (dhcp.state == REQUESTING && dhcp.tries >= REQUEST_TRIES) start_over(now, 0);
  if (dhcp.state == BOUND) begin_exchange(RENEWING, now);
  if (dhcp.state == RENEWING && is_due(now, t2)) begin_exchange(REBINDING, now);
  if (dhcp.state == REBINDING && is_due(now, end)) start_over(now, 0);
  send_dhcp(dhcp.state == SELECTING ? DISCOVER : REQUEST, now);
  if (dhcp.state < BOUND) {
    dhcp.next = now + retry();
    return;
  }
  /* RFC 2131, 4.4.5: half of the time that is left, but not more often than each minute. */
  limit = dhcp.state == RENEWING ? t2 : end;
  wait = (limit - now) / 2;
  dhcp.next = wait < LEAST_RENEWAL && limit - now > LEAST_RENEWAL ? now + LEAST_RENEWAL : wait < LEAST_RENEWAL ? limit : now + wait;
}

static int dhcp_wait(u32 now) {
  if (dhcp.state == DHCP_OFF) return -1;
  return is_due(now, dhcp.next) ? 0 : (int)(dhcp.next - now);
}

static void dhcp_step(void) {
  static u8 message[DHCP_BYTES];
  static struct lease l;
  u32 now = milliseconds();
  int n;
  if (dhcp.state == DHCP_OFF) return;
  while ((n = S3(SYS_read, dhcp.socket, message, sizeof message)) > 0) {
    handle_reply(read_dhcp(message, n, dhcp.transaction, dhcp.hardware, &l), &l, now);
  }
  while (dhcp.state != DHCP_OFF && is_due(now, dhcp.next)) dhcp_timer(now);
}

#endif
