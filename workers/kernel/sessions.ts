/** The sessions of a machine's two mounts: see "One server, two mounts" in docs/architecture.md. */
import type { Mount } from "./contract.ts";
import type { Epoch } from "./epoch.ts";
import type { NinepServer } from "./ninep/server.ts";
import type { ServiceFiles } from "./ninep/service-files.ts";
import type { NinepSession } from "./ninep/session.ts";

export type Sessions = Record<Mount, NinepSession>;

export interface SessionsOptions {
  /** Raised by what others than the live mount change. */
  epoch: Epoch;
  /** Told of failures that are not the guest's: a base file that cannot be had. */
  onFailure: (error: unknown) => void;
  /** Files beside the tree, of the live mount. */
  service?: ServiceFiles;
}

/** Opens them in the order that a saved server expects. */
export function openSessions(server: NinepServer, options: SessionsOptions): Sessions {
  const { epoch, onFailure, service } = options;
  return {
    system: server.session({ qidVersion: "changing", onFailure }),
    // The guest trusts what it has cached of contents only while a file is mapped.
    live: server.session({ qidVersion: "zero", onFailure, epoch, ...(service ? { service } : {}) }),
  };
}
