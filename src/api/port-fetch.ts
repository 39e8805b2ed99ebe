/** Requests to servers of a sandbox, by the gateway that previews use. */
import type { PreviewFailureCode } from "../../workers/kernel/network/preview/contract.ts";
import {
  GatewayFailure,
  GatewayLink,
  LinkLost,
  type LinkResponse,
} from "../../workers/service/gateway-link.ts";
import { type ErrorCode, TabnixError } from "../../workers/shared/errors.ts";
import { untilAborted } from "./lifetime.ts";

const WITHOUT_CONTENT = new Set(["GET", "HEAD"]);
const NULL_BODY_STATUS = new Set([101, 103, 204, 205, 304]);
/** What fetch() may not be asked to change either, and what the gateway says itself. */
const LEFT_OUT = new Set(["connection", "content-length", "cookie", "host", "transfer-encoding"]);

const CODES: Readonly<Record<PreviewFailureCode, ErrorCode>> = {
  refused: "unreachable",
  "timed-out": "timeout",
  incomplete: "incomplete",
  malformed: "malformed",
  unreachable: "unreachable",
  "too-many": "busy",
  cancelled: "closed",
};

export class PortFetch {
  readonly #connect: (port: MessagePort) => void;
  #link: GatewayLink | undefined;

  /** @param connect gives a port to the machine's gateway */
  constructor(connect: (port: MessagePort) => void) {
    this.#connect = connect;
  }

  /** @throws TabnixError; the signal's reason */
  async fetch(port: number, request: Request, signal: AbortSignal): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    const blob = WITHOUT_CONTENT.has(request.method) ? undefined : await request.blob();
    const content = blob && blob.size > 0 ? blob : undefined;
    const fields = [...request.headers].filter(([name]) => !LEFT_OUT.has(name));
    const asked = this.#opened().request(
      {
        port,
        method: request.method,
        target: pathname + search,
        fields: [...fields, ["accept-encoding", "identity"]],
        ...(content ? { length: content.size } : {}),
      },
      content,
    );
    // One that nobody waits for any more is still to be ended when it comes.
    const cancel = () => void asked.then((response) => response.cancel()).catch(() => {});
    signal.addEventListener("abort", cancel, { once: true });
    try {
      return responseOf(await untilAborted(asked, signal), request.method, signal);
    } catch (error) {
      throw explained(error, port);
    }
  }

  close(): void {
    this.#link?.lose();
  }

  #opened(): GatewayLink {
    if (this.#link && !this.#link.isLost) return this.#link;
    const { port1, port2 } = new MessageChannel();
    this.#connect(port1);
    this.#link = new GatewayLink(port2);
    return this.#link;
  }
}

/** @throws TabnixError `malformed` */
function responseOf(answer: LinkResponse, method: string, signal: AbortSignal): Response {
  try {
    return made(answer, method, signal);
  } catch (error) {
    answer.cancel();
    const { status } = answer.head;
    const message = `The server's answer, with status ${status}, is none that a Response can have.`;
    throw new TabnixError("malformed", message, "", error);
  }
}

/** @throws TypeError, RangeError for what HTTP allows and fetch() does not */
function made({ head, body, cancel }: LinkResponse, method: string, signal: AbortSignal): Response {
  const headers = new Headers(head.fields.map(([name, value]): [string, string] => [name, value]));
  const init = { status: head.status, statusText: head.reason, headers };
  if (method === "HEAD" || NULL_BODY_STATUS.has(head.status)) return new Response(null, init);
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      start(controller) {
        signal.addEventListener("abort", () => controller.error(signal.reason), { once: true });
      },
      async pull(controller) {
        const piece = await body.read();
        if (piece) controller.enqueue(piece as Uint8Array<ArrayBuffer>);
        else controller.close();
      },
      cancel,
    },
    { highWaterMark: 0 },
  );
  return new Response(stream, init);
}

function explained(error: unknown, port: number): unknown {
  if (error instanceof LinkLost) return new TabnixError("unreachable", error.message, "", error);
  if (!(error instanceof GatewayFailure)) return error;
  const { code, message } = error.failure;
  const hint = code === "refused" ? `Wait for it with ports.waitFor(${port}).` : "";
  // A frame may have a later version's.
  return new TabnixError(CODES[code] ?? "unreachable", message, hint, error);
}
