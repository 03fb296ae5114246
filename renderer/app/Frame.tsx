import { useQuery } from "@tanstack/react-query";
import { lazy, type ReactNode, Suspense, useState } from "react";
import { Redirect, Route, Switch, useLocation } from "wouter";
import { useApi } from "../client/hooks.ts";
import { AlertCalls } from "../features/alerts/AlertCalls.tsx";
import { isProduction } from "../features/common/EnvChip.tsx";
import { Skeleton } from "../ui/index.ts";
import { ErrorBoundary } from "./ErrorBoundary.tsx";
import { useText } from "./i18n/index.tsx";
import { Prompts } from "./Prompts.tsx";
import { withRetry } from "./retry.ts";
import { ShortcutHelp } from "./ShortcutHelp.tsx";
import { Sidebar } from "./Sidebar.tsx";
import { StatusBar } from "./StatusBar.tsx";
import { useScope } from "./scope.tsx";
import { type SectionId, sectionOf } from "./sections.ts";
import { useShortcuts } from "./shortcuts.ts";
import { TopBar } from "./TopBar.tsx";

const Fleet = lazy(() => withRetry(() => import("../features/fleet/index.ts")));
const Containers = lazy(() => withRetry(() => import("../features/containers/index.ts")));
const Launch = lazy(() => withRetry(() => import("../features/launch/index.ts")));
const Logs = lazy(() => withRetry(() => import("../features/logs/index.ts")));
const Alerts = lazy(() => withRetry(() => import("../features/alerts/index.ts")));
const Tunnels = lazy(() => withRetry(() => import("../features/tunnels/index.ts")));
const Notebooks = lazy(() => withRetry(() => import("../features/notebooks/index.ts")));
const Secrets = lazy(() => withRetry(() => import("../features/secrets/index.ts")));
const Audit = lazy(() => withRetry(() => import("../features/audit/index.ts")));
const SettingsPage = lazy(() => withRetry(() => import("../features/settings/index.ts")));
const Palette = lazy(() => withRetry(() => import("./Palette.tsx")));

/** Side bar, top bar, the section, status bar; above them the palette and the questions of the core. */
export function Frame() {
  const { t } = useText();
  const [path, go] = useLocation();
  const [open, setOpen] = useState<"palette" | "help" | null>(null);
  const section = sectionOf(path);
  const production = useProductionScope();

  useShortcuts((command) => {
    if (command.kind === "section") go(command.section.path);
    else setOpen(command.kind);
  });

  return (
    <div className={production ? "frame production" : "frame"}>
      <button type="button" className="skip" onClick={() => document.getElementById("main")?.focus()}>
        {t("app.skip")}
      </button>
      <Sidebar section={section} onHelp={() => setOpen("help")} />
      <TopBar onPalette={() => setOpen("palette")} production={production} />
      <main id="main" className="page" tabIndex={-1} aria-label={t(`section.${section}`)}>
        <Guarded section={section}>
          <Switch>
            <Route path="/fleet/:hostId?/:dialog?">
              {({ hostId, dialog }) => (
                <Fleet hostId={hostId && hostId !== "-" ? hostId : null} dialog={dialog ?? null} />
              )}
            </Route>
            <Route path="/containers/:hostId?/:containerId?/:tab?">
              {({ hostId, containerId, tab }) => (
                <Containers hostId={hostId ?? null} containerId={containerId ?? null} tab={tab ?? null} />
              )}
            </Route>
            <Route path="/launch/watch/:launchId">{({ launchId }) => <Launch launchId={launchId} />}</Route>
            <Route path="/launch/on/:hostId/:template?">
              {({ hostId, template }) => (
                <Launch launchId={null} hostId={hostId} {...(template === undefined ? {} : { templateId: template })} />
              )}
            </Route>
            <Route path="/launch/again/:again">{({ again }) => <Launch launchId={null} again={again} />}</Route>
            <Route path="/launch">
              <Launch launchId={null} />
            </Route>
            <Route path="/logs/:hostId?/:what?/:place?">
              {({ hostId, what, place }) => <Logs hostId={hostId ?? null} what={what ?? null} place={place ?? null} />}
            </Route>
            <Route path="/alerts/:tab?/:dialog?">
              {({ tab, dialog }) => <Alerts tab={tab ?? null} dialog={dialog ?? null} />}
            </Route>
            <Route path="/tunnels/:tunnelId?/:dialog?">
              {({ tunnelId, dialog }) => (
                <Tunnels tunnelId={tunnelId && tunnelId !== "-" ? tunnelId : null} dialog={dialog ?? null} />
              )}
            </Route>
            <Route path="/notebooks/:notebookId?/:dialog?">
              {({ notebookId, dialog }) => (
                <Notebooks notebookId={notebookId && notebookId !== "-" ? notebookId : null} dialog={dialog ?? null} />
              )}
            </Route>
            <Route path="/secrets/:dialog?">{({ dialog }) => <Secrets dialog={dialog ?? null} />}</Route>
            <Route path="/audit/:item?">{({ item }) => <Audit item={item ?? null} />}</Route>
            <Route path="/settings">
              <SettingsPage />
            </Route>
            <Route>
              <Redirect to="/fleet" replace />
            </Route>
          </Switch>
        </Guarded>
      </main>
      <StatusBar />
      {open === "palette" && (
        <Suspense fallback={null}>
          <Palette onClose={() => setOpen(null)} onHelp={() => setOpen("help")} />
        </Suspense>
      )}
      {open === "help" && <ShortcutHelp onClose={() => setOpen(null)} />}
      <AlertCalls />
      <Prompts />
    </div>
  );
}

function Guarded({ section, children }: { section: SectionId; children: ReactNode }) {
  const { t } = useText();
  return (
    <ErrorBoundary key={section} title={t("app.broken")} hint={t("app.brokenHint")} retry={t("common.tryAgain")}>
      <Suspense fallback={<Skeleton label={t("common.loading")} />}>{children}</Suspense>
    </ErrorBoundary>
  );
}

/** True when the scope holds nothing but production. */
function useProductionScope(): boolean {
  const { scope } = useScope();
  const hosts = useQuery(useApi().hosts.list.queryOptions()).data ?? [];
  if (scope.kind === "environment") return isProduction(scope.environment);
  if (scope.kind === "host") return isProduction(hosts.find((host) => host.id === scope.hostId)?.environment);
  return false;
}
