/*
 * The guest's first process: mounts, then serves the machine worker's frames (see protocol.h) over a
 * virtio-serial port. It opens terminals and programs with pipes, carries their bytes with back-pressure
 * both ways, sets what must be fresh after a restore (clock, entropy, hostname, hardware address), keeps a lease of the
 * network's address, tells which ports are listened on, prepares snapshots, and stops the machine cleanly. As PID 1 it also reaps orphans and answers busybox's reboot (SIGTERM),
 * poweroff (SIGUSR2) and halt (SIGUSR1).
 */
#include "channels.h"
#include "dhcp.h"
#include "mounts.h"
#include "ports.h"
#include "protocol.h"
#include "sys.h"

enum { OUTPUT_BYTES = 32768, PORT_BUFFER = 4096, OWN = 3 /* descriptors of its own */ };
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

static void send_number(int type, int channel, u32 value, int size) {
  u8 message[HEADER_BYTES + 4];
  message[0] = type;
  message[1] = channel;
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

static void handle_frame(void) {
  u32 size = get16(frame + 2);
  u8 *payload = frame + HEADER_BYTES;
  int id = frame[1] % CHANNELS;
  struct channel *c = &channels[id];
  switch (frame[0]) {
    case OPEN:
      if (c->used) break;
      if (!open_channel(c, payload, size)) send_number(EXIT, id, CANNOT_RUN << 8, 4);
      break;
    case INPUT:
      if (c->used && c->ends[STDIN] != CLOSED) queue_input(c, payload, size);
      else send_number(ACCEPTED, id, size, 4);
      break;
    case RESIZE: if (c->used && c->is_terminal && size >= 4) set_size(c->ends[STDOUT], payload); break;
    case CREDIT: if (size >= 5 && payload[4] < STANDARD) c->credit[payload[4]] += get32(payload); break;
    case HANGUP:
      /* EXIT follows when the leader of the session is reaped. */
      if (c->used && c->is_terminal) {
        signal_channel(c, SIGHUP);
        c->credit[STDOUT] = 0x7fffffff;
      }
      break;
    case CLOSE: if (c->used && size) close_descriptor(c, payload[0]); break;
    case SIGNAL: if (c->used && size) signal_channel(c, payload[0]); break;
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

/* Carries output of one descriptor, at most its credit, and the last of a program that has ended. */
static void read_output(int id, int d) {
  struct channel *c = &channels[id];
  u32 limit = c->credit[d] < OUTPUT_BYTES ? c->credit[d] : OUTPUT_BYTES, size = 0;
  int n = -EAGAIN;
  if (limit > c->left[d]) limit = c->left[d];
  if (limit == 0) return;
  while (size < limit) {
    n = S3(SYS_read, c->ends[d], output + HEADER_BYTES + size, limit - size);
    if (n <= 0) break;
    size += n;
  }
  if (size) {
    output[0] = d == STDERR ? ERRORS : OUTPUT;
    output[1] = id;
    output[2] = size;
    output[3] = size >> 8;
    send_all(output, HEADER_BYTES + size);
    c->credit[d] -= size;
  }
  if (n == -EIO) c->hung = 1;
  if (n == 0 && !c->is_terminal) close_end(&c->ends[d]);
  if (c->pid == 0) c->left[d] = n <= 0 ? 0 : c->left[d] - size;
}

static void end_channel(int id) {
  release_channel(&channels[id]);
  send_number(EXIT, id, channels[id].status, 4);
}

static void read_lingering(u32 at) {
  int n;
  do n = S3(SYS_read, lingering[at], output, sizeof output);
  while (n > 0);
  if (n == 0) end_lingering(at);
}

static void reap(void) {
  int status, pid, id;
  while ((pid = S4(SYS_wait4, -1, &status, 1, 0)) > 0) {
    for (id = 0; id < CHANNELS; id++) {
      if (channels[id].used && channels[id].pid == pid) child_ended(&channels[id], status);
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

/* What serve() waits for beside its own descriptors. */
static struct {
  int count; /* ends of channels; they stand behind our own descriptors, before those that linger */
  u8 ids[STANDARD * CHANNELS], descriptors[STANDARD * CHANNELS];
  struct pollfd fds[OWN + STANDARD * CHANNELS + LINGERING];
} watched;

static void watch_end(int id, int d, int events) {
  struct pollfd *fd = &watched.fds[OWN + watched.count];
  fd->fd = channels[id].ends[d];
  fd->events = events;
  watched.ids[watched.count] = id;
  watched.descriptors[watched.count++] = d;
}

static void watch_channel(int id) {
  struct channel *c = &channels[id];
  int d;
  if (c->hung && c->pid) return;
  if (c->queued) watch_end(id, STDIN, POLLOUT);
  for (d = STDOUT; d < STANDARD; d++) {
    /* Without credit one that has ended polls POLLHUP for ever: leave it out until credit comes. */
    if (c->ends[d] != CLOSED && c->credit[d]) watch_end(id, d, POLLIN);
  }
}

static void serve_end(int id, int d) {
  if (d == STDIN) {
    u32 taken = write_input(&channels[id]);
    if (taken) send_number(ACCEPTED, id, taken, 4);
  } else {
    read_output(id, d);
  }
}

/* The rest of what has ended, as far as there is credit. */
static void finish_channel(int id) {
  struct channel *c = &channels[id];
  int d;
  for (d = STDOUT; d < STANDARD; d++) {
    if (c->ends[d] != CLOSED) read_output(id, d);
  }
  if (has_ended(c)) end_channel(id);
}

static void serve(int signals) {
  struct pollfd *fds = watched.fds;
  for (;;) {
    int i, id, n, ended = 0, wait = watch_network();
    u32 at;
    fds[0].fd = port;
    fds[1].fd = signals;
    fds[2].fd = dhcp.socket; /* poll passes over one that is not open: -1 */
    fds[0].events = fds[1].events = fds[2].events = POLLIN;
    watched.count = 0;
    for (id = 0; id < CHANNELS; id++) {
      if (channels[id].used) watch_channel(id);
    }
    n = OWN + watched.count;
    for (at = 0; at < lingering_count; at++) {
      fds[n].fd = lingering[at];
      fds[n++].events = POLLIN;
    }
    for (i = 0; i < n; i++) fds[i].revents = 0;
    if (S3(SYS_poll, fds, n, wait) < 0) continue;
    if (fds[1].revents) read_signals(signals);
    dhcp_step();
    for (i = 0; i < watched.count; i++) {
      if (fds[OWN + i].revents) serve_end(watched.ids[i], watched.descriptors[i]);
    }
    /* From the last: one that is closed moves those behind it. */
    for (at = lingering_count; at-- > 0;) {
      if (fds[OWN + watched.count + at].revents) read_lingering(at);
    }
    for (id = 0; id < CHANNELS; id++) {
      if (channels[id].used && channels[id].pid == 0) finish_channel(id);
    }
    if (fds[0].revents & POLLIN) read_port();
  }
}

void _start(void) {
  static const u8 loopback[4] = {127, 0, 0, 1};
  int signals;
  mount_everything();
  register_webassembly();
  set_interface("lo", SIOCSIFADDR, loopback);
  bring_up("lo");
  signals = signal_descriptor();
  port = open_port();
  send_hello();
  serve(signals);
}
