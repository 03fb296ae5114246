import { useState } from "react";
import type { Finding } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { Banner, Button, Dialog, TextField } from "../../ui/index.ts";
import { ruleWords } from "../common/Findings.tsx";
import { EnvChip, isProduction } from "../common/index.ts";
import { dayFrom } from "./draft.ts";

const usualDays = 14;
const longestDays = 90;

/** Lets a rule pass for a reason and until a day; from then on it stands in the way again. */
export function RelaxDialog(props: {
  finding: Finding;
  environment: string;
  onClose: () => void;
  onRelax: (reason: string, until: string) => void;
}) {
  const text = useText();
  const { t } = text;
  const [reason, setReason] = useState("");
  const [today] = useState(() => Date.now());
  const [until, setUntil] = useState(() => dayFrom(today, usualDays));
  const last = dayFrom(today, longestDays);
  const fits = reason.trim().length >= 3 && until >= dayFrom(today, 0) && until <= last;
  const words = ruleWords(text, props.finding);
  return (
    <Dialog
      title={t("relax.title")}
      size="narrow"
      closeLabel={t("common.close")}
      production={isProduction(props.environment)}
      mark={<EnvChip environment={props.environment} />}
      onClose={props.onClose}
      onSubmit={() => fits && props.onRelax(reason.trim(), until)}
      foot={
        <>
          <Button onClick={props.onClose}>{t("common.cancel")}</Button>
          <Button submit look="danger" disabled={!fits}>
            {t("relax.submit")}
          </Button>
        </>
      }
    >
      <Banner tone="danger" title={words.title}>
        {words.why}
      </Banner>
      <TextField
        data-autofocus
        label={t("common.reason")}
        hint={t("relax.reasonHint")}
        value={reason}
        onChange={setReason}
      />
      <TextField
        type="date"
        label={t("relax.until")}
        hint={t("relax.untilHint", { days: longestDays })}
        min={dayFrom(today, 0)}
        max={last}
        value={until}
        onChange={setUntil}
      />
    </Dialog>
  );
}
