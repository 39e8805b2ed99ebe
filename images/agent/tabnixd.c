/*
 * The guest's first process: mounts, then serves the machine worker's frames (see protocol.h) over a
 * virtio-serial port. It opens terminals, carries their bytes with back-pressure both ways, sets what
 * must be fresh after a restore (clock, entropy, hostname, hardware address), keeps a lease of the
 * network's address, tells which ports are listened on, prepares snapshots, and stops the machine cleanly. As PID 1 it also reaps orphans and answers busybox's reboot (SIGTERM),
 * poweroff (SIGUSR2) and halt (SIGUSR1).
 */
#include "dhcp.h"
#include "mounts.h"
#include "ports.h"
#include "protocol.h"
#include "sys.h"
#include "terminals.h"

enum { OUTPUT_BYTES = 32768, PORT_BUFFER = 4096 };
enum { RNDADDENTROPY = 0x40085203, RNDRESEEDCRNG = 0x5207 };

static int port;
static u8 frame[HEADER_BYTES + MAX_PAYLOAD];
static u32 framed;
static u32 received;
static u8 output[HEADER_BYTES + OUTPUT_BYTES];

static void send_all(const u8 *bytes, u32 size) {
  while (size) {
    int n = S3(SYS_write, port, bytes, size);
    if (n <= 0) {
      if (n != -EINTR && n != -EAGAIN) return;
      milliseconds_sleep(1);
      continue;
    }
    bytes += n;
    size -= n;
  }
}

static void send_number(int type, int terminal, u32 value, int size) {
  u8 message[HEADER_BYTES + 4];
  message[0] = type;
  message[1] = terminal;
  message[2] = size;
  message[3] = 0;
  message[4] = value;
  message[5] = value >> 8;
  message[6] = value >> 16;
  message[7] = value >> 24;
  send_all(message, HEADER_BYTES + size);
}

static void send_ports(void) {
  u8 message[HEADER_BYTES + 2 * MAX_PORTS];
  message[0] = PORTS;
  message[1] = 0;
  message[2] = 2 * listening.count;
  message[3] = 0;
  copy(message + HEADER_BYTES, listening.numbers, 2 * listening.count);
  send_all(message, HEADER_BYTES + 2 * listening.count);
}

static void send_hello(void) {
  send_number(HELLO, 0, PROTOCOL_VERSION, 1);
  scan_ports();
  send_ports();
}

static int open_port(void) {
  static char path[] = "/dev/vport0p1";
  for (;;) {
    int n, fd;
    for (n = 0; n < 10; n++) {
      path[10] = '0' + n;
      fd = S3(SYS_open, path, O_RDWR | O_CLOEXEC, 0);
      if (fd >= 0) return fd;
    }
    milliseconds_sleep(5);
  }
}

/* --- Fresh after a restore. */

static void add_entropy(const u8 *bytes, u32 size) {
  static struct { int bits, size; u8 bytes[256]; } pool;
  int fd = S3(SYS_open, "/dev/urandom", O_WRONLY | O_CLOEXEC, 0);
  if (fd < 0) return;
  if (size > sizeof pool.bytes) size = sizeof pool.bytes;
  pool.bits = size * 8;
  pool.size = size;
  copy(pool.bytes, bytes, size);
  S3(SYS_ioctl, fd, RNDADDENTROPY, &pool);
  S3(SYS_ioctl, fd, RNDRESEEDCRNG, 0);
  S1(SYS_close, fd);
}

static void set_clock(const u8 *payload) {
  struct timespec t;
  t.seconds = get32(payload);
  t.nanoseconds = get32(payload + 4);
  S2(SYS_clock_settime, 0, &t);
}

/* --- Snapshots. */

struct sysinfo { u32 uptime, loads[3], total, available, shared, buffers, more[8]; };

/*
 * Fills free memory with zeros, page by page, and gives it back: the emulator leaves pages of zeros
 * out of a snapshot, and what freed pages still held would be most of it. A margin stays free, so
 * that the kernel does not start to kill.
 */
static void scrub_memory(void) {
  struct sysinfo info;
  struct { u32 address, size, protection, flags; int fd; u32 offset; } area;
  u32 margin = 6 << 20, i;
  u8 *memory;
  if (S1(SYS_sysinfo, &info) < 0 || info.available < 2 * margin) return;
  area.address = 0;
  area.size = (info.available - margin) & ~4095u;
  area.protection = 3; /* PROT_READ | PROT_WRITE */
  area.flags = 0x22;   /* MAP_PRIVATE | MAP_ANONYMOUS */
  area.fd = -1;
  area.offset = 0;
  memory = (u8 *)S1(SYS_mmap, &area);
  if ((u32)memory > (u32)-4096) return;
  for (i = 0; i < area.size; i += 4096) memory[i] = 0;
  S2(SYS_munmap, memory, area.size);
}

