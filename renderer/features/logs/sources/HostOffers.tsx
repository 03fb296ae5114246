import { useQuery } from "@tanstack/react-query";
import { ChevronRight } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { LogSourceRef } from "../../../../electron/contract/index.ts";
import { useText } from "../../../app/i18n/index.tsx";
import { useApi } from "../../../client/hooks.ts";
import { toProblem } from "../../../client/problem.ts";
import { Button, Skeleton } from "../../../ui/index.ts";
import { ProblemBanner, Since } from "../../common/index.ts";

type Choice = (ref: LogSourceRef, name: string, more?: ReactNode) => ReactNode;

/** What a host has beside its containers; it is asked once one wants to see it. */
export function HostOffers({ hostId, choice }: { hostId: string; choice: Choice }) {
  const { t } = useText();
  const [open, setOpen] = useState(false);
  return (
    <details className="section" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <ChevronRight size={14} aria-hidden="true" />
        {t("logs.more")}
      </summary>
      {open && <Offers hostId={hostId} choice={choice} />}
    </details>
  );
}

function Offers({ hostId, choice }: { hostId: string; choice: Choice }) {
  const { t, fmt, problem } = useText();
  const query = useQuery(useApi().logs.offers.queryOptions({ input: { hostId }, staleTime: 0 }));
  const found = query.data;
  return (
    <div className="source-more">
      <ul>
        {choice({ kind: "events", hostId }, t("logs.events"))}
        {found?.units !== null && choice({ kind: "journal", hostId }, t("logs.journal"))}
      </ul>
      <PathField hostId={hostId} choice={choice} />
      {query.isPending && <Skeleton label={t("common.loading")} rows={3} />}
      {query.error && <ProblemBanner tone="warn" problem={toProblem(query.error)} />}
      {found?.unitsProblem && <p className="muted">{problem(found.unitsProblem).what}</p>}
      {found?.units && found.units.length > 0 && (
        <>
          <h4>{t("logs.units")}</h4>
          <ul>
            {found.units.map(({ name, running }) =>
              choice(
                { kind: "journal", hostId, unit: name },
                name,
                <span className="muted nowrap">{t(running ? "logs.running" : "logs.notRunning")}</span>,
              ),
            )}
          </ul>
        </>
      )}
      {found && found.files.length > 0 && (
        <>
          <h4>{t("logs.files")}</h4>
          <ul>
            {found.files.map(({ path, bytes, changed }) =>
              choice(
                { kind: "file", hostId, path },
                path,
                <span className="muted nowrap">
                  {fmt.bytes(bytes)} · <Since ago at={changed} />
                </span>,
              ),
            )}
          </ul>
        </>
      )}
    </div>
  );
}

/** A file that is in no list. */
function PathField({ hostId, choice }: { hostId: string; choice: Choice }) {
  const { t } = useText();
  const [draft, setDraft] = useState("");
  const [paths, setPaths] = useState<readonly string[]>([]);
  const path = draft.trim();
  const fits = /^\/[^\u0000\n\r]{1,4000}$/.test(path);
  function add(): void {
    if (!fits) return;
    setPaths((before) => [...new Set([...before, path])]);
    setDraft("");
  }
  return (
    <>
      <div className="row">
        <input
          className="input mono"
          aria-label={t("logs.path")}
          placeholder="/var/log/…"
          value={draft}
          onChange={(event) => setDraft(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter") return;
            event.preventDefault();
            add();
          }}
        />
        <Button small disabled={!fits} onClick={add}>
          {t("common.add")}
        </Button>
      </div>
      {paths.length > 0 && <ul>{paths.map((one) => choice({ kind: "file", hostId, path: one }, one))}</ul>}
    </>
  );
}
