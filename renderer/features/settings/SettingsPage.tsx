import { useQuery, useQueryClient } from "@tanstack/react-query";
import { FlaskConical } from "lucide-react";
import { useEffect, useState } from "react";
import type { Settings } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { useAction } from "../../client/actions.ts";
import { useApi } from "../../client/hooks.ts";
import { toProblem } from "../../client/problem.ts";
import { Banner, Button, Checkbox, Facts, Field, Segmented, Skeleton, State, TextField } from "../../ui/index.ts";
import { CallPanel } from "../alerts/CallPanel.tsx";
import { ProblemBanner } from "../common/index.ts";
import { KeychainPanel } from "../secrets/KeychainPanel.tsx";
import { DetectorPanel } from "./DetectorPanel.tsx";
import "./settings.css";

export function SettingsPage() {
  const { t } = useText();
  const api = useApi();
  const queries = useQueryClient();
  const query = useQuery(api.settings.get.queryOptions());
  const keychain = useQuery(api.keychain.state.queryOptions()).data;
  const save = useAction(async (client, values: Partial<Settings>) => {
    queries.setQueryData(api.settings.get.queryKey(), await client.settings.set(values));
  });
  const settings = query.data;
  return (
    <section className="list">
      <header className="list-head">
        <h1>{t("section.settings")}</h1>
      </header>
      <div className="page-body settings">
        {query.error && <ProblemBanner problem={toProblem(query.error)} />}
        {save.problem && <ProblemBanner problem={save.problem} />}
        {!settings && !query.error && <Skeleton label={t("common.loading")} />}
        {settings && <Preferences settings={settings} onChange={(values) => void save.run(values)} />}
        {settings && <CallPanel settings={settings} onChange={(alertCalls) => void save.run({ alertCalls })} />}
        {settings && <DetectorPanel settings={settings} onChange={(values) => void save.run(values)} />}
        <PracticePanel />
        {keychain && (
          <section className="stack">
            <h2>{t("keychain.title")}</h2>
            <KeychainPanel state={keychain} />
          </section>
        )}
        <About />
      </div>
    </section>
  );
}

function Preferences({ settings, onChange }: { settings: Settings; onChange: (values: Partial<Settings>) => void }) {
  const { t } = useText();
  const [environment, setEnvironment] = useState(settings.environment);
  useEffect(() => setEnvironment(settings.environment), [settings.environment]);
  const fits = /^[a-z][a-z0-9-]{0,31}$/.test(environment);
  return (
    <section className="stack">
      <h2>{t("settings.appearance")}</h2>
      <Field label={t("settings.language")}>
        {() => (
          <Segmented
            label={t("settings.language")}
            value={settings.language}
            options={[
              { value: "system", label: t("settings.system") },
              { value: "en", label: "English" },
              { value: "ru", label: "Русский" },
            ]}
            onChange={(language) => onChange({ language })}
          />
        )}
      </Field>
      <Field label={t("settings.theme")}>
        {() => (
          <Segmented
            label={t("settings.theme")}
            value={settings.theme}
            options={[
              { value: "system", label: t("settings.system") },
              { value: "dark", label: t("settings.dark") },
              { value: "light", label: t("settings.light") },
            ]}
            onChange={(theme) => onChange({ theme })}
          />
        )}
      </Field>
      <TextField
        label={t("settings.environment")}
        hint={t("settings.environmentHint")}
        complaint={fits ? null : t("form.environment")}
        value={environment}
        onChange={setEnvironment}
        onBlur={() => fits && environment !== settings.environment && onChange({ environment })}
      />
      <Checkbox
        label={t("settings.practice")}
        hint={t("settings.practiceHint")}
        checked={settings.practice}
        onChange={(practice) => onChange({ practice })}
      />
    </section>
  );
}

function PracticePanel() {
  const { t } = useText();
  const state = useQuery(useApi().practice.state.queryOptions()).data;
  const start = useAction((client) => client.practice.start());
  const stop = useAction((client) => client.practice.stop());
  const problem = start.problem ?? stop.problem;
  if (!state) return null;
  return (
    <section className="stack">
      <h2>{t("practice.title")}</h2>
      <div className="row">
        <State
          tone={state.running ? "ok" : "idle"}
          hollow={!state.running}
          word={state.running ? t("practice.running", { count: state.hosts.length }) : t("practice.off")}
        />
        <Button
          icon={<FlaskConical size={14} />}
          busy={start.busy || stop.busy}
          onClick={() => void (state.running ? stop.run() : start.run())}
        >
          {t(state.running ? "practice.stop" : "practice.try")}
        </Button>
      </div>
      <p className="muted">{t(state.running ? "practice.stopText" : "welcome.practiceText")}</p>
      {problem && <ProblemBanner problem={problem} />}
    </section>
  );
}

function About() {
  const { t } = useText();
  const info = useQuery(useApi().app.info.queryOptions()).data;
  if (!info) return null;
  return (
    <section className="stack">
      <h2>{t("settings.about")}</h2>
      {info.setAside.length > 0 && (
        <Banner tone="warn" title={t("settings.setAside", { count: info.setAside.length })}>
          <ul>
            {info.setAside.map((one) => (
              <li key={one.file}>
                <code>{one.file}</code> {one.reason}
              </li>
            ))}
          </ul>
        </Banner>
      )}
      <Facts
        rows={[
          [t("settings.version"), info.version],
          [t("settings.door"), t(`door.${info.door}`)],
          [t("settings.runtime"), `${info.runtime} (${info.platform})`],
          [t("settings.ciphers"), t(`ciphers.${info.sshCiphers}`)],
          [t("settings.dataFolder"), <code key="folder">{info.dataFolder}</code>],
        ]}
      />
    </section>
  );
}
