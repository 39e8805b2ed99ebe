const PAGE = "gallery.html";

/** Opens the site's ready examples, in a tab of their own: the machine of this one goes on. */
export function openGallery(): void {
  window.open(new URL(PAGE, document.baseURI), "_blank", "noopener");
}
