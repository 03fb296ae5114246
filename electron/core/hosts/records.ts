import { z } from "zod";
import { hostInput } from "../../contract/hosts.ts";

/** One host as it is remembered. Simulated hosts live only while the practice fleet runs and are never written. */
export interface HostRecord {
  id: string;
  host: z.infer<typeof hostInput>;
  simulated: boolean;
  note: string;
}

/** What lies in `hosts.json`. */
export const hostFile = z.object({ hosts: z.array(z.object({ id: z.string(), host: hostInput })).max(1000) });
export type HostFile = z.infer<typeof hostFile>;
