import type { AppChange, AppInfo, Settings, Template } from "../../contract/index.ts";
import type { Alerts } from "../alerts/index.ts";
import type { Audit } from "../audit/index.ts";
import type { Broadcast } from "../broadcast.ts";
import type { Containers } from "../containers/index.ts";
import type { Hosts, Identities, PracticeControl } from "../hosts/index.ts";
import type { ModelAccess } from "../inference/index.ts";
import type { Keychain } from "../keychain/index.ts";
import type { Launches } from "../launch/index.ts";
import type { LogRoom, MaskGuard } from "../logs/index.ts";
import type { Notebooks } from "../notebooks/index.ts";
import type { PromptDesk } from "../prompts/index.ts";
import type { Secrets } from "../secrets/index.ts";
import type { Store } from "../store/index.ts";
import type { Tunnels } from "../tunnels/index.ts";

/** Every service that a procedure reaches, made in `createCore`. */
export interface Services {
  info(): AppInfo;
  changes: Broadcast<AppChange>;
  settings: Store<Settings>;
  prompts: PromptDesk;
  hosts: Hosts;
  identities: Identities;
  containers: Containers;
  launches: Launches;
  tunnels: Tunnels;
  notebooks: Notebooks;
  templates: readonly Template[];
  secrets: Secrets;
  keychain: Keychain;
  logs: LogRoom;
  alerts: Alerts;
  models: ModelAccess;
  audit: Audit;
  practice: PracticeControl;
  mask: MaskGuard;
}
