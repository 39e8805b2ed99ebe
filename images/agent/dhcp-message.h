/*
 * DHCP's messages (RFC 2131, 2.; options: RFC 2132), as a client writes and reads them.
 */
#ifndef TABNIX_DHCP_MESSAGE_H
#define TABNIX_DHCP_MESSAGE_H
#include "interfaces.h"

enum { DISCOVER = 1, OFFER = 2, REQUEST = 3, ACK = 5, NAK = 6 };
enum {
  OPTION_MASK = 1, OPTION_ROUTER = 3, OPTION_DNS = 6, OPTION_HOST_NAME = 12, OPTION_DOMAIN = 15,
  OPTION_MTU = 26, OPTION_REQUESTED = 50, OPTION_LEASE = 51, OPTION_TYPE = 53, OPTION_SERVER = 54,
  OPTION_WANTED = 55, OPTION_MAX_SIZE = 57, OPTION_T1 = 58, OPTION_T2 = 59, OPTION_CLIENT = 61, OPTION_END = 255
};
/* Where things are: the fixed fields, the magic cookie, the options. 300: the least that some relays take. */
enum { AT_XID = 4, AT_SECONDS = 8, AT_FLAGS = 10, AT_CIADDR = 12, AT_YIADDR = 16, AT_CHADDR = 28, AT_COOKIE = 236 };
enum { AT_OPTIONS = 240, LEAST_BYTES = 300, DHCP_BYTES = 1500, DOMAIN_BYTES = 128, NAME_SERVERS = 3, NODE_BYTES = 65 };

static const u8 magic_cookie[4] = {99, 130, 83, 99};

/* What a server has given, or offers. */
struct lease {
  u8 address[4], server[4], mask[4], router[4];
  u8 name_servers[NAME_SERVERS * 4];
  u32 name_server_bytes, mtu;
  u32 seconds, t1, t2;
  char domain[DOMAIN_BYTES];
};

/* What a client says of itself in each message. */
struct dhcp_request {
  int type;
  const u8 *transaction, *hardware;
  const u8 *held;      /* the address that it has, or 0 */
  const u8 *requested; /* the address that it wants, or 0 */
  const u8 *server;    /* the server that it has chosen, or 0 */
  u32 seconds;         /* since the exchange began */
};

static int equal(const void *one, const void *other, u32 n) {
  const u8 *a = one, *b = other;
  while (n--) {
    if (*a++ != *b++) return 0;
  }
  return 1;
}

/* Network order. */
static u32 big32(const u8 *p) { return (u32)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3]; }

static u8 *put_option(u8 *at, int code, const void *value, u32 size) {
  at[0] = code;
  at[1] = size;
  copy(at + 2, value, size);
  return at + 2 + size;
}

/* @returns the message's bytes; `message` has room for them: they are few */
static u32 write_dhcp(u8 *message, const struct dhcp_request *r) {
  static const u8 wanted[] = {OPTION_MASK, OPTION_ROUTER, OPTION_DNS, OPTION_DOMAIN, OPTION_MTU, OPTION_LEASE, OPTION_T1, OPTION_T2};
  static const u8 largest[2] = {DHCP_BYTES >> 8, DHCP_BYTES & 255};
  static char system[6 * NODE_BYTES]; /* struct new_utsname: the second name is the machine's */
  u8 client[1 + MAC_BYTES], *at = message + AT_OPTIONS;
  u8 type = r->type;
  memset(message, 0, DHCP_BYTES);
  message[0] = 1; /* BOOTREQUEST */
  message[1] = ARPHRD_ETHER;
  message[2] = MAC_BYTES;
  copy(message + AT_XID, r->transaction, 4);
  message[AT_SECONDS] = r->seconds >> 8;
  message[AT_SECONDS + 1] = r->seconds;
  /* A socket without an address takes replies to everybody only. */
  if (r->held) copy(message + AT_CIADDR, r->held, ADDRESS_BYTES);
  else message[AT_FLAGS] = 0x80;
  copy(message + AT_CHADDR, r->hardware, MAC_BYTES);
  copy(message + AT_COOKIE, magic_cookie, sizeof magic_cookie);
  at = put_option(at, OPTION_TYPE, &type, 1);
  client[0] = ARPHRD_ETHER;
  copy(client + 1, r->hardware, MAC_BYTES);
  at = put_option(at, OPTION_CLIENT, client, sizeof client);
  if (r->requested) at = put_option(at, OPTION_REQUESTED, r->requested, ADDRESS_BYTES);
  if (r->server) at = put_option(at, OPTION_SERVER, r->server, ADDRESS_BYTES);
  at = put_option(at, OPTION_WANTED, wanted, sizeof wanted);
  at = put_option(at, OPTION_MAX_SIZE, largest, sizeof largest);
  if (S1(SYS_uname, system) >= 0 && system[NODE_BYTES]) {
    at = put_option(at, OPTION_HOST_NAME, system + NODE_BYTES, length(system + NODE_BYTES));
  }
  *at++ = OPTION_END;
  return at - message < LEAST_BYTES ? LEAST_BYTES : at - message;
}

/* A domain goes into a file, line by line: one with other characters than names have is left out. */
static void read_domain(char *into, const u8 *value, u32 size) {
  u32 i;
  if (size >= DOMAIN_BYTES) return;
  for (i = 0; i < size; i++) {
    u8 c = value[i];
    if (!(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.')) return;
  }
  copy(into, value, size);
  into[size] = 0;
}

static void read_option(struct lease *l, int code, const u8 *value, u32 size) {
  if (code == OPTION_MASK && size == 4) copy(l->mask, value, 4);
  else if (code == OPTION_ROUTER && size >= 4) copy(l->router, value, 4);
  else if (code == OPTION_SERVER && size == 4) copy(l->server, value, 4);
  else if (code == OPTION_DNS && size >= 4) {
    l->name_server_bytes = size < sizeof l->name_servers ? size & ~3u : sizeof l->name_servers;
    copy(l->name_servers, value, l->name_server_bytes);
  } else if (code == OPTION_MTU && size == 2) l->mtu = value[0] << 8 | value[1];
  else if (code == OPTION_LEASE && size == 4) l->seconds = big32(value);
  else if (code == OPTION_T1 && size == 4) l->t1 = big32(value);
  else if (code == OPTION_T2 && size == 4) l->t2 = big32(value);
  else if (code == OPTION_DOMAIN) read_domain(l->domain, value, size);
}

/* @returns the type of a reply to this client, with what it gives in `l`; 0 for anything else */
static int read_dhcp(const u8 *message, u32 size, const u8 *transaction, const u8 *hardware, struct lease *l) {
  u32 at = AT_OPTIONS;
  int type = 0;
  if (size < AT_OPTIONS || message[0] != 2 /* BOOTREPLY */ || message[1] != ARPHRD_ETHER || message[2] != MAC_BYTES) return 0;
  if (!equal(message + AT_XID, transaction, 4) || !equal(message + AT_CHADDR, hardware, MAC_BYTES)) return 0;
  if (!equal(message + AT_COOKIE, magic_cookie, sizeof magic_cookie)) return 0;
  memset(l, 0, sizeof *l);
  copy(l->address, message + AT_YIADDR, ADDRESS_BYTES);
  while (at < size && message[at] != OPTION_END) {
    u32 code = message[at++], bytes;
    if (code == 0) continue; /* padding */
    if (at >= size) return 0;
    bytes = message[at++];
    if (bytes > size - at) return 0;
    if (code == OPTION_TYPE && bytes == 1) type = message[at];
    else read_option(l, code, message + at, bytes);
    at += bytes;
  }
  return type;
}

#endif
