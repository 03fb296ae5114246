import { useState } from "react";
import type { HostDetail, HostKeyIncident, HostKeyProof } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { useAction } from "../../client/actions.ts";
import { Button, Field, Segmented, TextField, useToast } from "../../ui/index.ts";
import { isProduction, ProblemBanner } from "../common/index.ts";

/** What the core takes of an inventory, in characters. */
const maxInventory = 2 * 2 ** 20;

/** A changed key is never a yes or no: a fingerprint or an inventory from elsewhere vouches for it, and one says why. */
export function AcceptKey({ host, incident }: { host: HostDetail; incident: HostKeyIncident }) {
  const { t } = useText();
  const toast = useToast();
  const [by, setBy] = useState<HostKeyProof["kind"]>("fingerprint");
  const [typed, setTyped] = useState("");
  const [inventory, setInventory] = useState("");
  const [reason, setReason] = useState("");
  const fingerprint = typed.trim();
  const accept = useAction((client) =>
    client.hosts.acceptKey({
      hostId: host.id,
      proof: by === "fingerprint" ? { kind: by, fingerprint } : { kind: by, text: inventory },
      reason: reason.trim(),
    }),
  );
  // In production the page does not know the whole of it; the core compares.
  const looksRight = isProduction(host.environment)
    ? /^SHA256:[A-Za-z0-9+/]{43}$/.test(fingerprint)
    : fingerprint === incident.presented.fingerprint;
  const tooLarge = inventory.length > maxInventory;
  const vouched = by === "fingerprint" ? looksRight : inventory.trim() !== "" && !tooLarge;
  const fits = vouched && reason.trim() !== "";
  const submit = async () => {
    if (fits && (await accept.run())) toast({ tone: "ok", text: t("incident.accepted", { host: host.name }) });
  };
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <div className="stack tight">
        <strong>{t("incident.vouch")}</strong>
        <Segmented
          label={t("incident.vouch")}
          value={by}
          options={[
            { value: "fingerprint", label: t("incident.by.fingerprint") },
            { value: "inventory", label: t("incident.by.inventory") },
          ]}
          onChange={setBy}
        />
      </div>
      {by === "fingerprint" ? (
        <TextField
          mono
          label={t("incident.typeFingerprint")}
          hint={t(isProduction(host.environment) ? "incident.typeHintProduction" : "incident.typeHint")}
          value={typed}
          onChange={setTyped}
        />
      ) : (
        <>
          <Field label={t("incident.inventory")} hint={t("incident.inventoryHint")}>
            {(ids) => (
              <input
                {...ids}
                className="input file"
                type="file"
                onChange={(event) => void textOf(event.target.files?.[0]).then(setInventory)}
              />
            )}
          </Field>
          <Field
            label={t("incident.lines")}
            complaint={tooLarge ? t("incident.tooLarge", { mib: maxInventory / 2 ** 20 }) : null}
          >
            {(ids) => (
              <textarea
                {...ids}
                className="textarea mono"
                rows={3}
                spellCheck={false}
                placeholder="gpu-1.example.net ssh-ed25519 AAAA…"
                // A long one is not drawn: it would hold up the page.
                value={inventory.length > 65_536 ? `${inventory.slice(0, 65_536)}…` : inventory}
                readOnly={inventory.length > 65_536}
                onChange={(event) => setInventory(event.target.value)}
              />
            )}
          </Field>
        </>
      )}
      <TextField label={t("common.reason")} value={reason} onChange={setReason} />
      {accept.problem && <ProblemBanner problem={accept.problem} />}
      <div className="row">
        <Button submit look="danger" disabled={!fits} busy={accept.busy}>
          {t("incident.accept")}
        </Button>
      </div>
    </form>
  );
}

/** A file that is much too large is read no further than to see that it is. */
async function textOf(file: File | undefined): Promise<string> {
  return file === undefined ? "" : await file.slice(0, maxInventory + 1).text();
}
