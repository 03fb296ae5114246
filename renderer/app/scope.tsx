import { createContext, type ReactNode, useContext, useMemo, useState } from "react";

/** What the lists show: all, one environment, or one host. */
export type Scope = { kind: "all" } | { kind: "environment"; environment: string } | { kind: "host"; hostId: string };

type ScopeValue = { scope: Scope; setScope: (scope: Scope) => void };

const ScopeContext = createContext<ScopeValue>({ scope: { kind: "all" }, setScope: () => {} });

export function ScopeProvider({ children }: { children: ReactNode }) {
  const [scope, setScope] = useState<Scope>({ kind: "all" });
  const value = useMemo(() => ({ scope, setScope }), [scope]);
  return <ScopeContext.Provider value={value}>{children}</ScopeContext.Provider>;
}

export function useScope(): ScopeValue {
  return useContext(ScopeContext);
}

/** True for what the scope lets through. */
export function inScope(scope: Scope, item: { environment: string; hostId?: string }): boolean {
  if (scope.kind === "all") return true;
  if (scope.kind === "environment") return item.environment === scope.environment;
  return item.hostId === undefined || item.hostId === scope.hostId;
}
