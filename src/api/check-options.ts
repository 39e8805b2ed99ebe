/** What a sandbox is to be made of, checked before anything is. */
import { TabnixError } from "../../workers/shared/errors.ts";
import { isImportedImage, isSiteImage } from "../../workers/shared/image-name.ts";
import { isRelayAddress } from "../../workers/shared/relay-address.ts";
import {
  checkContent,
  checkEnvironment,
  checkObject,
  checkPath,
  checkSignal,
  checkText,
} from "./checks.ts";
import type { SandboxNetwork, SandboxOptions } from "./contract.ts";

/** @throws TabnixError `invalid-input` */
export function checkOptions(options: SandboxOptions): SandboxOptions {
  checkObject(options, "The options");
  checkImage(options.image);
  checkSignal(options.signal);
  checkEnvironment(options.env ?? {});
  if (options.hostname !== undefined) checkText(options.hostname, "hostname");
  checkNetwork(checkObject(options.network ?? {}, "network") as SandboxNetwork);
  for (const [path, content] of Object.entries(checkObject(options.files ?? {}, "files"))) {
    checkPath(path, "A path in files");
    checkContent(content, `The content of ${path}`);
  }
  if (options.snapshot === undefined || options.snapshot instanceof Blob) return options;
  throw new TabnixError("invalid-input", "snapshot must be a Blob, as snapshot() gives it.");
}

function checkImage(image: unknown): void {
  const name = checkText(image, "image");
  if (isSiteImage(name) || isImportedImage(name)) return;
  throw new TabnixError(
    "invalid-input",
    `${JSON.stringify(name)} is not the name of an image.`,
    'Names are small letters, digits, dots and hyphens, as "base".',
  );
}

function checkNetwork({ relay, lan }: SandboxNetwork): void {
  if (lan !== undefined) checkText(lan, "network.lan");
  if (relay === undefined) return;
  checkObject(relay, "network.relay");
  if (isRelayAddress(checkText(relay.url, "network.relay.url"))) return;
  throw new TabnixError(
    "invalid-input",
    `${JSON.stringify(relay.url)} is not the address of a relay.`,
    "It begins with ws: or wss:.",
  );
}
