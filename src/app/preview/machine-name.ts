/** How long to wait for the next number's lock: not at all. */
const IF_FREE = { ifAvailable: true } as const;
/** Tabs that may run the same image at the same time. */
const MAX_TABS = 100;

/**
 * A name for this tab's machine in addresses of previews: that of its image, so that an address is good
 * for the next visit too; `<image>~2` and so on while other tabs run the same image. Kept until the tab
 * is closed.
 */
export async function claimMachineName(image: string): Promise<string> {
  // Without locks two tabs may both answer for one name.
  if (!navigator.locks) return image;
  for (let number = 1; number <= MAX_TABS; number += 1) {
    const name = number === 1 ? image : `${image}~${number}`;
    const isFree = await new Promise<boolean>((resolve) => {
      navigator.locks
        .request(`tabnix-preview:${name}`, IF_FREE, (lock) => {
          resolve(lock !== null);
          return lock ? new Promise(() => {}) : undefined;
        })
        .catch(() => resolve(true));
    });
    if (isFree) return name;
  }
  return `${image}~${crypto.randomUUID()}`;
}
