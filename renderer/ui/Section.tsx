import { ChevronRight } from "lucide-react";
import type { ReactNode } from "react";

/** A part of a form or a drawer that opens and closes. */
export function Section(props: { title: string; open?: boolean; mark?: ReactNode; children: ReactNode }) {
  return (
    <details className="section" open={props.open}>
      <summary>
        <ChevronRight size={14} aria-hidden="true" />
        {props.title}
        {props.mark}
      </summary>
      <div className="section-body">{props.children}</div>
    </details>
  );
}
