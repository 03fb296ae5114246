import { useQuery } from "@tanstack/react-query";
import { Box } from "lucide-react";
import { useState } from "react";
import { useLocation } from "wouter";
import type { NotebookStart } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { useScope } from "../../app/scope.tsx";
import { useAction } from "../../client/actions.ts";
import { useApi } from "../../client/hooks.ts";
import { Banner, Button, Dialog, Segmented, SelectField, TextField, useToast } from "../../ui/index.ts";
import { EnvChip, isProduction, ProblemBanner } from "../common/index.ts";

const programs = ["best", "lab", "notebook", "server"] as const;

/** Starts a server on a host; what matters for its safety is not asked. */
export function StartDialog({ onClose }: { onClose: () => void }) {
  const { t } = useText();
  const [, go] = useLocation();
  const toast = useToast();
  const { scope } = useScope();
  const all = useQuery(useApi().hosts.list.queryOptions()).data ?? [];
  const hosts = all.filter((host) => host.link.phase === "online");
  const [chosen, setChosen] = useState(scope.kind === "host" ? scope.hostId : "");
  const [program, setProgram] = useState<NotebookStart["program"]>("best");
  const [folder, setFolder] = useState("");
  const [tried, setTried] = useState(false);
  const host = hosts.find(({ id }) => id === chosen) ?? hosts[0];
  const start = useAction((client, input: NotebookStart) => client.notebooks.start(input));
  const badFolder = folder.trim() !== "" && !folder.trim().startsWith("/");

  async function submit(): Promise<void> {
    setTried(true);
    if (badFolder || host === undefined) return;
    const done = await start.run({ hostId: host.id, program, folder: folder.trim() });
    if (!done) return;
    toast({ tone: "ok", text: t("notebookStart.started") });
    go(`/notebooks/${encodeURIComponent(done.notebookId)}`);
  }

  return (
    <Dialog
      title={t("notebookStart.title")}
      size="narrow"
      closeLabel={t("common.close")}
      production={isProduction(host?.environment)}
      mark={host && isProduction(host.environment) && <EnvChip environment={host.environment} />}
      onClose={onClose}
      onSubmit={() => void submit()}
      foot={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button submit look="primary" busy={start.busy} disabled={host === undefined}>
            {t("notebookStart.start")}
          </Button>
        </>
      }
    >
      <SelectField
        data-autofocus
        label={t("notebookStart.host")}
        value={host?.id ?? ""}
        options={hosts.map(({ id, name }) => ({ value: id, label: name }))}
        onChange={setChosen}
      />
      <Segmented
        label={t("notebookStart.program")}
        value={program}
        options={programs.map((value) => ({ value, label: t(`notebookStart.program.${value}`) }))}
        onChange={setProgram}
      />
      <TextField
        mono
        label={t("notebookStart.folder")}
        hint={t("notebookStart.folderHint")}
        value={folder}
        complaint={tried && badFolder ? t("notebookStart.badFolder") : null}
        onChange={setFolder}
      />
      <Banner
        actions={
          host && (
            <Button
              small
              icon={<Box size={14} />}
              onClick={() => go(`/launch/on/${encodeURIComponent(host.id)}/notebook`)}
            >
              {t("notebookStart.container")}
            </Button>
          )
        }
      >
        {t("notebookStart.how")}
      </Banner>
      {start.problem && <ProblemBanner problem={start.problem} />}
    </Dialog>
  );
}