static void settle(u32 flags) {
  S0(SYS_sync);
  if (flags & DROP_CACHES) put_text("/proc/sys/vm/drop_caches", "3");
  if (flags & SCRUB) {
    /* Let ordinary pages come from the first 16 MB too, where the kernel's own image was loaded. */
    put_text("/proc/sys/vm/lowmem_reserve_ratio", "0 0 0");
    scrub_memory();
    put_text("/proc/sys/vm/lowmem_reserve_ratio", "256 32 0");
  }
}

/* --- Stopping. */

static void stop_machine(int action) {
  int i;
  put_text("/proc/sys/kernel/printk", "1");
  S2(SYS_kill, -1, SIGHUP);
  S2(SYS_kill, -1, SIGTERM);
  S2(SYS_kill, -1, SIGCONT);
  for (i = 0; i < 40; i++) {
    int pid;
    while ((pid = S4(SYS_wait4, -1, 0, 1, 0)) > 0) {}
    if (pid < 0) break; /* ECHILD: nobody is left */
    milliseconds_sleep(25);
  }
  S2(SYS_kill, -1, SIGKILL);
  S0(SYS_sync);
  send_number(POWERING, 0, action, 1);
  /* The host stops the machine now; if it does not, the kernel does. */
  milliseconds_sleep(1000);
  S4(SYS_reboot, 0xfee1dead, 672274793, action == REBOOT ? 0x01234567 : 0x4321FEDC, 0);
  for (;;) milliseconds_sleep(1000);
}

/* --- Frames. */

static void end_terminal(int id) {
  struct terminal *t = &terminals[id];
  S1(SYS_close, t->master);
  t->master = -1;
  send_number(EXIT, id, t->status, 4);
}

static void handle_frame(void) {
  u32 size = get16(frame + 2);
  u8 *payload = frame + HEADER_BYTES;
  int id = frame[1] % TERMINALS;
  struct terminal *t = &terminals[id];
  switch (frame[0]) {
    case OPEN:
      if (t->master >= 0) break;
      if (!open_terminal(t, payload, size)) send_number(EXIT, id, 126 << 8, 4);
      break;
    case INPUT:
      if (t->master >= 0) queue_input(t, payload, size);
      else send_number(ACCEPTED, id, size, 4);
      break;
    case RESIZE: if (t->master >= 0 && size >= 4) set_size(t->master, payload); break;
    case CREDIT: if (size >= 4) t->credit += get32(payload); break;
    case HANGUP:
      /* Closing the master sends SIGHUP to the session; EXIT follows when the leader is reaped. */
      if (t->master >= 0) {
        S2(SYS_kill, -t->pid, SIGHUP);
        t->credit = 0x7fffffff;
      }
      break;
    case CLOCK: if (size >= 8) set_clock(payload); break;
    case ENTROPY: add_entropy(payload, size); break;
    case HOSTNAME: S2(SYS_sethostname, payload, size); break;
    case SETTLE:
      settle(size ? payload[0] : 0);
      send_number(SETTLED, 0, 0, 0);
      break;
    case POWER: stop_machine(size && payload[0] == REBOOT ? REBOOT : POWER_OFF); break;
    case HARDWARE_ADDRESS: if (size >= MAC_BYTES) restart_dhcp(payload); break;
    case PING: send_hello(); break;
  }
}

static void read_port(void) {
  static u8 buffer[PORT_BUFFER];
  int n = S3(SYS_read, port, buffer, sizeof buffer), i = 0;
  if (n <= 0) return;
  received++;
  while (i < n) {
    u32 want = HEADER_BYTES, take;
    if (framed >= HEADER_BYTES) want += get16(frame + 2);
    if (want > sizeof frame) { framed = 0; return; } /* not a frame of ours: drop what came */
    take = want - framed;
    if (take > (u32)(n - i)) take = n - i;
    copy(frame + framed, buffer + i, take);
    framed += take;
    i += take;
    if (framed >= HEADER_BYTES && framed == HEADER_BYTES + get16(frame + 2)) {
      handle_frame();
      framed = 0;
    }
  }
  send_number(RECEIVED, 0, received, 2);
  received = 0;
}

