import { QueryClient, QueryClientProvider, useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useMemo, useRef } from "react";
import { Router } from "wouter";
import { useHashLocation } from "wouter/use-hash-location";
import type { Settings } from "../../electron/contract/index.ts";
import { type CoreLink, CoreProvider, createCoreValue, useApi, useConnection, useStream } from "../client/hooks.ts";
import { createInvalidator } from "../client/invalidate.ts";
import { ToastProvider } from "../ui/index.ts";
import { Frame } from "./Frame.tsx";
import { type Language, TextProvider, useText } from "./i18n/index.tsx";
import { Refusal } from "./Refusal.tsx";
import { ScopeProvider } from "./scope.tsx";

export function App({ link }: { link: CoreLink }) {
  const core = useMemo(() => createCoreValue(link), [link]);
  const queries = useMemo(createQueries, []);
  return (
    <CoreProvider value={core}>
      <QueryClientProvider client={queries}>
        <Router hook={useHashLocation}>
          <Preferences>
            <Changes />
            <ScopeProvider>
              <Shell />
            </ScopeProvider>
          </Preferences>
        </Router>
      </QueryClientProvider>
    </CoreProvider>
  );
}

function createQueries(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      // The core is on this machine and says what changed: no guessing by age, focus or the browser's idea of "online".
      queries: {
        staleTime: Number.POSITIVE_INFINITY,
        retry: false,
        refetchOnWindowFocus: false,
        networkMode: "always",
      },
      mutations: { networkMode: "always" },
    },
  });
}

function Shell() {
  const { t } = useText();
  const connection = useConnection();
  if (connection.kind === "refused") return <Refusal reason={connection.reason} onRetry={connection.retry} />;
  return (
    <ToastProvider closeLabel={t("common.close")}>
      <Frame />
    </ToastProvider>
  );
}

/** Language and theme: the settings' word, else the system's. */
function Preferences({ children }: { children: ReactNode }) {
  const settings = useQuery(useApi().settings.get.queryOptions()).data;
  const theme = settings?.theme ?? "system";
  useEffect(() => {
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  }, [theme]);
  return <TextProvider language={languageOf(settings?.language ?? "system")}>{children}</TextProvider>;
}

export function languageOf(setting: Settings["language"]): Language {
  if (setting !== "system") return setting;
  return navigator.language.toLowerCase().startsWith("ru") ? "ru" : "en";
}

/** Listens to what changes in the core; after a cut, everything is fetched anew. */
function Changes() {
  const api = useApi();
  const queries = useQueryClient();
  const connection = useConnection();
  const invalidator = useMemo(() => createInvalidator(queries, api), [queries, api]);
  useEffect(() => () => invalidator.dispose(), [invalidator]);
  useStream(
    "changes",
    (client, signal) => client.app.changes(undefined, { signal }),
    (change) => invalidator.touch(change.topic),
  );
  const wasLost = useRef(false);
  useEffect(() => {
    if (connection.kind !== "open") {
      wasLost.current = true;
      return;
    }
    if (wasLost.current) void queries.invalidateQueries();
    wasLost.current = false;
  }, [connection.kind, queries]);
  return null;
}
