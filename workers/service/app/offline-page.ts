/** What a visitor sees who opens the app without a network before all of it was kept. */
export function offlinePage(scope: string): Response {
  const title = "Tabnix cannot be reached";
  const body = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="dark light">
<title>${title}</title>
<style>body { max-width: 38rem; margin: 12vh auto; padding: 0 1.5rem; font: 1rem/1.5 system-ui, sans-serif }</style>
<h1>${title}</h1>
<p>There is no network, or the site does not answer, and this browser does not have all that is needed to start without it. That is kept at the first visit, once the machine runs, unless the browser has no room for it.</p>
<p><a href="${scope}">Try again</a></p>
</html>
`;
  const headers = { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" };
  return new Response(body, { status: 503, headers });
}
