/** One connection of the page around the frame: does what it asks, within the machine of the frame. */
import { type ErrorMessage, TabnixError, toErrorMessage } from "../../../workers/shared/errors.ts";
import { EMBED_CALLS, EMBED_TEXT_CHARACTERS } from "../../../workers/shared/limits.ts";
import type { Call, FrameEvent, FromFrame, ToFrame } from "../contract.ts";
import { Line } from "../line.ts";
import { isToFrame } from "../messages.ts";
import { FileServer } from "./file-server.ts";
import { GatewayServer } from "./gateway-server.ts";
import type { EmbedMachine } from "./machine.ts";
import { ProgramServer } from "./program-server.ts";
import { TerminalServer } from "./terminal-server.ts";

export interface ConnectionOptions {
  port: MessagePort;
  machine: EmbedMachine;
  /** Tells this load of the frame from others. */
  load: number;
  /** The page is done with it. */
  onBye(): void;
}

export class Connection {
  readonly #machine: EmbedMachine;
  readonly #line: Line<ToFrame, FromFrame>;
  readonly #underWay = new Map<number, AbortController>();
  readonly #files: FileServer;
  readonly #programs: ProgramServer;
  readonly #terminals: TerminalServer;
  readonly #servers: GatewayServer;
  readonly #onBye: () => void;

  constructor({ port, machine, load, onBye }: ConnectionOptions) {
    this.#machine = machine;
    this.#onBye = onBye;
    this.#line = new Line({
      port,
      accept: (data) => (isToFrame(data) ? data : undefined),
      onMessage: (message) => this.#receive(message),
    });
    this.#files = new FileServer(() => machine.running.files);
    this.#programs = new ProgramServer({
      start: (request) => machine.running.startProgram(request),
      send: (about) => this.tell({ type: "program", about }),
    });
    this.#terminals = new TerminalServer({
      open: (size) => machine.running.openTerminal(size),
      send: (about) => this.tell({ type: "terminal", about }),
    });
    this.#servers = new GatewayServer({
      machine: () => machine.running,
      send: (about, transfer) => this.#line.send({ type: "server", about }, transfer),
    });
    const { state, ports } = machine;
    this.tell({ type: "welcome", load, state, ports });
  }

  tell(event: FrameEvent): void {
    if (event.type === "notice") this.#line.send({ ...event, error: bounded(event.error) });
    else this.#line.send(event);
  }

  /** Ends what was begun for it. */
  close(): void {
    this.#line.close();
    for (const ending of this.#underWay.values()) ending.abort();
    this.#files.end();
    this.#programs.end();
    this.#terminals.end();
    this.#servers.end();
  }

  #receive(message: ToFrame): void {
    switch (message.type) {
      case "program":
        this.#programs.receive(message.about);
        break;
      case "terminal":
        this.#terminals.receive(message.about);
        break;
      case "server":
        this.#servers.receive(message.about);
        break;
      case "cancel":
        this.#underWay.get(message.call)?.abort();
        this.#files.stop(message.call);
        break;
      case "bye":
        this.#onBye();
        break;
      default:
        void this.#answer(message);
    }
  }

  async #answer(call: { id: number } & Call): Promise<void> {
    const ending = new AbortController();
    const { id } = call;
    try {
      if (this.#underWay.size >= EMBED_CALLS) {
        throw new TabnixError("busy", "Too many calls are under way.", "Wait for some to end.");
      }
      this.#underWay.set(id, ending);
      const answer = await this.#do(call, ending.signal);
      this.#line.send({ type: "answer", call: id, answer });
    } catch (error) {
      const message = bounded(toErrorMessage(error, "guest-failed"));
      this.#line.send({ type: "failed", call: id, error: message });
    } finally {
      this.#underWay.delete(id);
    }
  }

  async #do(call: { id: number } & Call, signal: AbortSignal): Promise<unknown> {
    switch (call.type) {
      case "start":
        await this.#machine.start();
        return null;
      case "close":
        await this.#machine.close();
        return null;
      case "export":
        return (await this.#machine.running.exportChanges({ signal })).content;
      default:
        return this.#files.answer(call.id, call, signal);
    }
  }
}

/** With texts as long as the other side takes them. */
function bounded({ code, message, hint }: ErrorMessage): ErrorMessage {
  const cut = (text: string) => text.slice(0, EMBED_TEXT_CHARACTERS);
  return { code, message: cut(message), hint: cut(hint) };
}
