/**
 * Keeps the page as high as what can be seen: a phone's keyboard covers the lower part of the layout
 * viewport in some browsers, and only the visual viewport tells. While the visitor has zoomed in, the
 * page keeps its height.
 */
export function followVisualViewport(root: HTMLElement): void {
  const viewport = window.visualViewport;
  if (viewport === null) return;
  const follow = (): void => {
    if (viewport.scale > 1) return;
    root.style.setProperty("--visible-height", `${viewport.height}px`);
    // Browsers scroll a focused field into view; the page has nothing below it.
    if (viewport.offsetTop > 0) window.scrollTo(0, 0);
  };
  viewport.addEventListener("resize", follow);
  viewport.addEventListener("scroll", follow);
  follow();
}
