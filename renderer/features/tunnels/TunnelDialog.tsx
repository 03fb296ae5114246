import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "wouter";
import type { Problem, TunnelRow } from "../../../electron/contract/index.ts";
import { type MessageId, useText } from "../../app/i18n/index.tsx";
import { useScope } from "../../app/scope.tsx";
import { useAction } from "../../client/actions.ts";
import { useApi, useClient } from "../../client/hooks.ts";
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
import {
  complaintsOf,
  emptyTunnelForm,
  hasBind,
  needsConsent,
  type TunnelForm,
  toInput,
  tunnelFormOf,
} from "./tunnelForm.ts";

/** Adds a tunnel, or changes one. */
export function TunnelDialog({ row, onClose }: { row?: TunnelRow; onClose: () => void }) {
  const { t } = useText();
  const [, go] = useLocation();
  const toast = useToast();
  const { scope } = useScope();
  const hosts = useQuery(useApi().hosts.list.queryOptions()).data ?? [];
  const [form, setForm] = useState<TunnelForm>(() =>
    row ? tunnelFormOf(row.tunnel) : emptyTunnelForm(scope.kind === "host" ? scope.hostId : ""),
  );
  const [tried, setTried] = useState(false);
  // The first host is as good as any until a person says otherwise.
  const wanted = { ...form, hostId: form.hostId || (hosts[0]?.id ?? "") };
  const host = hosts.find(({ id }) => id === wanted.hostId);
  const save = useAction(async (client) => {
    const tunnel = toInput(wanted);
    if (!row) return client.tunnels.add(tunnel);
    return { tunnelId: row.id, ...(await client.tunnels.update({ tunnelId: row.id, tunnel })) };
  });
  const free = freePortIn(save.problem);
  const complaints = complaintsOf(wanted);
  const complain = (field: keyof TunnelForm) => {
    const id: MessageId | undefined = tried ? complaints[field] : undefined;
    return id ? t(id) : null;
  };
  const change = (values: Partial<TunnelForm>) => setForm((before) => ({ ...before, ...values }));

  async function submit(): Promise<void> {
    setTried(true);
    if (Object.keys(complaints).length > 0) return;
    const done = await save.run();
    if (!done) return;
    const { name } = form;
    const text =
      row || done.localPort === null
        ? t("tunnelForm.saved", { name })
        : t("tunnelForm.added", { name, port: String(done.localPort) });
    toast({ tone: "ok", text });
    onClose();
    go(`/tunnels/${encodeURIComponent(done.tunnelId)}`);
  }

  return (
    <Dialog
      title={row ? t("tunnelForm.editTitle", { name: row.tunnel.name }) : t("tunnelForm.addTitle")}
      closeLabel={t("common.close")}
      production={isProduction(host?.environment)}
      mark={host && isProduction(host.environment) && <EnvChip environment={host.environment} />}
      onClose={onClose}
      onSubmit={() => void submit()}
      foot={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button submit look="primary" busy={save.busy}>
            {row ? t("common.save") : t("tunnels.add")}
          </Button>
        </>
      }
    >
      <Segmented
        label={t("tunnelForm.kind")}
        value={form.kind}
        options={[
          { value: "local", label: t("tunnelForm.kind.local") },
          { value: "dynamic", label: t("tunnelForm.kind.dynamic") },
          { value: "remote", label: t("tunnelForm.kind.remote") },
        ]}
        onChange={(kind) => change({ kind })}
      />
      <div className="grid two">
        <TextField
          data-autofocus
          label={t("tunnelForm.name")}
          value={form.name}
          complaint={complain("name")}
          onChange={(name) => change({ name })}
        />
        <SelectField
          label={t("tunnelForm.host")}
          value={wanted.hostId}
          complaint={complain("hostId")}
          options={hosts.map(({ id, name }) => ({ value: id, label: name }))}
          onChange={(hostId) => change({ hostId })}
        />
      </div>
      {form.kind === "dynamic" && <Banner>{t("tunnelForm.dynamicText")}</Banner>}
      {form.kind === "remote" && (
        <>
          <Banner>{t("tunnelForm.remoteText")}</Banner>
          <Listen form={wanted} change={change} complain={complain} />
        </>
      )}
      {form.kind !== "dynamic" && <Target form={wanted} change={change} complain={complain} />}
      <div className="grid two">
        {form.kind !== "remote" && (
          <TextField
            mono
            label={t("tunnelForm.localPort")}
            hint={t("tunnelForm.localPortHint")}
            inputMode="numeric"
            value={form.localPort}
            complaint={complain("localPort")}
            onChange={(localPort) => change({ localPort: localPort.trim() })}
          />
        )}
        <Checkbox
          label={t("tunnelForm.autoStart")}
          checked={form.autoStart}
          onChange={(autoStart) => change({ autoStart })}
        />
      </div>
      {form.kind !== "dynamic" && <Probe form={form} change={change} complain={complain} />}
      {hasBind(form) && <Bind form={form} change={change} complain={complain} />}
      {save.problem && (
        <ProblemBanner
          problem={save.problem}
          actions={
            free !== null && (
              <Button small onClick={() => change({ localPort: String(free) })}>
                {t("tunnel.takePort", { port: String(free) })}
              </Button>
            )
          }
        />
      )}
    </Dialog>
  );
}

