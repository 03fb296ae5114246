import { type KnownHost, parseKnownHosts, speaksOf } from "./knownHosts.ts";

/** How a host may be written in an inventory. */
export interface Place {
  /** Name or address; IPv6 without brackets. */
  address: string;
  port: number;
}

/** What an inventory says of a key; the words are reasons of the catalogue. */
export type InventoryVerdict =
  | "listed"
  | "inventory-revoked"
  | "inventory-other-key"
  | "inventory-other-host"
  | "inventory-unreadable";

/**
 * Looks for a host's key in lines of the known_hosts format that came by another way (sshd(8), SSH_KNOWN_HOSTS FILE
 * FORMAT). A key that the inventory has revoked for anybody is refused. An authority's line names no host's key.
 */
export function lookInInventory(text: string, key: Buffer, places: readonly Place[]): InventoryVerdict {
  const { entries } = parseKnownHosts(text, "inventory");
  if (entries.length === 0) return "inventory-unreadable";
  const same = entries.filter((entry) => entry.key.equals(key));
  if (same.some(({ marker }) => marker === "revoked")) return "inventory-revoked";
  const speaks = (entry: KnownHost) =>
    entry.marker === "none" && places.some(({ address, port }) => speaksOf(entry, address, port));
  // Those with the key come first: in a long inventory they are few.
  if (same.some(speaks)) return "listed";
  return entries.some(speaks) ? "inventory-other-key" : "inventory-other-host";
}
