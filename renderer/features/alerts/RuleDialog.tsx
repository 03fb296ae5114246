import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { AlertRule } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { useAction } from "../../client/actions.ts";
import { useApi } from "../../client/hooks.ts";
import { Button, Checkbox, Dialog, Segmented, SelectField, TextField, useToast } from "../../ui/index.ts";
import { ProblemBanner } from "../common/index.ts";
import { complaintsOf, emptyRuleForm, type RuleForm, ranges, ruleFormOf, toRule } from "./ruleForm.ts";

/** Adds a rule, or changes one. */
export function RuleDialog({ rule, onClose }: { rule?: AlertRule; onClose: () => void }) {
  const { t, fmt } = useText();
  const toast = useToast();
  const [form, setForm] = useState<RuleForm>(() => (rule ? ruleFormOf(rule) : emptyRuleForm()));
  const [tried, setTried] = useState(false);
  const save = useAction((client) => client.alerts.saveRule(toRule(form, rule?.id ?? "")));
  const complaints = complaintsOf(form);
  const change = (values: Partial<RuleForm>) => setForm((before) => ({ ...before, ...values }));
  const complain = (field: keyof RuleForm): string | null => {
    const complaint = tried ? complaints[field] : undefined;
    if (!complaint) return null;
    if (complaint.id !== "ruleForm.range") return t(complaint.id);
    return t(complaint.id, { min: fmt.number(complaint.min), max: fmt.number(complaint.max) });
  };

  async function submit(): Promise<void> {
    setTried(true);
    if (Object.keys(complaints).length > 0 || !(await save.run())) return;
    toast({ tone: "ok", text: t("rules.saved", { name: form.name.trim() }) });
    onClose();
  }

  return (
    <Dialog
      title={rule ? t("ruleForm.editTitle", { name: rule.name }) : t("ruleForm.addTitle")}
      closeLabel={t("common.close")}
      onClose={onClose}
      onSubmit={() => void submit()}
      foot={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button submit look="primary" busy={save.busy}>
            {rule ? t("common.save") : t("rules.add")}
          </Button>
        </>
      }
    >
      <TextField
        data-autofocus
        label={t("ruleForm.name")}
        placeholder={t("ruleForm.namePlaceholder")}
        maxLength={80}
        value={form.name}
        complaint={complain("name")}
        onChange={(name) => change({ name })}
      />
      <div className="field">
        <span className="label">{t("ruleForm.kind")}</span>
        <Segmented
          label={t("ruleForm.kind")}
          value={form.kind}
          options={(["pattern", "rate", "silence"] as const).map((kind) => ({
            value: kind,
            label: t(`ruleForm.kind.${kind}`),
          }))}
          onChange={(kind) => change({ kind, seconds: ranges[kind].first })}
        />
      </div>
      <Condition form={form} change={change} complain={complain} />
      <Scope form={form} change={change} />
      <div className="field">
        <span className="label">{t("ruleForm.severity")}</span>
        <Segmented
          label={t("ruleForm.severity")}
          value={form.severity}
          options={[
            { value: "warn", label: t("ruleForm.severity.warn") },
            { value: "danger", label: t("ruleForm.severity.danger") },
          ]}
          onChange={(severity) => change({ severity })}
        />
      </div>
      <Checkbox
        label={t("ruleForm.quiet")}
        hint={t("ruleForm.quietHint")}
        checked={form.quiet}
        onChange={(quiet) => change({ quiet })}
      />
      <Checkbox label={t("ruleForm.enabled")} checked={form.enabled} onChange={(enabled) => change({ enabled })} />
      {save.problem && <ProblemBanner problem={save.problem} />}
    </Dialog>
  );
}

type FieldsProps = {
  form: RuleForm;
  change: (values: Partial<RuleForm>) => void;
  complain: (field: keyof RuleForm) => string | null;
};

function Condition({ form, change, complain }: FieldsProps) {
  const { t } = useText();
  const number = (field: "count" | "above" | "seconds", label: string) => (
    <TextField
      label={label}
      inputMode="numeric"
      value={form[field]}
      complaint={complain(field)}
      onChange={(value) => change({ [field]: value.trim() })}
    />
  );
  if (form.kind === "silence") return number("seconds", t("ruleForm.silent"));
  if (form.kind === "rate") {
    return (
      <div className="grid two">
        {number("above", t("ruleForm.above"))}
        {number("seconds", t("ruleForm.over"))}
      </div>
    );
  }
  return (
    <>
      <TextField
        label={t("ruleForm.text")}
        hint={t("ruleForm.textHint")}
        maxLength={200}
        value={form.text}
        complaint={complain("text")}
        onChange={(text) => change({ text })}
      />
      <div className="grid two">
        <TextField
          mono
          label={t("ruleForm.regex")}
          hint={t("ruleForm.regexHint")}
          maxLength={500}
          value={form.regex}
          onChange={(regex) => change({ regex })}
        />
        <SelectField
          label={t("ruleForm.level")}
          value={form.level}
          options={[
            { value: "", label: t("ruleForm.anyLevel") },
            ...(["error", "warn", "info", "debug"] as const).map((level) => ({
              value: level,
              label: t(`level.${level}`),
            })),
          ]}
          onChange={(level) => change({ level })}
        />
        {number("count", t("ruleForm.count"))}
        {number("seconds", t("ruleForm.seconds"))}
      </div>
    </>
  );
}

function Scope({ form, change }: Omit<FieldsProps, "complain">) {
  const { t } = useText();
  const hosts = useQuery(useApi().hosts.list.queryOptions()).data ?? [];
  const environments = [...new Set([...hosts.map((host) => host.environment), form.environment])]
    .filter(Boolean)
    .sort();
  const known = hosts.map(({ id, name }) => ({ value: id, label: name }));
  // A rule may be about a host that is not there right now: it is kept as it is.
  const gone = form.hostId !== "" && !known.some(({ value }) => value === form.hostId);
  return (
    <fieldset className="rule-scope">
      <legend>{t("ruleForm.scope")}</legend>
      <div className="grid two">
        <SelectField
          label={t("ruleForm.environment")}
          value={form.environment}
          options={[
            { value: "", label: t("ruleForm.anyEnvironment") },
            ...environments.map((name) => ({ value: name, label: name })),
          ]}
          onChange={(environment) => change({ environment })}
        />
        <SelectField
          label={t("ruleForm.host")}
          value={form.hostId}
          options={[
            { value: "", label: t("ruleForm.anyHost") },
            ...known,
            ...(gone ? [{ value: form.hostId, label: t("rules.hostGone") }] : []),
          ]}
          onChange={(hostId) => change({ hostId })}
        />
      </div>
      <TextField
        mono
        label={t("ruleForm.container")}
        hint={t("ruleForm.containerHint")}
        placeholder="llama-*"
        maxLength={128}
        value={form.container}
        onChange={(container) => change({ container })}
      />
    </fieldset>
  );
}
