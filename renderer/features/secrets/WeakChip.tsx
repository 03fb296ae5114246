import { useQuery } from "@tanstack/react-query";
import { useText } from "../../app/i18n/index.tsx";
import { useApi } from "../../client/hooks.ts";
import { Chip } from "../../ui/index.ts";

/** A value that cannot be told from ordinary text, and what the settings make of that. */
export function WeakChip() {
  const { t } = useText();
  const masked = useQuery(useApi().settings.get.queryOptions()).data?.maskWeak ?? false;
  return (
    <Chip square tone="warn" title={t(masked ? "secrets.weakMasked" : "secrets.weakText")}>
      {t("secrets.weak")}
    </Chip>
  );
}
