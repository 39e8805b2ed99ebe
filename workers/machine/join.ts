/** Joins {@link MachineService} to the page, in a worker. */
import { browserStores } from "../shared/browser-store.ts";
import { MachineService } from "./service.ts";

export const service = new MachineService(
  (message, transfer = []) => self.postMessage(message, { transfer }),
  browserStores(),
);
