import type { ReactNode } from "react";
import type { Problem } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { Banner, type Tone } from "../../ui/index.ts";

/** What happened, what to do next, and the code that both languages share. */
export function ProblemBanner(props: { problem: Problem; title?: string; tone?: Tone; actions?: ReactNode }) {
  const { t, problem } = useText();
  const words = problem(props.problem);
  const lines = typeof props.problem.details.lastLines === "string" ? props.problem.details.lastLines.trim() : "";
  return (
    <Banner tone={props.tone ?? "danger"} title={props.title ?? words.what} actions={props.actions}>
      {props.title && <div>{words.what}</div>}
      <div className="hint">
        {lines ? t("error.lastLines") : words.hint} <span className="code mono">{props.problem.code}</span>
      </div>
      {lines && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        <pre className="last-lines" tabIndex={0}>
          {lines}
        </pre>
      )}
    </Banner>
  );
}
