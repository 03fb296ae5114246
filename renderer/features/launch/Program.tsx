import { useState } from "react";
import type { LaunchSpec } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { Field, TextField } from "../../ui/index.ts";
import type { Change } from "./draft.ts";
import { RowsEditor } from "./RowsEditor.tsx";

/** What runs inside: command, plain settings, and what the model server is told to load. */
export function Program({ spec, onChange }: { spec: LaunchSpec; onChange: Change }) {
  const { t } = useText();
  const env = Object.entries(spec.env).map(([name, value]) => ({ name, value }));
  return (
    <div className="stack">
      <Field label={t("advanced.command")} hint={t("advanced.commandHint")}>
        {(ids) => (
          <textarea
            {...ids}
            className="textarea mono"
            rows={3}
            spellCheck={false}
            value={spec.command.join("\n")}
            onChange={(event) => onChange({ command: event.target.value === "" ? [] : event.target.value.split("\n") })}
          />
        )}
      </Field>
      <RowsEditor
        label={t("advanced.env")}
        rows={env}
        blank={{ name: "NAME", value: "" }}
        onChange={(rows) => onChange({ env: Object.fromEntries(rows.map((row) => [row.name, row.value])) })}
        render={(row, set) => (
          <>
            <TextField mono label={t("advanced.envName")} value={row.name} onChange={(name) => set({ ...row, name })} />
            <TextField
              mono
              label={t("advanced.envValue")}
              value={row.value}
              onChange={(value) => set({ ...row, value })}
            />
          </>
        )}
      />
      {spec.model && <ModelFields model={spec.model} onChange={(model) => onChange({ model })} />}
    </div>
  );
}

type Model = NonNullable<LaunchSpec["model"]>;

function ModelFields({ model, onChange }: { model: Model; onChange: (model: Model) => void }) {
  const { t } = useText();
  const [text, setText] = useState(() => JSON.stringify(model.engineParams, null, 2));
  const [bad, setBad] = useState(false);
  return (
    <>
      <TextField
        mono
        label={t("advanced.backend")}
        value={model.backend}
        onChange={(backend) => onChange({ ...model, backend })}
      />
      <Field label={t("advanced.engineParams")} complaint={bad ? t("advanced.badJson") : null}>
        {(ids) => (
          <textarea
            {...ids}
            className="textarea mono"
            rows={4}
            spellCheck={false}
            value={text}
            onChange={(event) => {
              setText(event.target.value);
              const params = parseParams(event.target.value);
              setBad(params === null);
              if (params) onChange({ ...model, engineParams: params });
            }}
          />
        )}
      </Field>
    </>
  );
}

function parseParams(text: string): Model["engineParams"] | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
    const plain = Object.values(value).every((item) => ["string", "number", "boolean"].includes(typeof item));
    return plain ? (value as Model["engineParams"]) : null;
  } catch {
    return null;
  }
}
