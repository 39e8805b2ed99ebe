/** Copies the code that an example shows. */
import { button } from "../app/element.ts";
import { copyText } from "../terminal/clipboard.ts";

const LABEL = "Copy";
const DONE = "Copied";
const FAILED = "Not allowed";
/** How long it says what came of it, in milliseconds. */
const SAID_MS = 2000;

/** Puts a button in the corner of a block of code. */
export function addCopyButton(block: HTMLElement): void {
  const copy = button({
    label: LABEL,
    class: "copy",
    onPress: () => {
      const say = (text: string) => {
        copy.textContent = text;
        setTimeout(() => {
          copy.textContent = LABEL;
        }, SAID_MS);
      };
      copyText(block.querySelector("code")?.textContent ?? "").then(
        () => say(DONE),
        () => say(FAILED),
      );
    },
  });
  block.append(copy);
}
