import { TabnixError, toErrorMessage } from "../../workers/shared/errors.ts";
import { isSetupFragment } from "../setup/link.ts";
import { loadSetup } from "../setup/load.ts";
import { needsOf } from "../setup/needs.ts";
import { computerOptions } from "./address.ts";
import { element } from "./element.ts";
import { failureView } from "./failure-view.ts";
import { lastImage } from "./last-image.ts";
import { type ComputerFactory, Page, type Surroundings } from "./page.ts";
import { previewSite } from "./preview/preview-site.ts";
import { browserStorage } from "./settings.ts";
import { agreement, fetchingView } from "./setup-dialog.ts";
import { SetupOnPage } from "./setup-on-page.ts";

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
  const plain = new URL(address.pathname, address);
  // A link with another set-up that is opened here changes nothing but the fragment.
  window.addEventListener("hashchange", () => {
    if (isSetupFragment(location.hash)) location.reload();
  });
  try {
    const setup = await agreedSetup(root, address, () => location.assign(plain));
    const known = { setup: setup?.computer, last: lastImage(browserStorage()) };
    const computer = computerOptions(address, document.baseURI, known);
    const options = { root, computer, createComputer, surroundings, ...(setup ? { setup } : {}) };
    await new Page(options).start();
  } catch (error) {
    const { code, message, hint } = toErrorMessage(error, "invalid-input");
    const view = failureView({
      error: new TabnixError(code, message, hint),
      image: address.searchParams.get("image") ?? "",
      log: "",
      hasStarted: false,
      coldBoot: true,
      saved: false,
      onRetry: () => (code === "unreachable" ? location.reload() : location.assign(plain)),
      onColdBoot: () => location.assign(plain),
      onUnsaved: () => location.assign(plain),
    });
    root.replaceChildren(element("main", {}, view));
  }
}

/**
 * The set-up that an address asks for, once the visitor has agreed to what needs that.
 *
 * @throws TabnixError `invalid-input`, `not-found`, `unreachable`
 */
async function agreedSetup(
  root: HTMLElement,
  address: URL,
  onWithout: () => void,
): Promise<SetupOnPage | undefined> {
  if (address.searchParams.has("setup")) root.replaceChildren(fetchingView());
  const loaded = await loadSetup(address, document.baseURI);
  if (!loaded) return undefined;
  const previewsShareStorage = previewSite(() => {}).url.origin === location.origin;
  const needs = needsOf(loaded, { previewsShareStorage });
  if (needs.length > 0) await agreement(root, loaded, needs, onWithout);
  return new SetupOnPage(loaded);
}
