/**
 * Keeps a response whole or not at all. A browser that has no more room may keep its head and only a part of
 * its content, or none: Firefox does, whether it says that it failed or not.
 *
 * @throws Error when it is not kept
 */
export async function putWhole(
  cache: Cache,
  address: string,
  bytes: Uint8Array<ArrayBuffer>,
  headers: Headers,
): Promise<void> {
  try {
    await cache.put(address, new Response(bytes, { headers }));
    const kept = await cache.match(address);
    if (kept && isSame(new Uint8Array(await kept.arrayBuffer()), bytes)) return;
    throw new Error(`The browser has not kept all of ${address}.`);
  } catch (error) {
    await cache.delete(address).catch(() => {});
    throw error;
  }
}

function isSame(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, at) => byte === right[at]);
}
