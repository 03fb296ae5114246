import { z } from "zod";
import type { PinStore } from "../ssh/index.ts";
import type { Store } from "../store/index.ts";

/** What lies in `host-keys.json`: pinned keys by host. The SSH room checks each entry when it reads it. */
export const pinFile = z.record(z.string(), z.unknown());
export type PinFile = z.infer<typeof pinFile>;

/** Pinned keys of real hosts go to the file; those of the practice fleet, which come and go with it, stay in memory. */
export function pinsIn(store: Store<PinFile>, isPractice: (hostId: string) => boolean): PinStore {
  const passing = new Map<string, unknown>();
  return {
    get: async (hostId) => (isPractice(hostId) ? passing.get(hostId) : store.get()[hostId]),
    async set(hostId, keys) {
      if (isPractice(hostId)) {
        passing.set(hostId, keys);
        return;
      }
      await store.update((file) => {
        const { [hostId]: _gone, ...others } = file;
        return keys.length === 0 ? others : { ...others, [hostId]: keys };
      });
    },
  };
}
