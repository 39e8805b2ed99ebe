import { TabnixError, toErrorMessage } from "../../workers/shared/errors.ts";
import { computerOptions } from "./address.ts";
import { failureView } from "./failure-view.ts";
import { lastImage } from "./last-image.ts";
import { type ComputerFactory, Page, type Surroundings } from "./page.ts";
import { browserStorage } from "./settings.ts";

/**
 * Starts the page in `#app` with the computer that its address asks for.
 * @throws TabnixError "invalid-input" when the document has no such element.
 */
export async function startPage(
  createComputer: ComputerFactory,
  surroundings: Surroundings = {},
): Promise<void> {
  const root = document.getElementById("app");
  if (root === null) throw new TabnixError("invalid-input", "The document has no element #app.");
  const address = new URL(location.href);
  try {
    const computer = computerOptions(address, document.baseURI, lastImage(browserStorage()));
    await new Page({ root, computer, createComputer, surroundings }).start();
  } catch (error) {
    const { code, message, hint } = toErrorMessage(error, "invalid-input");
    const plain = new URL(address.pathname, address);
    root.replaceChildren(
      failureView({
        error: new TabnixError(code, message, hint),
        image: address.searchParams.get("image") ?? "",
        log: "",
        hasStarted: false,
        coldBoot: true,
        saved: false,
        onRetry: () => location.assign(plain),
        onColdBoot: () => location.assign(plain),
        onUnsaved: () => location.assign(plain),
      }),
    );
  }
}