/** The port that could be had in place of one that is taken. */
function freePortIn(problem: Problem | null): number | null {
  const free = problem?.code === "LOCAL_PORT_TAKEN" ? problem.details.free : null;
  return typeof free === "number" ? free : null;
}

type FieldsProps = {
  form: TunnelForm;
  change: (values: Partial<TunnelForm>) => void;
  complain: (field: keyof TunnelForm) => string | null;
};

/** Where the host listens. */
function Listen({ form, change, complain }: FieldsProps) {
  const { t } = useText();
  return (
    <div className="field">
      <span className="label">{t("tunnelForm.listen")}</span>
      <Segmented
        label={t("tunnelForm.listen")}
        value={form.listen}
        options={[
          { value: "tcp", label: t("tunnelForm.listen.tcp") },
          { value: "unix", label: t("tunnelForm.to.unix") },
        ]}
        onChange={(listen) => change({ listen })}
      />
      {form.listen === "tcp" ? (
        <TextField
          mono
          label={t("tunnelForm.listenPort")}
          hint={t("tunnelForm.listenPortHint")}
          inputMode="numeric"
          value={form.listenPort}
          complaint={complain("listenPort")}
          onChange={(listenPort) => change({ listenPort: listenPort.trim() })}
        />
      ) : (
        <TextField
          mono
          label={t("tunnelForm.path")}
          placeholder="/tmp/service.sock"
          value={form.listenPath}
          complaint={complain("listenPath")}
          onChange={(listenPath) => change({ listenPath: listenPath.trim() })}
        />
      )}
    </div>
  );
}

function Target({ form, change, complain }: FieldsProps) {
  const { t } = useText();
  const label = t(form.kind === "remote" ? "tunnelForm.toHere" : "tunnelForm.to");
  return (
    <div className="field">
      <span className="label">{label}</span>
      <Segmented
        label={label}
        value={form.to}
        options={[
          { value: "tcp", label: t("tunnelForm.to.tcp") },
          { value: "unix", label: t("tunnelForm.to.unix") },
        ]}
        onChange={(to) => change({ to })}
      />
      {form.to === "tcp" ? (
        <>
          {form.kind === "local" && <ContainerPicker form={form} change={change} />}
          <div className="grid far-end">
            <TextField
              mono
              label={t(form.kind === "remote" ? "tunnelForm.addressHere" : "tunnelForm.address")}
              value={form.address}
              complaint={complain("address")}
              onChange={(address) => change({ address: address.trim() })}
            />
            <TextField
              mono
              label={t("tunnelForm.port")}
              inputMode="numeric"
              placeholder="8888"
              value={form.port}
              complaint={complain("port")}
              onChange={(port) => change({ port: port.trim() })}
            />
          </div>
        </>
      ) : (
        <TextField
          mono
          label={t("tunnelForm.path")}
          placeholder="/var/run/docker.sock"
          value={form.path}
          complaint={complain("path")}
          onChange={(path) => change({ path: path.trim() })}
        />
      )}
    </div>
  );
}

