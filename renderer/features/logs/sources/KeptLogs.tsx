import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Trash2 } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { LogSourceRef } from "../../../../electron/contract/index.ts";
import { useText } from "../../../app/i18n/index.tsx";
import { useAction } from "../../../client/actions.ts";
import { useApi } from "../../../client/hooks.ts";
import { Button, IconButton } from "../../../ui/index.ts";
import { OriginChip, ProblemBanner } from "../../common/index.ts";

type Choice = (ref: LogSourceRef, name: string, more?: ReactNode) => ReactNode;

/** Logs that were kept on this machine: to be read again, or thrown away. */
export function KeptLogs({ choice }: { choice: Choice }) {
  const { t, fmt } = useText();
  const api = useApi();
  const options = api.logs.kept.queryOptions({ staleTime: 0 });
  const kept = useQuery(options).data?.logs ?? [];
  if (kept.length === 0) return <p className="muted">{t("logs.noKept")}</p>;
  return (
    <>
      <h4>{t("logs.kept")}</h4>
      <ul>
        {kept.map(({ id, sources, from, to, lines, bytes }) => {
          const name = fmt.list(sources.map((source) => source.name));
          const when = [from, to].filter((at) => at !== null).map((at) => fmt.stamp(at));
          return choice(
            { kind: "kept", id },
            name,
            <span className="row">
              <OriginChip sources={sources} />
              <span className="muted nowrap" title={when.join(" – ")}>
                {t("logs.lines", { count: lines })} · {fmt.bytes(bytes)}
              </span>
              <DropButton id={id} name={name} />
            </span>,
          );
        })}
      </ul>
    </>
  );
}

/** Thrown away with the second press: there is no way back. */
function DropButton({ id, name }: { id: string; name: string }) {
  const { t } = useText();
  const api = useApi();
  const queries = useQueryClient();
  const [asked, setAsked] = useState(false);
  const drop = useAction(async (client) => {
    await client.logs.dropKept({ id });
    await queries.invalidateQueries({ queryKey: api.logs.kept.key() });
  });
  if (drop.problem) return <ProblemBanner problem={drop.problem} />;
  if (!asked) {
    return (
      <IconButton small label={t("logs.dropKeptOf", { name })} onClick={() => setAsked(true)}>
        <Trash2 size={14} />
      </IconButton>
    );
  }
  return (
    <Button
      small
      autoFocus
      look="danger-quiet"
      busy={drop.busy}
      onBlur={() => setAsked(false)}
      onClick={() => drop.run()}
    >
      {t("logs.dropSure")}
    </Button>
  );
}
