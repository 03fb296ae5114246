import type { QueryClient, QueryKey } from "@tanstack/react-query";
import type { AppChange } from "../../electron/contract/index.ts";
import type { Api } from "./hooks.ts";

/** Which queries a change makes old. */
export function keysOf(api: Api, topic: AppChange["topic"]): QueryKey[] {
  switch (topic) {
    case "hosts":
      return [api.hosts.list.key(), api.hosts.get.key(), api.containers.list.key(), api.containers.templates.key()];
    case "containers":
      // Who holds which secret shows with the secrets.
      return [
        api.containers.list.key(),
        api.containers.get.key(),
        api.hosts.list.key(),
        api.hosts.get.key(),
        api.secrets.list.key(),
      ];
    case "images":
      return [api.containers.images.key()];
    case "secrets":
      return [api.secrets.key(), api.containers.list.key(), api.containers.get.key()];
    case "keychain":
      return [api.keychain.key(), api.secrets.key(), api.audit.publicKey.key()];
    case "launches":
      return [api.launches.key()];
    case "tunnels":
      return [api.tunnels.list.key()];
    case "notebooks":
      return [api.notebooks.list.key()];
    case "alerts":
      return [api.alerts.list.key()];
    case "audit":
      // A first key shows with the row that is sealed with it.
      return [api.audit.page.key(), api.audit.publicKey.key()];
    case "settings":
      return [api.settings.key()];
    case "practice":
      return [api.practice.key(), api.hosts.key(), api.containers.key(), api.tunnels.list.key()];
  }
}

/** Many changes come at once (a launch touches six topics): they are gathered and each query is fetched once. */
export function createInvalidator(queries: QueryClient, api: Api, delayMs = 120) {
  const pending = new Set<AppChange["topic"]>();
  let timer: ReturnType<typeof setTimeout> | null = null;
  function flush(): void {
    timer = null;
    const topics = [...pending];
    pending.clear();
    const seen = new Set<string>();
    for (const key of topics.flatMap((topic) => keysOf(api, topic))) {
      const name = JSON.stringify(key);
      if (seen.has(name)) continue;
      seen.add(name);
      void queries.invalidateQueries({ queryKey: key });
    }
  }
  return {
    touch(topic: AppChange["topic"]): void {
      pending.add(topic);
      timer ??= setTimeout(flush, delayMs);
    },
    dispose(): void {
      if (timer !== null) clearTimeout(timer);
    },
  };
}
