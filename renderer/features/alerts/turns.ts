/** Whether a person sees this page right now. */
export function isLookedAt(): boolean {
  return document.visibilityState === "visible" && document.hasFocus();
}

export interface Turns {
  /** Whether this page is the one to call: another one may be looked at, or have the turn. */
  mine(): Promise<boolean>;
  dispose(): void;
}

const CALLER = "gatehouse.alert-caller";
const LOOKED_AT = "gatehouse.looked-at";

/**
 * Of several tabs or windows of one console one alone calls, and none while any of them is looked at. By the browser's
 * locks: whoever holds one is known, and a page that goes lets go.
 */
export function takeTurns(): Turns {
  const ended = new AbortController();
  const { signal } = ended;
  let caller = false;
  let lookAway: (() => void) | null = null;

  const hold = (name: string, mode: LockMode, until: Promise<void>, taken: () => void) =>
    navigator.locks
      .request(name, { mode, signal }, () => {
        taken();
        return until;
      })
      .catch(() => undefined);

  function watch(): void {
    const looked = isLookedAt();
    if (looked === (lookAway !== null)) return;
    lookAway?.();
    lookAway = null;
    if (!looked) return;
    const until = new Promise<void>((resolve) => {
      lookAway = resolve;
    });
    void hold(LOOKED_AT, "shared", until, () => undefined);
  }

  const end = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  void hold(CALLER, "exclusive", end, () => {
    caller = true;
  });
  watch();
  window.addEventListener("focus", watch, { signal });
  window.addEventListener("blur", watch, { signal });
  document.addEventListener("visibilitychange", watch, { signal });
  return {
    async mine() {
      if (!caller || isLookedAt()) return false;
      const { held = [] } = await navigator.locks.query();
      return !held.some(({ name }) => name === LOOKED_AT);
    },
    dispose() {
      ended.abort();
      lookAway?.();
    },
  };
}
