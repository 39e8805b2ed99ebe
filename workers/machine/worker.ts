/** The machine worker's script. */
import { serveLater } from "../shared/serve-later.ts";

serveLater(async () => (await import("./join.ts")).service);
