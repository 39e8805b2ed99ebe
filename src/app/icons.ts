const SVG = "http://www.w3.org/2000/svg";

/** Outlines on a 24 × 24 grid, drawn with a line of 2 in the colour of the text. */
const OUTLINES = {
  up: "M6 15l6-6 6 6",
  down: "M6 9l6 6 6-6",
  left: "M15 6l-6 6 6 6",
  right: "M9 6l6 6-6 6",
  close: "M6 6l12 12M18 6L6 18",
  plus: "M12 5v14M5 12h14",
  find: "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.5 15.5L20 20",
  help: "M9 9.2a3 3 0 1 1 4.4 2.7c-.9.5-1.4 1.1-1.4 2.1M12 17.6v.1M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z",
  settings:
    "M4 7h9M17 7h3M4 17h3M11 17h9M15 9.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM9 19.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
  more: "M12 5a.7.7 0 1 0 .01 0zM12 11.3a.7.7 0 1 0 .01 0zM12 17.6a.7.7 0 1 0 .01 0z",
  folder: "M3 6.5h6l2 2.5h10v10.5H3z",
  file: "M6 3h8l4 4v14H6zM14 3v4h4",
  link: "M6 3h8l4 4v14H6zM9 16c0-3 2-4 6-4M12.5 9.5L15 12l-2.5 2.5",
  device: "M7 7h10v10H7zM10 4v3M14 4v3M10 17v3M14 17v3M4 10h3M4 14h3M17 10h3M17 14h3",
  "new-folder": "M3 6.5h6l2 2.5h10v10.5H3zM12 11.5v5M9.5 14h5",
  upload: "M12 15V4M7.5 8.5L12 4l4.5 4.5M4 15v5h16v-5",
  "upload-folder": "M3 6.5h6l2 2.5h10v10.5H3zM12 17v-5.5M9.5 14L12 11.5l2.5 2.5",
  download: "M12 4v11M7.5 10.5L12 15l4.5-4.5M4 15v5h16v-5",
  edit: "M4 20l1-4L16 5l3 3L8 19zM14 7l3 3",
  rename: "M4 8v8h7M14 8h6v8h-6M12.5 5v14M10.5 5h4M10.5 19h4M4 8h7",
  delete: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10.5 11v5M13.5 11v5",
  refresh: "M19 12a7 7 0 1 1-2.3-5.2M19 4v4h-4",
  globe:
    "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM3 12h18M12 3c5 5.5 5 12.5 0 18M12 3c-5 5.5-5 12.5 0 18",
  "new-tab": "M14 4h6v6M20 4l-9 9M18 14v6H4V6h6",
  share:
    "M8.6 13.3l6.8 3.9M15.4 6.8L8.6 10.7M18 8a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM6 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM18 22a3 3 0 1 0 0-6 3 3 0 0 0 0 6z",
  paste: "M9 5H6v15h12V5h-3M9 4h6v3H9z",
} as const;

export type IconName = keyof typeof OUTLINES;

/** An icon for use beside a name; it has none of its own. */
export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", OUTLINES[name]);
  svg.append(path);
  return svg;
}
