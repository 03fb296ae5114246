import { logKeys } from "../features/logs/keys.ts";
import { Dialog } from "../ui/index.ts";
import { useText } from "./i18n/index.tsx";
import { sections } from "./sections.ts";
import { mainKey } from "./shortcuts.ts";

export function ShortcutHelp({ onClose }: { onClose: () => void }) {
  const { t } = useText();
  const rows: readonly (readonly [readonly string[], string])[] = [
    [[mainKey, "K"], t("palette.entry")],
    ...sections.map(({ id, digit }) => [[String(digit)], t(`section.${id}`)] as const),
    [["/"], t("shortcuts.filter")],
    [["↑", "↓"], t("shortcuts.rows")],
    [["Enter"], t("shortcuts.open")],
    [["Esc"], t("shortcuts.close")],
    [["?"], t("shortcuts.title")],
  ];
  return (
    <Dialog title={t("shortcuts.title")} size="wide" closeLabel={t("common.close")} onClose={onClose}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section className="grid two" tabIndex={0} aria-label={t("shortcuts.title")}>
        <div className="stack">
          <KeyList rows={rows} />
          <p className="muted">{t("shortcuts.digits", { key: mainKey })}</p>
        </div>
        <div>
          <h3>{t("logs.keys")}</h3>
          <KeyList rows={logKeys.map(([keys, id]) => [keys, t(id)])} />
        </div>
      </section>
    </Dialog>
  );
}

function KeyList({ rows }: { rows: readonly (readonly [readonly string[], string])[] }) {
  return (
    <dl className="shortcuts">
      {rows.map(([keys, what]) => (
        <div key={what}>
          <dt>{what}</dt>
          <dd>
            {keys.map((key) => (
              <kbd key={key}>{key}</kbd>
            ))}
          </dd>
        </div>
      ))}
    </dl>
  );
}
