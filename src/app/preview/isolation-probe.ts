import { PROBE } from "../../../workers/service/addresses.ts";
import type { FromProbe } from "../../../workers/service/contract.ts";

/** How long the probe may take, in milliseconds; a browser that needs longer gets no pane. */
const PROBE_MS = 10_000;

/**
 * Whether a page of a preview in a frame and this page are out of each other's reach, though they share
 * an origin. Found out by trying: the service worker has a document for it, with the headers of previews.
 */
export function panesAreIsolated(scope: string): Promise<boolean> {
  const frame = document.createElement("iframe");
  frame.hidden = true;
  frame.src = scope + PROBE;
  return new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), PROBE_MS);
    const receive = ({ source, data }: MessageEvent<FromProbe>) => {
      if (source !== frame.contentWindow || data?.type !== "tabnix-preview-probe") return;
      clearTimeout(timer);
      removeEventListener("message", receive);
      resolve(!data.reachesParent && !isReachable(frame));
    };
    addEventListener("message", receive);
    document.body.append(frame);
  }).finally(() => frame.remove());
}

function isReachable(frame: HTMLIFrameElement): boolean {
  try {
    return frame.contentDocument !== null;
  } catch {
    return false;
  }
}
