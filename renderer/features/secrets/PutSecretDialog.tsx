import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { type MessageId, useText } from "../../app/i18n/index.tsx";
import { useAction } from "../../client/actions.ts";
import { useApi } from "../../client/hooks.ts";
import { Banner, Button, Dialog, Field, Segmented, TextField, useToast } from "../../ui/index.ts";
import { EnvChip, isProduction, ProblemBanner } from "../common/index.ts";
import { KeychainSetup } from "./KeychainPanel.tsx";
import "./secrets.css";

type Props = {
  name: string;
  environment?: string | undefined;
  /** A value is there already: name and environment stay, the new one becomes the next version. */
  replace?: boolean;
  onClose: () => void;
  onDone?: (name: string, environment: string) => void;
};

/** The value is written and never read: no field of the program ever holds it again. */
export function PutSecretDialog({ name: wanted, environment: where, replace, onClose, onDone }: Props) {
  const { t, said } = useText();
  const api = useApi();
  const toast = useToast();
  const settings = useQuery(api.settings.get.queryOptions()).data;
  const keychain = useQuery(api.keychain.state.queryOptions()).data;
  const [name, setName] = useState(wanted);
  const [environment, setEnvironment] = useState<string | null>(where ?? null);
  const [from, setFrom] = useState<"text" | "file">("text");
  const [file, setFile] = useState<File | null>(null);
  const [tried, setTried] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const place = environment ?? settings?.environment ?? "development";
  const put = useAction(async (client) => {
    // The value is read from the field at the last moment and kept in no state.
    const value = from === "file" && file ? await base64Of(file) : (field.current?.value ?? "");
    return client.secrets.put({ environment: place, name, value, encoding: from === "file" ? "base64" : "text" });
  });
  useEffect(
    () => () => {
      if (field.current) field.current.value = "";
    },
    [],
  );
  const complaint = nameComplaint(name);

  async function submit(): Promise<void> {
    setTried(true);
    if (complaint || (from === "file" && !file)) return;
    const done = await put.run();
    if (!done) return;
    if (field.current) field.current.value = "";
    toast({ tone: "ok", text: t("secrets.stored", { name, version: done.version }) });
    onDone?.(name, place);
    onClose();
  }

  const blocked = keychain !== undefined && (keychain.mode === "unset" || keychain.locked);
  return (
    <Dialog
      title={t(replace ? "secrets.replaceTitle" : "secrets.putTitle", { name: wanted })}
      closeLabel={t("common.close")}
      production={isProduction(place)}
      mark={isProduction(place) && <EnvChip environment={place} />}
      onClose={onClose}
      onSubmit={() => void submit()}
      foot={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button submit look="primary" busy={put.busy} disabled={blocked}>
            {t(replace ? "secrets.replace" : "secrets.store")}
          </Button>
        </>
      }
    >
      {blocked && keychain && (
        <Banner tone="warn" title={t(keychain.locked ? "error.KEYCHAIN_LOCKED" : "keychain.about.unset")}>
          {keychain.reason && (
            <p>{t("keychain.why", { backend: keychain.backend, reason: said("reason", keychain.reason) })}</p>
          )}
          <KeychainSetup state={keychain} />
        </Banner>
      )}
      <div className="grid two">
        <TextField
          {...(wanted === "" ? { "data-autofocus": true } : {})}
          mono
          label={t("secrets.column.name")}
          hint={t("secrets.nameHint")}
          placeholder="HF_TOKEN"
          readOnly={replace}
          complaint={tried && complaint ? t(complaint) : null}
          value={name}
          onChange={setName}
        />
        <TextField
          label={t("host.environment")}
          readOnly={replace}
          value={place}
          list="secret-environments"
          onChange={setEnvironment}
        />
        <datalist id="secret-environments">
          <option value="development" />
          <option value="staging" />
          <option value="production" />
        </datalist>
      </div>
      <Segmented
        label={t("secrets.valueFrom")}
        value={from}
        options={[
          { value: "text", label: t("secrets.fromText") },
          { value: "file", label: t("secrets.fromFile") },
        ]}
        onChange={setFrom}
      />
      {from === "text" ? (
        <Field label={t("secrets.value")} hint={t("secrets.valueHint")}>
          {(ids) => (
            <input
              {...ids}
              {...(wanted === "" ? {} : { "data-autofocus": true })}
              ref={field}
              className="input mono"
              type="password"
              autoComplete="new-password"
              spellCheck={false}
            />
          )}
        </Field>
      ) : (
        <Field
          label={t("secrets.file")}
          hint={t("secrets.fileHint")}
          complaint={tried && !file ? t("form.required") : null}
        >
          {(ids) => (
            <input
              {...ids}
              className="input file"
              type="file"
              onChange={(event) => setFile(event.target.files?.[0] ?? null)}
            />
          )}
        </Field>
      )}
      {put.problem && <ProblemBanner problem={put.problem} />}
    </Dialog>
  );
}

function nameComplaint(name: string): MessageId | null {
  if (name === "") return "form.required";
  return /^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name) ? null : "secrets.badName";
}

async function base64Of(file: File): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  // In pieces: a call takes only so many arguments.
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}
