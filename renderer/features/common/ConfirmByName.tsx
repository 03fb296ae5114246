import { type ReactNode, useState } from "react";
import type { Problem } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { Button, Dialog, TextField } from "../../ui/index.ts";
import { EnvChip, isProduction } from "./EnvChip.tsx";
import { ProblemBanner } from "./ProblemBanner.tsx";

/** Asks for the object's name before what cannot be taken back. */
export function ConfirmByName(props: {
  title: string;
  name: string;
  environment: string;
  action: string;
  busy: boolean;
  problem: Problem | null;
  /** What will be gone. */
  children: ReactNode;
  onConfirm: () => void;
  onClose: () => void;
}) {
  const { t } = useText();
  const [typed, setTyped] = useState("");
  const fits = typed === props.name;
  return (
    <Dialog
      title={props.title}
      size="narrow"
      closeLabel={t("common.close")}
      production={isProduction(props.environment)}
      mark={<EnvChip environment={props.environment} />}
      onClose={props.onClose}
      onSubmit={() => fits && props.onConfirm()}
      foot={
        <>
          <Button onClick={props.onClose}>{t("common.cancel")}</Button>
          <Button submit look="danger" disabled={!fits} busy={props.busy}>
            {props.action}
          </Button>
        </>
      }
    >
      <div className="secondary">{props.children}</div>
      <TextField
        data-autofocus
        mono
        label={t("confirm.typeName", { name: props.name })}
        value={typed}
        onChange={setTyped}
      />
      {props.problem && <ProblemBanner problem={props.problem} />}
    </Dialog>
  );
}
