/** The sessions of a machine's two mounts: see "One server, two mounts" in docs/architecture.md. */
import type { Mount } from "./contract.ts";
import type { Epochs } from "./epoch.ts";
import type { NinepServer } from "./ninep/server.ts";
import type { ServiceFiles } from "./ninep/service-files.ts";
import type { NinepSession } from "./ninep/session.ts";

export type Sessions = Record<Mount, NinepSession>;

export interface SessionsOptions {
  /** Raised by what others than the mounts change. */
  epochs: Epochs;
  /** Told of failures that are not the guest's: a base file that cannot be had. */
  onFailure: (error: unknown) => void;
  /** Files beside the tree, of the live mount. */
  service?: ServiceFiles;
}

/** Opens them in the order that a saved server expects. */
export function openSessions(server: NinepServer, options: SessionsOptions): Sessions {
  const { epochs, onFailure, service } = options;
  return {
    system: server.session({
      qidVersion: "changing",
      onFailure,
      own: (work) => epochs.own("system", work),
    }),
    live: server.session({
      // The guest trusts what it has cached of contents only while a file is mapped.
      qidVersion: "zero",
      onFailure,
      own: (work) => epochs.own("live", work),
      ...(service ? { service } : {}),
    }),
  };
}
