import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "wouter";
import type { HostAuth, HostDetail } from "../../../electron/contract/index.ts";
import { type MessageId, useText } from "../../app/i18n/index.tsx";
import { useAction } from "../../client/actions.ts";
import { useApi } from "../../client/hooks.ts";
import {
  Banner,
  Button,
  Checkbox,
  Dialog,
  Section,
  Segmented,
  SelectField,
  TextField,
  useToast,
} from "../../ui/index.ts";
import { EnvChip, isProduction, ProblemBanner } from "../common/index.ts";
import { ConfiguredHosts, TransportField } from "./ConfiguredHosts.tsx";
import { complaintsOf, emptyHostForm, fromConfigured, type HostForm, hostFormOf, toInput } from "./hostForm.ts";

const environments = ["development", "staging", "production"];

/** Adds a host, or changes one. */
export function HostDialog({ host, onClose }: { host?: HostDetail; onClose: () => void }) {
  const { t } = useText();
  const [, go] = useLocation();
  const toast = useToast();
  const settings = useQuery(useApi().settings.get.queryOptions()).data;
  const [form, setForm] = useState<HostForm>(() =>
    host ? hostFormOf(host) : emptyHostForm(settings?.environment ?? "development"),
  );
  const [tried, setTried] = useState(false);
  const save = useAction(async (client) => {
    if (host) await client.hosts.update({ hostId: host.id, host: toInput(form) });
    return host ? { hostId: host.id } : client.hosts.add(toInput(form));
  });
  const complaints = complaintsOf(form);
  const complain = (field: keyof HostForm) => {
    const id: MessageId | undefined = tried ? complaints[field] : undefined;
    return id ? t(id) : null;
  };
  const change = (values: Partial<HostForm>) => setForm((before) => ({ ...before, ...values }));

  async function submit(): Promise<void> {
    setTried(true);
    if (Object.keys(complaints).length > 0) return;
    const done = await save.run();
    if (!done) return;
    toast({ tone: "ok", text: t(host ? "host.saved" : "host.added", { name: form.name }) });
    onClose();
    go(`/fleet/${encodeURIComponent(done.hostId)}`);
  }

  return (
    <Dialog
      title={host ? t("host.editTitle", { name: host.name }) : t("host.addTitle")}
      closeLabel={t("common.close")}
      production={isProduction(form.environment)}
      mark={isProduction(form.environment) && <EnvChip environment={form.environment} />}
      onClose={onClose}
      onSubmit={() => void submit()}
      foot={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button submit look="primary" busy={save.busy}>
            {host ? t("common.save") : t("fleet.add")}
          </Button>
        </>
      }
    >
      {!host && (
        <Segmented
          label={t("host.kind")}
          value={form.kind}
          options={[
            { value: "ssh", label: t("host.kind.ssh") },
            { value: "local", label: t("host.kind.local") },
          ]}
          onChange={(kind) => change({ kind })}
        />
      )}
      {form.kind === "ssh" && (
        <ConfiguredHosts value={form.config} onPick={(picked) => change(fromConfigured(picked))} />
      )}
      <div className="grid two">
        <TextField
          data-autofocus
          label={t("host.name")}
          value={form.name}
          complaint={complain("name")}
          onChange={(name) => change({ name })}
        />
        <TextField
          label={t("host.environment")}
          value={form.environment}
          complaint={complain("environment")}
          list="environments"
          onChange={(environment) => change({ environment })}
        />
        <datalist id="environments">
          {environments.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
      </div>
      {form.kind === "ssh" && <SshFields form={form} change={change} complain={complain} />}
      {form.kind === "local" && <Banner>{t("host.localText")}</Banner>}
      <Section title={t("common.advanced")}>
        {form.kind === "ssh" && (
          <TextField
            mono
            label={t("host.jumps")}
            hint={t("host.jumpsHint")}
            placeholder="ops@bastion.example.net:22"
            value={form.jumps}
            complaint={complain("jumps")}
            onChange={(jumps) => change({ jumps })}
          />
        )}
        {form.kind === "ssh" && <TransportField value={form.transport} onChange={(by) => change({ transport: by })} />}
        {form.kind === "ssh" && (
          <Checkbox
            label={t("host.openKeys")}
            hint={t(form.allowOpenKeys && form.transport === "system" ? "host.openKeysSystem" : "host.openKeysHint")}
            checked={form.allowOpenKeys}
            onChange={(allowOpenKeys) => change({ allowOpenKeys })}
          />
        )}
        <TextField
          mono
          label={t("host.socketPath")}
          hint={t("host.socketHint")}
          placeholder="/var/run/docker.sock"
          value={form.socketPath}
          complaint={complain("socketPath")}
          onChange={(socketPath) => change({ socketPath })}
        />
      </Section>
      {save.problem && <ProblemBanner problem={save.problem} />}
    </Dialog>
  );
}

type FieldsProps = {
  form: HostForm;
  change: (values: Partial<HostForm>) => void;
  complain: (field: keyof HostForm) => string | null;
};

function SshFields({ form, change, complain }: FieldsProps) {
  const { t } = useText();
  return (
    <>
      <div className="grid address">
        <TextField
          mono
          label={t("host.address")}
          placeholder="gpu-01.example.net"
          value={form.address}
          complaint={complain("address")}
          onChange={(address) => change({ address: address.trim() })}
        />
        <TextField
          mono
          label={t("host.port")}
          inputMode="numeric"
          value={form.port}
          complaint={complain("port")}
          onChange={(port) => change({ port: port.trim() })}
        />
        <TextField
          mono
          label={t("host.user")}
          value={form.user}
          complaint={complain("user")}
          onChange={(user) => change({ user: user.trim() })}
        />
      </div>
      <AuthFields form={form} change={change} complain={complain} />
    </>
  );
}

const authKinds: readonly HostAuth["kind"][] = ["config", "key", "agent", "password", "interactive"];

function AuthFields({ form, change, complain }: FieldsProps) {
  const { t } = useText();
  const identities = useQuery(useApi().hosts.identities.queryOptions()).data;
  const agent = identities?.agent;
  return (
    <div className="field">
      <span className="label">{t("host.auth")}</span>
      <Segmented
        label={t("host.auth")}
        value={form.auth}
        options={authKinds.map((kind) => ({ value: kind, label: t(`auth.${kind}`) }))}
        onChange={(auth) => change({ auth })}
      />
      {form.auth === "key" && (
        <>
          <TextField
            mono
            label={t("auth.keyPath")}
            placeholder="~/.ssh/id_ed25519"
            hint={t("auth.key.hint")}
            value={form.keyPath}
            complaint={complain("keyPath")}
            list="key-files"
            onChange={(keyPath) => change({ keyPath })}
          />
          <datalist id="key-files">
            {identities?.keys.map((key) => (
              <option key={key.path} value={key.path}>
                {[key.type, key.encrypted ? t("auth.encrypted") : "", key.problem ?? ""].filter(Boolean).join(" · ")}
              </option>
            ))}
          </datalist>
        </>
      )}
      {form.auth === "agent" && agent && !agent.available && (
        <Banner tone="warn" title={t("auth.noAgent")}>
          {agent.reason}
        </Banner>
      )}
      {form.auth === "agent" && agent?.available && (
        <SelectField
          label={t("auth.agentKey")}
          hint={t("auth.agent.hint")}
          value={form.agentKey}
          options={[
            { value: "", label: t("auth.agentAny") },
            ...agent.keys.map((key) => ({
              value: key.fingerprint,
              label: `${key.comment || key.fingerprint} (${key.type})`,
            })),
          ]}
          onChange={(agentKey) => change({ agentKey })}
        />
      )}
      {(form.auth === "password" || form.auth === "interactive" || form.auth === "config") && (
        <p className="hint">{t(`auth.${form.auth}.hint`)}</p>
      )}
    </div>
  );
}
