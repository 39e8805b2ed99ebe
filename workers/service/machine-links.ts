import type { FromGateway } from "../kernel/network/preview/contract.ts";
import { PREVIEW_FIND_MS, PREVIEW_WATCH_MS } from "../shared/limits.ts";
import { isBelowPreview } from "./addresses.ts";
import type { FromAppPage, ToAppPage } from "./contract.ts";
import { GatewayLink } from "./gateway-link.ts";

/** A page that may run a machine, as the service worker sees it. */
export interface AppPage {
  readonly id: string;
  readonly url: string;
  postMessage(message: ToAppPage, transfer: Transferable[]): void;
}

/** The pages of this site that are open now, pages of previews among them. */
export interface OpenPages {
  list(): Promise<readonly AppPage[]>;
  isOpen(id: string): Promise<boolean>;
}

/** No page leads to the machine. */
export class NoMachine extends Error {
  override readonly name = "NoMachine";
  /** Its page is there, and the machine will run by itself. */
  readonly isStarting: boolean;

  constructor(isStarting: boolean) {
    super(isStarting ? "The machine is starting." : "The machine is not running.");
    this.isStarting = isStarting;
  }
}

interface Held {
  page: string;
  link: GatewayLink;
}

/**
 * Ways to the machines of this site's open pages. What is kept here is only to be quick: when the
 * worker has ended, or a page is gone, the pages are asked again.
 */
export class MachineLinks {
  readonly #scope: string;
  readonly #pages: OpenPages;
  readonly #held = new Map<string, Held>();
  readonly #searches = new Map<string, Promise<GatewayLink>>();
  #watching: ReturnType<typeof setTimeout> | undefined;

  /** @param scope path of the site, with a slash at its end */
  constructor(scope: string, pages: OpenPages) {
    this.#scope = scope;
    this.#pages = pages;
  }

  /** @throws NoMachine */
  async find(machine: string): Promise<GatewayLink> {
    this.#watch();
    const held = this.#held.get(machine);
    if (held && !held.link.isLost && (await this.#pages.isOpen(held.page))) return held.link;
    if (held && this.#held.get(machine) === held) {
      this.#held.delete(machine);
      held.link.lose();
    }
    let search = this.#searches.get(machine);
    if (!search) {
      search = this.#search(machine).finally(() => this.#searches.delete(machine));
      this.#searches.set(machine, search);
    }
    return search;
  }

  /** A page has said that its machine is gone. @param page its id */
  forget(page: string): void {
    for (const [machine, held] of this.#held) {
      if (held.page !== page) continue;
      this.#held.delete(machine);
      held.link.lose();
    }
  }

  /** Not every browser tells of a port whose other end is gone, and answers that go on for long would wait for ever. */
  #watch(): void {
    this.#watching ??= setTimeout(async () => {
      this.#watching = undefined;
      for (const { page } of [...this.#held.values()]) {
        if (!(await this.#pages.isOpen(page))) this.forget(page);
      }
      if ([...this.#held.values()].some(({ link }) => link.isBusy)) this.#watch();
    }, PREVIEW_WATCH_MS);
  }

  async #search(machine: string): Promise<GatewayLink> {
    // A page of a preview would give its own answers for those of a machine.
    const pages = (await this.#pages.list()).filter(({ url }) => {
      const { pathname } = new URL(url);
      return pathname.startsWith(this.#scope) && !isBelowPreview(this.#scope, pathname);
    });
    let isStarting = false;
    const asked = pages.map(async (page) => {
      const port = await ask(page, machine, (answer) => {
        if (answer.type === "not-running") isStarting ||= answer.isStarting;
      });
      return { page: page.id, port };
    });
    const first = await Promise.any(asked).catch(() => undefined);
    if (!first) throw new NoMachine(isStarting);
    const link = new GatewayLink(first.port);
    this.#held.set(machine, { page: first.page, link });
    return link;
  }
}

/** The port on which a gateway answers. Rejects when none does. */
function ask(
  page: AppPage,
  machine: string,
  onRefusal: (answer: FromAppPage) => void,
): Promise<MessagePort> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve, reject) => {
    const refuse = () => {
      port1.close();
      reject(new Error("not here"));
    };
    const timer = setTimeout(refuse, PREVIEW_FIND_MS);
    port1.onmessage = ({ data }: MessageEvent<FromAppPage | FromGateway>) => {
      clearTimeout(timer);
      if (data.type === "hello") return resolve(port1);
      if (data.type === "not-here" || data.type === "not-running") onRefusal(data);
      refuse();
    };
    page.postMessage({ type: "tabnix-preview-connect", machine }, [port2]);
  });
}