/** A container publishes no port: its own address on the host's network is what a tunnel wants. */
function ContainerPicker({ form, change }: Omit<FieldsProps, "complain">) {
  const { t } = useText();
  const client = useClient();
  const [picked, setPicked] = useState("");
  const rows = useQuery(useApi().containers.list.queryOptions({ input: {} })).data?.rows ?? [];
  const running = rows.filter((row) => row.hostId === form.hostId && row.state === "running");
  if (running.length === 0) return null;

  async function pick(containerId: string): Promise<void> {
    setPicked(containerId);
    const row = running.find(({ id }) => id === containerId);
    if (!row) return;
    const detail = await client.containers.get({ hostId: row.hostId, containerId }).catch(() => null);
    const [address] = Object.values(detail?.addresses ?? {}).filter(Boolean);
    const port = /^\d+/.exec(detail?.ports[0]?.container ?? "")?.[0];
    change({
      ...(address === undefined ? {} : { address }),
      port: port ?? { none: form.port, notebook: "8888", chat: "8000", infer: "8000" }[row.kind],
      ...(form.name === "" ? { name: row.name } : {}),
      ...(row.kind === "none" ? {} : { probe: "http", probePath: row.kind === "notebook" ? "/api" : "/health" }),
    });
  }

  return (
    <SelectField
      label={t("tunnelForm.containers")}
      value={picked}
      options={[{ value: "", label: "—" }, ...running.map(({ id, name }) => ({ value: id, label: name }))]}
      onChange={(containerId) => void pick(containerId)}
    />
  );
}

function Probe({ form, change, complain }: FieldsProps) {
  const { t } = useText();
  return (
    <div className="field">
      <span className="label">{t("tunnelForm.probe")}</span>
      <Segmented
        label={t("tunnelForm.probe")}
        value={form.probe}
        options={(["http", "tcp", "none"] as const).map((kind) => ({
          value: kind,
          label: t(`tunnelForm.probe.${kind}`),
        }))}
        onChange={(probe) => change({ probe })}
      />
      {form.probe === "http" && (
        <TextField
          mono
          label={t("tunnelForm.probePath")}
          value={form.probePath}
          complaint={complain("probePath")}
          onChange={(probePath) => change({ probePath: probePath.trim() })}
        />
      )}
      <div className="hint">{t(`tunnelForm.probe.${form.probe}.hint`)}</div>
    </div>
  );
}

function Bind({ form, change, complain }: FieldsProps) {
  const { t } = useText();
  const open = needsConsent(form);
  return (
    <Section title={t("common.advanced")} open={open}>
      <TextField
        mono
        label={t(form.kind === "remote" ? "tunnelForm.bindThere" : "tunnelForm.bind")}
        value={form.bind}
        complaint={complain("bind")}
        onChange={(bind) => change({ bind: bind.trim() })}
      />
      {open && (
        <div className="consent">
          <Checkbox
            label={
              <span className="tone-danger">
                {t(form.kind === "remote" ? "tunnelForm.exposedThere" : "tunnelForm.exposed")}
              </span>
            }
            hint={t(form.kind === "remote" ? "tunnelForm.exposedThereHint" : "tunnelForm.exposedHint")}
            checked={form.exposed}
            onChange={(exposed) => change({ exposed })}
          />
        </div>
      )}
    </Section>
  );
}
