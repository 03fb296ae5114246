import { NotebookPen } from "lucide-react";
import { useLocation } from "wouter";
import { useText } from "../../app/i18n/index.tsx";
import { useAction } from "../../client/actions.ts";
import { Button } from "../../ui/index.ts";

/** From a container to the notebook server in it: found when it is asked for. */
export function ToNotebook({ hostId, containerId }: { hostId: string; containerId: string }) {
  const { t } = useText();
  const [, go] = useLocation();
  const find = useAction(async (client) => {
    await client.notebooks.refresh({ hostId });
    return client.notebooks.list();
  });
  async function show(): Promise<void> {
    const rows = (await find.run()) ?? [];
    const row = rows.find(({ place }) => place.kind === "container" && place.containerId === containerId);
    go(row === undefined ? "/notebooks" : `/notebooks/${encodeURIComponent(row.id)}`);
  }
  return (
    <Button look="primary" icon={<NotebookPen size={14} />} busy={find.busy} onClick={() => void show()}>
      {t("notebook.toNotebook")}
    </Button>
  );
}
