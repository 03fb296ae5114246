/** What is kept on disk, none of it secret. */
import { join } from "node:path";
import { settings } from "../contract/app.ts";
import { alertBookFile, alertFile, alertFileVersion, emptyAlertBook, maxAlertBookBytes } from "./alerts/index.ts";
import { hostFile, pinFile } from "./hosts/index.ts";
import { launchFile } from "./launch/index.ts";
import { notebookFile } from "./notebooks/index.ts";
import type { Ports } from "./ports.ts";
import { secretsFile } from "./secrets/index.ts";
import { firstSettings, migrateSettings, settingsVersion } from "./settings.ts";
import { openStore } from "./store/index.ts";
import { tunnelFile } from "./tunnels/index.ts";

/** Each in a file of its own in the data folder. */
export async function openStores(folder: string, deps: Pick<Ports, "clock" | "random">) {
  const at = (name: string) => ({ ...deps, file: join(folder, name), version: 1 });
  const [kept, hosts, pins, secrets, launches, tunnels, notebooks, alerts, alertBook] = await Promise.all([
    openStore({
      ...at("settings.json"),
      version: settingsVersion,
      schema: settings,
      initial: firstSettings,
      migrate: migrateSettings,
    }),
    openStore({ ...at("hosts.json"), schema: hostFile, initial: { hosts: [] } }),
    openStore({ ...at("host-keys.json"), schema: pinFile, initial: {} }),
    openStore({ ...at("secrets.json"), schema: secretsFile, initial: { secrets: [] } }),
    openStore({ ...at("launches.json"), schema: launchFile, initial: { records: [] } }),
    openStore({ ...at("tunnels.json"), schema: tunnelFile, initial: { tunnels: [] } }),
    openStore({ ...at("notebooks.json"), schema: notebookFile, initial: { notebooks: [] } }),
    openStore({
      ...at("alerts.json"),
      version: alertFileVersion,
      schema: alertFile,
      initial: { rules: [] },
      migrate: (data) => data,
    }),
    openStore({
      ...at("alert-book.json"),
      maxBytes: maxAlertBookBytes,
      schema: alertBookFile,
      initial: emptyAlertBook,
    }),
  ]);
  return { settings: kept, hosts, pins, secrets, launches, tunnels, notebooks, alerts, alertBook };
}
