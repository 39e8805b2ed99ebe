/** Whether the browser may delete what is saved when the computer runs out of room. */

/**
 * Asks the browser to keep the site's data until its owner deletes it. A browser that asks its user may
 * take long to answer.
 *
 * @returns whether it does; undefined where it does not tell
 */
export async function keepStorage(): Promise<boolean | undefined> {
  try {
    const { storage } = navigator;
    return (await storage.persisted()) || (await storage.persist());
  } catch {
    // Neither is there where the page is not secure.
    return undefined;
  }
}
