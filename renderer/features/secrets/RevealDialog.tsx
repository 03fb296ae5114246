import { Copy, Eye, EyeOff } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { SecretRow } from "../../../electron/contract/index.ts";
import { useText } from "../../app/i18n/index.tsx";
import { useAction } from "../../client/actions.ts";
import { Button, Dialog, TextField, useNow } from "../../ui/index.ts";
import { EnvChip, isProduction, ProblemBanner } from "../common/index.ts";
import "./secrets.css";

type Shown = { until: number; encoding: "text" | "base64" };

/**
 * The one place where a value comes out, on being asked, for seconds. The value lives in the text of one element and in
 * no state, so that nothing can keep it; it goes when the time is up, when the window loses the focus, or at closing.
 */
export function RevealDialog({ row, onClose }: { row: SecretRow; onClose: () => void }) {
  const { t, fmt } = useText();
  const now = useNow();
  const place = useRef<HTMLElement>(null);
  const [reason, setReason] = useState("");
  const [shown, setShown] = useState<Shown | null>(null);
  const [copied, setCopied] = useState(false);
  const production = isProduction(row.environment);
  const reveal = useAction(async (client) => {
    const answer = await client.secrets.reveal({ environment: row.environment, name: row.name, reason: reason.trim() });
    if (place.current) place.current.textContent = answer.value;
    setShown({ until: Date.now() + answer.hideAfterMs, encoding: answer.encoding });
    return true;
  });

  useEffect(() => {
    if (!shown) return;
    const element = place.current;
    const hide = () => {
      if (element) element.textContent = "";
      setShown(null);
    };
    const timer = setTimeout(hide, Math.max(0, shown.until - Date.now()));
    window.addEventListener("blur", hide);
    return () => {
      clearTimeout(timer);
      window.removeEventListener("blur", hide);
      if (element) element.textContent = "";
    };
  }, [shown]);

  const ready = !production || reason.trim().length > 0;
  return (
    <Dialog
      title={t("reveal.title", { name: row.name })}
      size="narrow"
      closeLabel={t("common.close")}
      production={production}
      mark={<EnvChip environment={row.environment} />}
      onClose={onClose}
      onSubmit={() => ready && !shown && void reveal.run()}
      foot={
        shown ? (
          <>
            <span className="muted grow">{t("reveal.hides", { left: fmt.countdown(shown.until - now) })}</span>
            <Button
              icon={<Copy size={14} />}
              onClick={() =>
                void navigator.clipboard.writeText(place.current?.textContent ?? "").then(() => setCopied(true))
              }
            >
              {t(copied ? "common.copied" : "common.copy")}
            </Button>
            <Button icon={<EyeOff size={14} />} onClick={() => setShown(null)}>
              {t("reveal.hide")}
            </Button>
          </>
        ) : (
          <>
            <Button onClick={onClose}>{t("common.cancel")}</Button>
            <Button submit look="primary" icon={<Eye size={14} />} busy={reveal.busy} disabled={!ready}>
              {t("reveal.show")}
            </Button>
          </>
        )
      }
    >
      <p className="secondary">{t("reveal.text")}</p>
      <code ref={place} className={shown ? "revealed" : "revealed hidden"} />
      {shown?.encoding === "base64" && <p className="muted">{t("reveal.base64")}</p>}
      {copied && <p className="tone-warn">{t("reveal.clipboard")}</p>}
      {!shown && (
        <TextField
          data-autofocus
          label={t("common.reason")}
          hint={t(production ? "reveal.reasonNeeded" : "reveal.reasonOptional")}
          value={reason}
          onChange={setReason}
        />
      )}
      {reveal.problem && <ProblemBanner problem={reveal.problem} />}
    </Dialog>
  );
}
