/** The sessions of a machine's two mounts: see "One server, two mounts" in docs/architecture.md. */
import type { Mount } from "./contract.ts";
import type { NinepServer } from "./ninep/server.ts";
import type { ServiceFiles } from "./ninep/service-files.ts";
import type { NinepSession } from "./ninep/session.ts";

export type Sessions = Record<Mount, NinepSession>;

/**
 * Opens them in the order that a saved server expects.
 *
 * @param onFailure told of failures that are not the guest's: a base file that cannot be had
 * @param service files beside the tree, of the live mount
 */
export function openSessions(
  server: NinepServer,
  onFailure: (error: unknown) => void = () => {},
  service?: ServiceFiles,
): Sessions {
  return {
    system: server.session({ qidVersion: "changing", onFailure }),
    // The guest never trusts what it has cached of the live tree.
    live: server.session({ qidVersion: "zero", onFailure, ...(service ? { service } : {}) }),
  };
}
