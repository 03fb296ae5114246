import { useQuery, useQueryClient } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useEffect, useMemo, useState } from "react";
import { useLocation } from "wouter";
import type { HostRow, LaunchSpec, Template } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { useScope } from "../../app/scope.tsx";
import { useAction } from "../../client/actions.ts";
import { useApi } from "../../client/hooks.ts";
import { Banner, Button, Empty, IconButton, SelectField, Skeleton, TextField } from "../../ui/index.ts";
import { EnvChip, isProduction, SimulatedChip } from "../common/index.ts";
import { Advanced } from "./Advanced.tsx";
import { type Change, draftKey, freeName, specComplaints, specOf } from "./draft.ts";
import { GpuPicker } from "./GpuPicker.tsx";
import { Judgement } from "./Judgement.tsx";
import { SecretsPicker } from "./SecretsPicker.tsx";
import { TemplateCards } from "./TemplateCards.tsx";

type FormProps = {
  wantedHost: string | null;
  wantedTemplate?: string | null;
  draft: LaunchSpec | null;
  title: string;
};

export function LaunchForm({ wantedHost, wantedTemplate = null, draft, title }: FormProps) {
  const { t } = useText();
  const [, go] = useLocation();
  const { scope } = useScope();
  const api = useApi();
  const hosts = useQuery(api.hosts.list.queryOptions()).data;
  const online = useMemo(() => (hosts ?? []).filter((host) => host.engine !== null), [hosts]);
  const [hostId, setHostId] = useState(wantedHost ?? (scope.kind === "host" ? scope.hostId : null));
  const host = online.find((one) => one.id === hostId) ?? (hostId === null ? online[0] : undefined);

  if (!hosts) return <Skeleton label={t("common.loading")} />;
  return (
    <section className={isProduction(host?.environment) ? "launch production" : "launch"} aria-label={title}>
      <header className="list-head">
        <h1>{title}</h1>
        {host && <EnvChip environment={host.environment} />}
        {host?.simulated && <SimulatedChip />}
        <IconButton className="spread" label={t("common.close")} onClick={() => go("/containers")}>
          <X size={16} />
        </IconButton>
      </header>
      {online.length === 0 || (!host && hostId !== null) ? (
        <NoHost hosts={online} hostId={hostId} onPick={setHostId} />
      ) : (
        host && (
          <HostForm
            key={host.id}
            host={host}
            hosts={online}
            draft={draft?.hostId === host.id ? draft : null}
            wantedTemplate={wantedTemplate}
            onHost={setHostId}
          />
        )
      )}
    </section>
  );
}

function NoHost(props: { hosts: HostRow[]; hostId: string | null; onPick: (id: string | null) => void }) {
  const { t } = useText();
  const [, go] = useLocation();
  if (props.hosts.length > 0) {
    return (
      <Empty
        title={t("launch.hostGone")}
        actions={<Button onClick={() => props.onPick(null)}>{t("launch.otherHost")}</Button>}
      />
    );
  }
  return (
    <Empty title={t("launch.noHost")} actions={<Button onClick={() => go("/fleet")}>{t("section.fleet")}</Button>}>
      {t("launch.noHostHint")}
    </Empty>
  );
}

type HostFormProps = {
  host: HostRow;
  hosts: HostRow[];
  draft: LaunchSpec | null;
  wantedTemplate: string | null;
  onHost: (id: string) => void;
};

/** The form for one host: its templates decide what it begins with. */
function HostForm({ host, hosts, draft, wantedTemplate, onHost }: HostFormProps) {
  const { t } = useText();
  const api = useApi();
  const templates = useQuery(api.containers.templates.queryOptions({ input: { hostId: host.id } })).data;
  const rows = useQuery(api.containers.list.queryOptions({ input: {} })).data?.rows;
  const secrets = useQuery(api.secrets.list.queryOptions({ input: {} })).data ?? [];
  const [spec, setSpec] = useState<LaunchSpec | null>(draft);
  const template = templates?.find((one) => one.id === spec?.template) ?? null;

  function pick(next: Template): void {
    const names = (rows ?? []).filter((row) => row.hostId === host.id);
    setSpec(specOf(next, host, freeName(next.id, names), secrets));
  }
  const first = templates?.find((one) => one.id === wantedTemplate) ?? templates?.[0];
  const ready = first !== undefined && rows !== undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the first template is taken once, when all is there to fill it in
  useEffect(() => {
    if (ready && spec === null) pick(first);
  }, [ready]);

  if (!templates || !spec || !template) return <Skeleton label={t("common.loading")} rows={10} />;
  return (
    <SpecForm
      host={host}
      hosts={hosts}
      onHost={onHost}
      templates={templates}
      template={template}
      spec={spec}
      onTemplate={pick}
      onSpec={setSpec}
    />
  );
}

type SpecFormProps = Omit<HostFormProps, "draft" | "wantedTemplate"> & {
  templates: Template[];
  template: Template;
  spec: LaunchSpec;
  onTemplate: (template: Template) => void;
  onSpec: (spec: LaunchSpec) => void;
};

function SpecForm(props: SpecFormProps) {
  const { host, hosts, template, spec, onSpec } = props;
  const { t } = useText();
  const [, go] = useLocation();
  const queries = useQueryClient();
  const start = useAction((client, wanted: LaunchSpec) => client.containers.launch(wanted));
  const change: Change = (values) => onSpec({ ...spec, ...values });
  const complaints = specComplaints(spec);
  const complain = (id: keyof typeof complaints) => {
    const message = complaints[id];
    return message ? t(message) : null;
  };

  async function submit(): Promise<void> {
    const launched = await start.run(spec);
    if (!launched) return;
    queries.setQueryDefaults(draftKey(launched.launchId), { gcTime: Number.POSITIVE_INFINITY });
    queries.setQueryData(draftKey(launched.launchId), spec);
    go(`/launch/watch/${encodeURIComponent(launched.launchId)}`);
  }

  return (
    <form
      className="launch-grid"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <div className="launch-fields">
        <TemplateCards templates={props.templates} value={template.id} onPick={props.onTemplate} />
        <div className="grid two">
          <SelectField
            label={t("launch.host")}
            value={host.id}
            options={hosts.map((one) => ({
              value: one.id,
              label: one.simulated ? `${one.name} (${t("practice.simulated")})` : one.name,
            }))}
            onChange={props.onHost}
          />
          <TextField
            mono
            label={t("launch.name")}
            value={spec.name}
            complaint={complain("name")}
            onChange={(name) => change({ name })}
          />
        </div>
        <TextField
          mono
          label={t("launch.image")}
          value={spec.image}
          complaint={complain("image")}
          onChange={(image) => change({ image: image.trim() })}
        />
        {template.gpu !== "none" && <GpuPicker host={host} value={spec.gpus} onChange={(gpus) => change({ gpus })} />}
        <SecretsPicker template={template} host={host} spec={spec} onChange={change} />
        <Advanced spec={spec} onChange={change} userComplaint={complain("user")} />
        {isProduction(spec.environment) && <Banner tone="warn">{t("launch.productionNote")}</Banner>}
      </div>
      <Judgement
        spec={spec}
        template={template}
        valid={Object.keys(complaints).length === 0}
        busy={start.busy}
        problem={start.problem}
        onSpec={onSpec}
      />
    </form>
  );
}
