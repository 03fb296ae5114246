import { useQuery } from "@tanstack/react-query";
import { Keyboard } from "lucide-react";
import { Link } from "wouter";
import { useApi } from "../client/hooks.ts";
import { useText } from "./i18n/index.tsx";
import { type SectionId, sections } from "./sections.ts";
import { mainKey } from "./shortcuts.ts";

export function Sidebar({ section, onHelp }: { section: SectionId; onHelp: () => void }) {
  const { t } = useText();
  return (
    <nav className="sidebar" aria-label={t("app.sections")}>
      <div className="brand">
        <Mark />
        <span className="label">Gatehouse</span>
      </div>
      <ul>
        {sections.map(({ id, path, icon: Icon, digit }) => (
          <li key={id}>
            <Link
              href={path}
              className={id === section ? "active" : ""}
              aria-current={id === section ? "page" : undefined}
              title={`${t(`section.${id}`)} (${mainKey}+${digit})`}
            >
              <Icon size={16} aria-hidden="true" />
              <span className="label">{t(`section.${id}`)}</span>
              {id === "alerts" && <Firing />}
              <span className="kbd label" aria-hidden="true">
                {digit}
              </span>
            </Link>
          </li>
        ))}
      </ul>
      <button type="button" className="sidebar-help" onClick={onHelp} title={`${t("shortcuts.title")} (?)`}>
        <Keyboard size={16} aria-hidden="true" />
        <span className="label">{t("shortcuts.title")}</span>
      </button>
    </nav>
  );
}

/** How many alerts nobody has taken note of. */
function Firing() {
  const { t } = useText();
  const alerts = useQuery(useApi().alerts.list.queryOptions()).data?.alerts ?? [];
  const waiting = alerts.filter(({ noted }) => !noted);
  if (waiting.length === 0) return null;
  const firing = waiting.filter(({ state }) => state === "firing").length;
  const worst = waiting.some(({ severity }) => severity === "danger") ? "danger" : "warn";
  return (
    <span className={`firing ${worst}`} title={t("alerts.counts", { firing, over: waiting.length - firing })}>
      {waiting.length > 99 ? "99+" : waiting.length}
    </span>
  );
}

/** A gate between two towers. */
function Mark() {
  return (
    <svg className="mark" width="22" height="22" viewBox="0 0 24 24" aria-hidden="true">
      <path
        fill="currentColor"
        d="M3 21V4h2.6v2h2.6V4h2.5v2h2.6V4h2.5v2h2.6V4H21v17h-4.4v-5.2a4.6 4.6 0 0 0-9.2 0V21Z"
      />
      <path
        stroke="currentColor"
        strokeWidth="1.1"
        opacity=".7"
        d="M10.2 21v-6.4M12 21v-7.2M13.8 21v-6.4M8.4 17.6h7.2"
      />
    </svg>
  );
}
