/**
 * Which client has which address, and until when. A client is its hardware address. What has expired is
 * remembered as long as there is room and nobody else needs the address: a client that comes back finds
 * its own again. Without a memory it is likely to: the first choice comes from the hardware address.
 */
import { DHCP_DECLINED_MS, MAX_DHCP_DECLINED, MAX_DHCP_LEASES } from "../../../shared/limits.ts";

/** Addresses that may be given out, both included. */
export interface AddressPool {
  first: number;
  last: number;
}

export interface DhcpLease {
  hardware: number;
  address: number;
  /** Milliseconds, by the table's clock. */
  expires: number;
  /** False while the address is only offered. */
  bound: boolean;
  /** What the client calls itself: a label of a host name in lower case. */
  name?: string;
}

export class LeaseTable {
  private readonly pool: AddressPool;
  private readonly now: () => number;
  /** In the order of their last change, so that the first expired one is the oldest. */
  private readonly byHardware = new Map<number, DhcpLease>();
  private readonly byAddress = new Map<number, DhcpLease>();
  /** Addresses that a client has found in use, and until when they are not given out. */
  private readonly declined = new Map<number, number>();

  constructor(pool: AddressPool, now: () => number) {
    this.pool = pool;
    this.now = now;
  }

  /** What is leased now. */
  *active(): Generator<DhcpLease> {
    for (const lease of this.byHardware.values())
      if (lease.bound && this.isLive(lease)) yield lease;
  }

  find(hardware: number): DhcpLease | undefined {
    return this.byHardware.get(hardware);
  }

  /** @returns whether the pool has the address and no other client may be using it */
  isFree(address: number, hardware: number): boolean {
    if (address < this.pool.first || address > this.pool.last) return false;
    if ((this.declined.get(address) ?? 0) > this.now()) return false;
    const lease = this.byAddress.get(address);
    return !lease || lease.hardware === hardware || !this.isLive(lease);
  }

  /** The client's last address, or the one that it asks for, or another. @returns undefined when all are in use */
  choose(hardware: number, requested: number | undefined): number | undefined {
    const last = this.byHardware.get(hardware)?.address;
    if (last !== undefined && this.isFree(last, hardware)) return last;
    if (requested !== undefined && this.isFree(requested, hardware)) return requested;
    const count = this.pool.last - this.pool.first + 1;
    const start = spread(hardware) % count;
    let remembered: number | undefined;
    for (let i = 0; i < count; i++) {
      const address = this.pool.first + ((start + i) % count);
      if (!this.isFree(address, hardware)) continue;
      // Somebody else's former address is the last choice.
      if (!this.byAddress.has(address)) return address;
      remembered ??= address;
    }
    return remembered;
  }

  /** Writes a lease down. @returns false when the table is full of leases that have not expired */
  put(lease: DhcpLease): boolean {
    if (!this.byHardware.has(lease.hardware) && !this.makeRoom()) return false;
    this.remove(lease.hardware);
    const former = this.byAddress.get(lease.address);
    if (former) this.remove(former.hardware);
    this.byHardware.set(lease.hardware, lease);
    this.byAddress.set(lease.address, lease);
    return true;
  }

  remove(hardware: number): void {
    const lease = this.byHardware.get(hardware);
    if (!lease) return;
    this.byHardware.delete(hardware);
    this.byAddress.delete(lease.address);
  }

  /** Does not give the address out for a while. */
  decline(address: number): void {
    this.declined.delete(address);
    if (this.declined.size >= MAX_DHCP_DECLINED) {
      this.declined.delete(this.declined.keys().next().value!);
    }
    this.declined.set(address, this.now() + DHCP_DECLINED_MS);
  }

  private makeRoom(): boolean {
    if (this.byHardware.size < MAX_DHCP_LEASES) return true;
    for (const lease of this.byHardware.values()) {
      if (this.isLive(lease)) continue;
      this.remove(lease.hardware);
      return true;
    }
    return false;
  }

  private isLive(lease: DhcpLease): boolean {
    return lease.expires > this.now();
  }
}

/** A hardware address as a number of 32 bits that its neighbours do not share (FNV-1a). */
function spread(hardware: number): number {
  let hash = 0x811c_9dc5;
  for (let rest = hardware; rest > 0; rest = Math.floor(rest / 256)) {
    hash = Math.imul(hash ^ (rest % 256), 0x0100_0193);
  }
  return hash >>> 0;
}
