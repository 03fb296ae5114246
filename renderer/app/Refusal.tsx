import { Lock } from "lucide-react";
import type { RefusalReason } from "../client/index.ts";
import { Button, Empty } from "../ui/index.ts";
import { useText } from "./i18n/index.tsx";

/** The door did not let this page in: why, and how one gets in. */
export function Refusal({ reason, onRetry }: { reason: RefusalReason; onRetry: () => void }) {
  const { t } = useText();
  return (
    <main className="refusal">
      <Empty
        icon={<Lock size={28} />}
        title={t(`refusal.${reason}`)}
        actions={<Button onClick={onRetry}>{t("common.tryAgain")}</Button>}
      >
        {t(`refusal.${reason}.hint`)}
      </Empty>
    </main>
  );
}
