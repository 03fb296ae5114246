import { useQuery } from "@tanstack/react-query";
import { KeyRound, Search, ShieldAlert } from "lucide-react";
import { Link } from "wouter";
import type { KeychainStateView } from "../../electron/contract/index.ts";
import { useApi, useConnection } from "../client/hooks.ts";
import { SimulatedChip } from "../features/common/EnvChip.tsx";
import { Button, Chip, State, type Tone, useNow } from "../ui/index.ts";
import { useText } from "./i18n/index.tsx";
import { type Scope, useScope } from "./scope.tsx";
import { mainKey } from "./shortcuts.ts";

export function TopBar({ onPalette, production }: { onPalette: () => void; production: boolean }) {
  const { t } = useText();
  const api = useApi();
  const hosts = useQuery(api.hosts.list.queryOptions()).data ?? [];
  const keychain = useQuery(api.keychain.state.queryOptions()).data;
  return (
    <header className="topbar">
      <ScopeSelect />
      {production && (
        <Chip square look="production">
          <ShieldAlert size={12} aria-hidden="true" />
          {t("app.production")}
        </Chip>
      )}
      <button type="button" className="palette-entry" onClick={onPalette} aria-keyshortcuts="Control+K Meta+K">
        <Search size={14} aria-hidden="true" />
        <span className="truncate">{t("palette.entry")}</span>
        <span className="kbd" aria-hidden="true">
          {mainKey} K
        </span>
      </button>
      <div className="row spread">
        {hosts.some((host) => host.simulated) && <SimulatedChip />}
        {keychain && <KeychainChip state={keychain} />}
        <CoreState />
      </div>
    </header>
  );
}

function ScopeSelect() {
  const { t } = useText();
  const { scope, setScope } = useScope();
  const hosts = useQuery(useApi().hosts.list.queryOptions()).data ?? [];
  const environments = [...new Set(hosts.map((host) => host.environment))].sort();
  const value =
    scope.kind === "all" ? "all" : scope.kind === "environment" ? `e:${scope.environment}` : `h:${scope.hostId}`;
  return (
    <select
      className="select scope"
      aria-label={t("scope.label")}
      title={t("scope.label")}
      value={value}
      onChange={(event) => setScope(parseScope(event.target.value))}
    >
      <option value="all">{t("scope.all")}</option>
      {environments.length > 0 && (
        <optgroup label={t("scope.environments")}>
          {environments.map((name) => (
            <option key={name} value={`e:${name}`}>
              {name}
            </option>
          ))}
        </optgroup>
      )}
      {hosts.length > 0 && (
        <optgroup label={t("scope.hosts")}>
          {hosts.map((host) => (
            <option key={host.id} value={`h:${host.id}`}>
              {host.name}
            </option>
          ))}
        </optgroup>
      )}
    </select>
  );
}

function parseScope(value: string): Scope {
  if (value.startsWith("e:")) return { kind: "environment", environment: value.slice(2) };
  if (value.startsWith("h:")) return { kind: "host", hostId: value.slice(2) };
  return { kind: "all" };
}

export function keychainTone(state: KeychainStateView): Tone {
  if (state.mode === "unset" || state.locked) return "warn";
  return state.mode === "session" ? "warn" : "ok";
}

function KeychainChip({ state }: { state: KeychainStateView }) {
  const { t, said } = useText();
  const word = state.locked ? t("keychain.locked") : t(`keychain.mode.${state.mode}`);
  return (
    <Link
      href="/secrets"
      className="plain-link"
      title={state.reason === null ? state.backend : said("reason", state.reason)}
    >
      <Chip tone={keychainTone(state)}>
        <KeyRound size={12} aria-hidden="true" />
        <span className="hide-narrow">{word}</span>
        <span className="visually-hidden">{t("keychain.title")}</span>
      </Chip>
    </Link>
  );
}

function CoreState() {
  const { t, fmt } = useText();
  const connection = useConnection();
  const now = useNow();
  if (connection.kind === "open") return <State tone="ok" word={t("core.open")} />;
  if (connection.kind === "connecting") return <State tone="accent" busy word={t("core.connecting")} />;
  if (connection.kind === "refused") return <State tone="danger" word={t("core.refused")} />;
  const left = Math.max(1000, connection.retryAt - now);
  return (
    <div className="row">
      <State tone="danger" word={t("core.lost")} since={t("core.retryIn", { wait: fmt.duration(left) })} />
      <Button small onClick={connection.retry}>
        {t("common.tryAgain")}
      </Button>
    </div>
  );
}