/* Carries output of one terminal, at most its credit. Ends it when its program has ended. */
static void read_terminal(int id) {
  struct terminal *t = &terminals[id];
  u32 limit = t->credit < OUTPUT_BYTES ? t->credit : OUTPUT_BYTES, size = 0;
  int n = -EAGAIN;
  while (size < limit) {
    n = S3(SYS_read, t->master, output + HEADER_BYTES + size, limit - size);
    if (n <= 0) break;
    size += n;
  }
  if (size) {
    output[0] = OUTPUT;
    output[1] = id;
    output[2] = size;
    output[3] = size >> 8;
    send_all(output, HEADER_BYTES + size);
    t->credit -= size;
  }
  if (n == -EIO) t->hung = 1;
  if (t->pid == 0 && n <= 0 && limit) end_terminal(id);
}

static void reap(void) {
  int status, pid, id;
  while ((pid = S4(SYS_wait4, -1, &status, 1, 0)) > 0) {
    for (id = 0; id < TERMINALS; id++) {
      if (terminals[id].master >= 0 && terminals[id].pid == pid) {
        terminals[id].pid = 0;
        terminals[id].status = status;
      }
    }
  }
}

static int signal_descriptor(void) {
  u32 mask[2];
  mask[0] = 1u << (SIGCHLD - 1) | 1u << (SIGTERM - 1) | 1u << (SIGUSR1 - 1) | 1u << (SIGUSR2 - 1) | 1u << 1 /* SIGINT */;
  mask[1] = 0;
  S4(SYS_rt_sigprocmask, 0, mask, 0, 8);
  return S4(SYS_signalfd4, -1, mask, 8, O_CLOEXEC | O_NONBLOCK);
}

static void read_signals(int fd) {
  u32 information[32]; /* struct signalfd_siginfo is 128 bytes; the number comes first */
  while (S3(SYS_read, fd, information, sizeof information) == sizeof information) {
    if (information[0] == SIGTERM) stop_machine(REBOOT);
    if (information[0] == SIGUSR1 || information[0] == SIGUSR2) stop_machine(POWER_OFF);
  }
  reap();
}

/* Without a network, as while an image is built, nobody could reach a port: the machine sleeps. */
static int watch_network(void) {
  static u32 next_scan;
  u32 now;
  int scan, lease;
  if (dhcp.state == DHCP_OFF) return -1;
  now = milliseconds();
  if (is_due(now, next_scan)) {
    next_scan = now + SCAN_MILLISECONDS;
    if (scan_ports()) send_ports();
  }
  scan = next_scan - now;
  lease = dhcp_wait(now);
  return lease < scan ? lease : scan;
}

static void serve(int signals) {
  static struct pollfd fds[3 + TERMINALS];
  static u8 ids[TERMINALS];
  for (;;) {
    int n = 0, i, id, ended = 0, wait = watch_network();
    fds[0].fd = port;
    fds[1].fd = signals;
    fds[2].fd = dhcp.socket; /* poll passes over one that is not open: -1 */
    fds[0].events = fds[1].events = fds[2].events = POLLIN;
    for (id = 0; id < TERMINALS; id++) {
      struct terminal *t = &terminals[id];
      if (t->master < 0) continue;
      /* With no credit a dead terminal polls POLLHUP for ever: leave it out until credit comes. */
      if (t->credit == 0 && t->queued == 0) continue;
      if (t->hung && t->pid) continue;
      if (t->pid == 0) ended = 1;
      fds[3 + n].fd = t->master;
      fds[3 + n].events = (t->credit ? POLLIN : 0) | (t->queued ? POLLOUT : 0);
      ids[n++] = id;
    }
    for (i = 0; i < n + 3; i++) fds[i].revents = 0;
    if (S3(SYS_poll, fds, n + 3, ended ? 0 : wait) < 0) continue;
    if (fds[1].revents) read_signals(signals);
    dhcp_step();
    for (i = 0; i < n; i++) {
      struct terminal *t = &terminals[ids[i]];
      if (fds[3 + i].revents & (POLLOUT | POLLERR | POLLHUP) && t->queued) {
        u32 taken = write_input(t);
        if (taken) send_number(ACCEPTED, ids[i], taken, 4);
      }
      if (t->credit && (t->pid == 0 || fds[3 + i].revents & (POLLIN | POLLHUP))) read_terminal(ids[i]);
    }
    if (fds[0].revents & POLLIN) read_port();
  }
}

void _start(void) {
  static const u8 loopback[4] = {127, 0, 0, 1};
  int id, signals;
  for (id = 0; id < TERMINALS; id++) terminals[id].master = -1;
  mount_everything();
  register_webassembly();
  set_interface("lo", SIOCSIFADDR, loopback);
  bring_up("lo");
  signals = signal_descriptor();
  port = open_port();
  send_hello();
  serve(signals);
}
