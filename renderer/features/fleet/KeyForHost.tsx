import { KeyRound } from "lucide-react";
import { useState } from "react";
import type { HostDetail } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { useAction } from "../../client/actions.ts";
import { Banner, Button, Checkbox, Dialog, Facts } from "../../ui/index.ts";
import { EnvChip, isProduction, ProblemBanner } from "../common/index.ts";
import { ChannelWait } from "./HostRoute.tsx";

/** Makes a key for a host, installs it there and proves it: one dialog, all or nothing. */
export function KeyForHost({ host }: { host: HostDetail }) {
  const { t } = useText();
  const [open, setOpen] = useState(false);
  if (host.kind !== "ssh" || host.simulated || host.link.phase !== "online") return null;
  return (
    <>
      <Button icon={<KeyRound size={14} />} onClick={() => setOpen(true)}>
        {t("key.action")}
      </Button>
      {open && <KeyDialog host={host} onClose={() => setOpen(false)} />}
    </>
  );
}

function KeyDialog({ host, onClose }: { host: HostDetail; onClose: () => void }) {
  const { t, fmt } = useText();
  const [use, setUse] = useState(true);
  const install = useAction((client) => client.hosts.installKey({ hostId: host.id, use }));
  const [done, setDone] = useState<Awaited<ReturnType<typeof install.run>>>();
  const production = isProduction(host.environment);
  return (
    <Dialog
      title={t("key.title", { name: host.name })}
      closeLabel={t("common.close")}
      production={production}
      mark={production && <EnvChip environment={host.environment} />}
      onClose={onClose}
      onSubmit={() => void install.run().then(setDone)}
      foot={
        <>
          {install.busy && (
            <span className="grow">
              <ChannelWait hostId={host.id} />
            </span>
          )}
          <Button onClick={onClose}>{t(done ? "common.close" : "common.cancel")}</Button>
          {!done && (
            <Button submit look="primary" busy={install.busy}>
              {t("key.make")}
            </Button>
          )}
        </>
      }
    >
      {!done && <p>{t("key.text", { user: host.user })}</p>}
      {!done && <Checkbox label={t("key.use")} checked={use} onChange={setUse} />}
      {install.problem && (
        <>
          <ProblemBanner problem={install.problem} />
          <p className="hint">{t("key.undone")}</p>
        </>
      )}
      {done && (
        <>
          <Banner tone="ok" title={t("key.done")}>
            {done.steps.map((step) => t(`key.step.${step.kind}`, { ms: fmt.number(step.ms) })).join(" · ")}
          </Banner>
          <Facts
            rows={[
              [t("auth.keyPath"), <code key="path">{done.path}</code>],
              [t("prompt.fingerprint"), <code key="fingerprint">{done.fingerprint}</code>],
            ]}
          />
        </>
      )}
    </Dialog>
  );
}
