import { KeyRound, Lock } from "lucide-react";
import { useState } from "react";
import type { KeychainStateView } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { keychainTone } from "../../app/TopBar.tsx";
import { useAction } from "../../client/actions.ts";
import { Button, Dialog, State, TextField } from "../../ui/index.ts";
import { ProblemBanner } from "../common/index.ts";
import "./secrets.css";

/** Where secrets lie, why there, and what can be done about it. */
export function KeychainPanel({ state }: { state: KeychainStateView }) {
  const { t, said } = useText();
  const lock = useAction((client) => client.keychain.lock());
  return (
    <section className="panel keychain" aria-label={t("keychain.title")}>
      <div className="row">
        <KeyRound size={15} className={`tone-${keychainTone(state)}`} aria-hidden="true" />
        <State
          tone={keychainTone(state)}
          word={
            state.locked
              ? t("keychain.lockedMode", { mode: t(`keychain.mode.${state.mode}`) })
              : t(`keychain.mode.${state.mode}`)
          }
        />
        <span className="secondary grow">{t(`keychain.about.${state.mode}`, { backend: state.backend })}</span>
        {state.mode === "vault" && !state.locked && (
          <Button small icon={<Lock size={13} />} busy={lock.busy} onClick={() => void lock.run()}>
            {t("keychain.lock")}
          </Button>
        )}
      </div>
      {state.reason && state.mode !== "keychain" && (
        <p className="muted">{t("keychain.why", { backend: state.backend, reason: said("reason", state.reason) })}</p>
      )}
      {(state.mode !== "keychain" || state.locked) && <KeychainSetup state={state} />}
      {lock.problem && <ProblemBanner problem={lock.problem} />}
    </section>
  );
}

/** The ways to a place for secrets: open it, make a vault, or keep them until the program ends. */
export function KeychainSetup({ state }: { state: KeychainStateView }) {
  const { t } = useText();
  const [dialog, setDialog] = useState<"vault" | "unlock" | null>(null);
  // biome-ignore lint/correctness/useHookAtTopLevel: a procedure of the contract, no hook
  const system = useAction((client) => client.keychain.useKeychain());
  // biome-ignore lint/correctness/useHookAtTopLevel: a procedure of the contract, no hook
  const session = useAction((client) => client.keychain.useSession());
  const problem = system.problem ?? session.problem;
  const usable = state.reason === null;
  return (
    <div className="stack">
      <div className="row wrap">
        {state.locked && (
          <Button
            look="primary"
            busy={system.busy}
            onClick={() => (state.mode === "vault" ? setDialog("unlock") : void system.run())}
          >
            {t("keychain.unlock")}
          </Button>
        )}
        {!state.locked && state.mode !== "keychain" && usable && (
          <Button look="primary" busy={system.busy} onClick={() => void system.run()}>
            {t("keychain.useSystem", { backend: state.backend })}
          </Button>
        )}
        {!state.locked && state.mode !== "vault" && state.mode !== "keychain" && (
          <Button onClick={() => setDialog(state.vaultExists ? "unlock" : "vault")}>
            {t(state.vaultExists ? "keychain.openVault" : "keychain.makeVault")}
          </Button>
        )}
        {state.mode === "unset" && (
          <Button busy={session.busy} onClick={() => void session.run()}>
            {t("keychain.useSession")}
          </Button>
        )}
      </div>
      {problem && <ProblemBanner problem={problem} />}
      {dialog && <PassphraseDialog kind={dialog} mode={state.mode} onClose={() => setDialog(null)} />}
    </div>
  );
}

type PassphraseProps = { kind: "vault" | "unlock"; mode: KeychainStateView["mode"]; onClose: () => void };

function PassphraseDialog({ kind, mode, onClose }: PassphraseProps) {
  const { t } = useText();
  const [first, setFirst] = useState("");
  const [second, setSecond] = useState("");
  const [tried, setTried] = useState(false);
  const open = useAction((client) =>
    kind === "unlock" && mode === "vault"
      ? client.keychain.unlock({ passphrase: first })
      : // biome-ignore lint/correctness/useHookAtTopLevel: a procedure of the contract, no hook
        client.keychain.useVault({ passphrase: first }),
  );
  const short = kind === "vault" && first.length < 8;
  const differ = kind === "vault" && first !== second;
  async function submit(): Promise<void> {
    setTried(true);
    if (short || differ || first === "") return;
    if (await open.run()) onClose();
  }
  return (
    <Dialog
      title={t(kind === "vault" ? "keychain.makeVault" : "keychain.unlockTitle")}
      size="narrow"
      closeLabel={t("common.close")}
      onClose={onClose}
      onSubmit={() => void submit()}
      foot={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button submit look="primary" busy={open.busy}>
            {t(kind === "vault" ? "keychain.create" : "keychain.unlock")}
          </Button>
        </>
      }
    >
      {kind === "vault" && <p className="secondary">{t("keychain.vaultText")}</p>}
      <TextField
        data-autofocus
        type="password"
        autoComplete={kind === "vault" ? "new-password" : "current-password"}
        label={t("keychain.passphrase")}
        complaint={tried && short ? t("keychain.short") : null}
        value={first}
        onChange={setFirst}
      />
      {kind === "vault" && (
        <TextField
          type="password"
          autoComplete="new-password"
          label={t("keychain.passphraseAgain")}
          complaint={tried && differ ? t("keychain.differ") : null}
          value={second}
          onChange={setSecond}
        />
      )}
      {open.problem && <ProblemBanner problem={open.problem} />}
    </Dialog>
  );
}
