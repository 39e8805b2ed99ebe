/** Drives the machine of a frame from the page around it. */
import { TabnixError } from "../../workers/shared/errors.ts";
import { EMBED_HELLO_MS } from "../../workers/shared/limits.ts";
import { checkEnvironment, checkSignal } from "../api/checks.ts";
import type { SandboxOptions } from "../api/contract.ts";
import { Lifetime, untilAborted } from "../api/lifetime.ts";
import { Sandbox } from "../api/sandbox.ts";
import { timedOut } from "../api/timeout.ts";
import { EMBED_VERSION, type FrameEvent } from "./contract.ts";
import { FrameEngine } from "./frame-engine.ts";
import { Greeting } from "./greeting.ts";

const WEB = /^https?:/;

/** What may be said of a machine whose set-up is the frame's own. */
export type ConnectOptions = Pick<SandboxOptions, "env" | "signal" | "onProgress" | "onNotice">;

/**
 * A sandbox on the machine of a frame, which is started if it was not. All connections to a frame have the same
 * machine; the terminal in the frame is of it too.
 *
 * @param frame shows an embed.html, of any site
 * @throws TabnixError `invalid-input`; `timeout` when nobody answers, `wrong-version`; why the machine did not
 *   start; the signal's reason
 */
export async function connectSandbox(
  frame: HTMLIFrameElement,
  { env = {}, signal, onProgress, onNotice }: ConnectOptions = {},
): Promise<Sandbox> {
  const isFrame = frame instanceof HTMLIFrameElement && frame.isConnected;
  if (!isFrame || !WEB.test(frame.src)) {
    throw new TabnixError(
      "invalid-input",
      "It takes an iframe with an address, in the document.",
      "As <iframe src=…/embed.html?image=tiny>.",
    );
  }
  checkEnvironment(env);
  const patience = timedOut(
    EMBED_HELLO_MS,
    "The frame did not answer.",
    "Its address must be an embed.html, and it needs an origin: in a sandbox allow-scripts and allow-same-origin.",
  );
  let engine: FrameEngine | undefined;
  try {
    const waiting = new Lifetime().signal(checkSignal(signal), patience.signal);
    engine = await firstWelcome(frame, waiting);
    patience.stop();
    if (onProgress) engine.on("progress", onProgress);
    if (onNotice) engine.on("notice", onNotice);
    const booted = engine.boot();
    await (signal ? untilAborted(booted, signal) : booted);
    return new Sandbox(engine, env);
  } catch (error) {
    engine?.destroy();
    throw error;
  } finally {
    patience.stop();
  }
}

/** The first connection that is answered; later ones to the same load of the frame are not needed. */
function firstWelcome(frame: HTMLIFrameElement, signal: AbortSignal): Promise<FrameEngine> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    let welcomed: { engine: FrameEngine; load: number } | undefined;
    const engines = new Set<FrameEngine>();
    const greeting = new Greeting(frame, (load) => {
      if (!welcomed) return tryAgain();
      if (load === welcomed.load) return;
      const reason = new TabnixError(
        "closed",
        "The frame was loaded anew.",
        "Connect to it again.",
      );
      welcomed.engine.lose(reason);
    });
    const tryAgain = () => {
      const onEvent = (event: FrameEvent) => {
        if (event.type === "wrong-version") end(() => reject(wrongVersion(event.version)));
        if (event.type === "refused") end(() => reject(refused()));
        if (event.type !== "welcome" || welcomed) return;
        welcomed = { engine, load: event.load };
        engines.delete(engine);
        end(() => resolve(engine));
      };
      const onLost = () => {
        if (welcomed?.engine === engine) greeting.stop();
      };
      const engine = new FrameEngine(greeting.hello(), onEvent, onLost);
      engines.add(engine);
    };
    const end = (settle: () => void) => {
      signal.removeEventListener("abort", onAbort);
      if (!welcomed) greeting.stop();
      for (const engine of engines) engine.destroy();
      settle();
    };
    const onAbort = () => end(() => reject(signal.reason));
    signal.addEventListener("abort", onAbort, { once: true });
    tryAgain();
  });
}

function wrongVersion(version: number): TabnixError {
  return new TabnixError(
    "wrong-version",
    `The frame speaks version ${version} of the protocol, and this page ${EMBED_VERSION}.`,
    "Load the page's module from the same site as the frame.",
  );
}

function refused(): TabnixError {
  return new TabnixError(
    "invalid-input",
    "The frame cannot run what its address asks for.",
    "The frame itself says why.",
  );
}
