import type { TabnixError } from "../../workers/shared/errors.ts";
import { button, element } from "./element.ts";

/** Most notices shown at once; older ones make room. */
const MAXIMUM = 3;

/** What a notice offers to do; choosing it dismisses the notice, unless it stays. */
export interface NoticeAction {
  label: string;
  stays?: true;
  onChoose(): void;
}

/** Things to tell the visitor that stop nothing. Each stays until it is dismissed. */
export class Notices {
  readonly element = element("div", {
    class: "notices",
    role: "region",
    "aria-label": "Notices",
    "aria-live": "polite",
  });
  readonly #shown = new Map<string, HTMLElement>();

  /** Shows a notice; one with the same message is replaced. */
  show({ message, hint }: Pick<TabnixError, "message" | "hint">, ...actions: NoticeAction[]): void {
    this.dismiss(message);
    const notice = element(
      "div",
      { class: "notice" },
      element(
        "div",
        { class: "notice-text" },
        element("p", { class: "notice-message" }, message),
        ...(hint === "" ? [] : [element("p", { class: "notice-hint" }, hint)]),
      ),
      ...actions.map((action) => this.#actionButton(message, action)),
      button({ label: "Dismiss", icon: "close", onPress: () => this.dismiss(message) }),
    );
    this.#shown.set(message, notice);
    this.element.append(notice);
    const [oldest] = this.#shown.keys();
    if (this.#shown.size > MAXIMUM && oldest !== undefined) this.dismiss(oldest);
  }

  /** Takes the notice with this message away, if it is shown. */
  dismiss(message: string): void {
    this.#shown.get(message)?.remove();
    this.#shown.delete(message);
  }

  #actionButton(message: string, { label, onChoose, stays }: NoticeAction): HTMLButtonElement {
    return button({
      label,
      onPress: () => {
        if (!stays) this.dismiss(message);
        onChoose();
      },
    });
  }
}
