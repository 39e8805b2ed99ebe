/**
 * Where each disk is. A browser that has one kind of storage today may not have it tomorrow: it was updated,
 * a setting has changed, or it failed for once. Files must not seem lost because another kind was there.
 * What is known is in a database of its own, which the page loses together with its files.
 */
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { StorageKind } from "../contract.ts";

/** Kinds of storage that keep something. */
export type DiskPlace = Exclude<StorageKind, "memory">;

const DATABASE = "tabnix-disks";
const DATABASE_VERSION = 1;

interface Schema extends DBSchema {
  /** By name of the disk. */
  places: { key: string; value: DiskPlace };
}

/** Undefined when it has never been anywhere, or where nothing can be kept about it. */
export function placeOf(disk: string): Promise<DiskPlace | undefined> {
  return onPlaces((places) => places.get("places", disk));
}

export async function notePlace(disk: string, place: DiskPlace): Promise<void> {
  await onPlaces((places) => places.put("places", place, disk));
}

/** The disk was removed. */
export async function forgetPlace(disk: string): Promise<void> {
  await onPlaces((places) => places.delete("places", disk));
}

async function onPlaces<T>(
  work: (places: IDBPDatabase<Schema>) => Promise<T>,
): Promise<T | undefined> {
  let places: IDBPDatabase<Schema> | undefined;
  try {
    places = await openDB<Schema>(DATABASE, DATABASE_VERSION, {
      upgrade: (made) => {
        made.createObjectStore("places");
      },
    });
    return await work(places);
  } catch {
    // No database for this page: its files are in memory, or where they have always been.
    return undefined;
  } finally {
    places?.close();
  }
}
