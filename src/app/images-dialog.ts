/** The images of this site: to open one, and to have all of it without a network. */
import { addressOf } from "./address.ts";
import { confirmed } from "./confirm-dialog.ts";
import { openDialog } from "./dialog.ts";
import { button, element } from "./element.ts";
import { formatBytes } from "./format.ts";
import type { ListedImage, OfflineImages } from "./offline-images.ts";

export interface ImagesOptions {
  images: OfflineImages;
  /** Name of the image that is open. */
  image: string;
  /** Something went as it should. */
  onDone(message: string): void;
  onError(error: unknown): void;
}

/** Shows them. @throws TabnixError */
export async function openImages(options: ImagesOptions): Promise<void> {
  const { images, onDone, onError } = options;
  const list = element("div", { class: "fields" });
  const show = async () => {
    list.replaceChildren(...(await images.list()).map(row));
  };
  const keep = async (name: string) => {
    // Its progress is on the page.
    dialog.close();
    await images.keep(name);
    onDone(`All of ${name} is kept in this browser. It starts without a network.`);
  };
  const remove = async (name: string) => {
    const isSure = await confirmed({
      title: `Remove ${name}?`,
      text: "What was kept of the image is deleted from this browser. Files that were made or changed in its machine stay.",
      action: "Remove",
    });
    if (!isSure) return;
    await images.remove(name);
    await show();
  };
  const row = (image: ListedImage) => {
    const { name, isWanted, isWhole, kept } = image;
    const actions: HTMLElement[] = [];
    if (!isWhole) {
      const label = isWanted ? "Complete" : "Keep offline";
      actions.push(button({ label, onPress: () => void keep(name).catch(onError) }));
    }
    if (isWanted || (kept > 0 && name !== options.image)) {
      actions.push(button({ label: "Remove", onPress: () => void remove(name).catch(onError) }));
    }
    return element(
      "div",
      { class: "field", role: "group", "aria-label": name },
      element(
        "span",
        { class: "field-label" },
        name === options.image
          ? element("strong", {}, `${name} (open)`)
          : element("a", { href: addressOf(name) }, name),
        element("small", {}, image.description),
        element("small", {}, told(image)),
      ),
      element("span", { class: "actions" }, ...actions),
    );
  };
  await show();
  const note = element(
    "p",
    {},
    "An image that was used starts without a network with what it has read. One that is kept has all of it.",
  );
  const dialog = openDialog("Images", note, list);
}

function told({ isWanted, isWhole, kept, compressedSize }: ListedImage): string {
  const size = formatBytes(compressedSize);
  if (isWhole) return `All of it is kept: ${size}`;
  if (kept === 0 && !isWanted) return size;
  return `${formatBytes(kept)} of ${size} kept${isWanted ? ": something is missing" : ""}`;
}
