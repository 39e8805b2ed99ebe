import { openDialog } from "../dialog.ts";
import { element } from "../element.ts";

/** What a page of a preview shares with this site, whoever wrote it. @param site where previews are */
export function openSharing(site: URL): void {
  const isApart = site.origin !== location.origin;
  if (isApart) {
    openDialog(
      "What a preview shares",
      element(
        "p",
        {},
        `Previews are pages of servers in your machine, shown under ${site.origin}. They can touch neither this page nor its storage. What they store there they share with all previews.`,
      ),
    );
    return;
  }
  openDialog(
    "What a preview shares",
    element(
      "p",
      {},
      "A preview is a page of a server in your machine, shown under this site's own address. It cannot touch the Tabnix page around it: your browser keeps the two apart, which was tried before the first page was shown.",
    ),
    element(
      "p",
      {},
      "It does share this site's storage in this browser, which holds the files of your machines, with Tabnix and with all other previews. A page that means harm could read or delete them. Open only what you trust.",
    ),
    element(
      "p",
      {},
      "Cookies are apart: each server has its own, and the site's own are never sent to it.",
    ),
    element("p", { class: "fine-print" }, "More is in docs/preview.md of the source."),
  );
}
