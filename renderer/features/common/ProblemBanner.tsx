import type { ReactNode } from "react";
import type { Problem } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { Banner, type Tone } from "../../ui/index.ts";

/** What happened, what to do next, and the code that both languages share. */
export function ProblemBanner(props: { problem: Problem; title?: string; tone?: Tone; actions?: ReactNode }) {
  const { problem } = useText();
  const words = problem(props.problem);
  return (
    <Banner tone={props.tone ?? "danger"} title={props.title ?? words.what} actions={props.actions}>
      {props.title && <div>{words.what}</div>}
      <div className="hint">{words.hint}</div>
      <div className="code mono">{props.problem.code}</div>
    </Banner>
  );
}
