import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { useLocation } from "wouter";
import type { Alert } from "../../../electron/contract/index.ts";
import calmIcon from "../../app/gatehouse.svg";
import firingIcon from "../../app/gatehouse-alert.svg";
import { useText } from "../../app/i18n/index.tsx";
import { useApi } from "../../client/hooks.ts";
import { createCalls } from "./calls.ts";
import { takeTurns } from "./turns.ts";
import { callText } from "./words.ts";

/**
 * Alerts reach whoever is not looking at them: a notification when nobody looks at any window, a word for screen readers,
 * and a count in the window's title and icon.
 */
export function AlertCalls() {
  const list = useQuery(useApi().alerts.list.queryOptions()).data;
  const begun = useCalls();
  const waiting = list?.alerts.filter(({ noted }) => !noted).length ?? 0;
  useEffect(() => {
    document.title = waiting > 0 ? `(${waiting > 99 ? "99+" : waiting}) Gatehouse` : "Gatehouse";
    document.querySelector("link[rel=icon]")?.setAttribute("href", waiting > 0 ? firingIcon : calmIcon);
  }, [waiting]);
  return (
    <div className="visually-hidden" role="status" aria-live="polite">
      {begun && <p key={begun.turn}>{begun.words}</p>}
    </div>
  );
}

/** Calls as alerts begin; returns what was said last. */
function useCalls(): { turn: number; words: string } | null {
  const api = useApi();
  const list = useQuery(api.alerts.list.queryOptions()).data;
  const on = useQuery(api.settings.get.queryOptions()).data?.alertCalls ?? false;
  const text = useText();
  const [, go] = useLocation();
  const [said, setSaid] = useState<{ turn: number; words: string } | null>(null);
  const calls = useMemo(createCalls, []);
  const turns = useRef<ReturnType<typeof takeTurns> | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);

  useEffect(() => {
    const mine = takeTurns();
    turns.current = mine;
    return () => {
      mine.dispose();
      if (timer.current !== null) clearTimeout(timer.current);
    };
  }, []);

  const show = useRef<(alerts: readonly Alert[]) => void>(() => {});
  show.current = (alerts) => {
    const [first] = alerts;
    if (!on || first === undefined || !("Notification" in window) || Notification.permission !== "granted") return;
    const { title, body } = callText(text, alerts);
    // Another window that calls about the same shows one and the same notification.
    const call = new Notification(title, { body, lang: text.language, tag: `gatehouse ${first.id}` });
    call.onclick = () => {
      call.close();
      window.gatehouse?.show();
      window.focus();
      go(alerts.length === 1 ? `/alerts/one/${encodeURIComponent(first.id)}` : "/alerts");
    };
  };

  useEffect(() => {
    if (list === undefined) return;
    const quiet = new Set(list.rules.flatMap((rule) => (rule.quiet ? [rule.id] : [])));
    const isQuiet = ({ rule }: Alert) => rule !== null && quiet.has(rule.id);
    const begun = calls.look(list.alerts, isQuiet, Date.now());
    if (begun.length > 0) {
      const { title, body } = callText(text, begun);
      const words = text.t("alerts.call.said", { title, body });
      setSaid((before) => ({ turn: (before?.turn ?? 0) + 1, words }));
    }
    function next(): void {
      const { alerts, waitMs } = calls.due(Date.now());
      if (alerts.length > 0) void turns.current?.mine().then((mine) => mine && show.current(alerts));
      timer.current = waitMs === null ? null : setTimeout(next, waitMs);
    }
    if (timer.current !== null) clearTimeout(timer.current);
    next();
  }, [list, calls, text]);

  return said;
}
