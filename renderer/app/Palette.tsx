import { useQuery } from "@tanstack/react-query";
import { Command } from "cmdk";
import {
  Box,
  Cable,
  FlaskConical,
  KeyRound,
  Languages,
  Moon,
  NotebookPen,
  Plus,
  RefreshCw,
  Rocket,
  Search,
  Server,
  ShieldCheck,
  Sun,
} from "lucide-react";
import { type ReactNode, useEffect, useRef } from "react";
import { useLocation } from "wouter";
import type { Settings } from "../../electron/contract/index.ts";
import { useApi, useClient } from "../client/hooks.ts";
import { toProblem } from "../client/problem.ts";
import { matcher, useToast } from "../ui/index.ts";
import { useText } from "./i18n/index.tsx";
import { sections } from "./sections.ts";
import { mainKey } from "./shortcuts.ts";

type Item = { id: string; text: string; more?: string; keys?: string; icon: ReactNode; run: () => void };

/** Jump anywhere, do anything: sections, hosts, containers, actions. */
export default function Palette({ onClose, onHelp }: { onClose: () => void; onHelp: () => void }) {
  const { t } = useText();
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = ref.current;
    const before = document.activeElement;
    if (dialog && !dialog.open) dialog.showModal();
    // A modal gives the focus to the first thing that can hold it, and that is the list's own frame.
    dialog?.querySelector("input")?.focus();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  const groups = useGroups(onHelp);
  return (
    <dialog
      ref={ref}
      className="modal palette"
      aria-label={t("palette.title")}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => event.target === event.currentTarget && onClose()}
      onKeyDown={(event) => event.stopPropagation()}
    >
      <Command label={t("palette.title")} loop filter={(value, search) => (matcher(search)(value) ? 1 : 0)}>
        <div className="palette-input">
          <Search size={16} aria-hidden="true" />
          <Command.Input autoFocus placeholder={t("palette.placeholder")} />
          <span className="kbd" aria-hidden="true">
            Esc
          </span>
        </div>
        <Command.List label={t("palette.title")}>
          <Command.Empty>{t("palette.empty")}</Command.Empty>
          {groups.map(({ title, items }) => (
            <Command.Group key={title} heading={title}>
              {items.map((item) => (
                <Command.Item
                  key={item.id}
                  value={`${item.text} ${item.more ?? ""} ${item.id}`}
                  onSelect={() => {
                    onClose();
                    item.run();
                  }}
                >
                  {item.icon}
                  <span className="truncate">{item.text}</span>
                  {item.more && <span className="muted truncate spread">{item.more}</span>}
                  {item.keys && <span className="kbd spread">{item.keys}</span>}
                </Command.Item>
              ))}
            </Command.Group>
          ))}
        </Command.List>
      </Command>
    </dialog>
  );
}

function useGroups(onHelp: () => void): { title: string; items: Item[] }[] {
  const { t } = useText();
  const [, go] = useLocation();
  const api = useApi();
  const hosts = useQuery(api.hosts.list.queryOptions()).data ?? [];
  const containers = useQuery(api.containers.list.queryOptions({ input: {} })).data?.rows ?? [];
  const tunnels = useQuery(api.tunnels.list.queryOptions()).data ?? [];
  const notebooks = useQuery(api.notebooks.list.queryOptions()).data ?? [];
  const icon = { size: 15, "aria-hidden": true } as const;
  return [
    { title: t("palette.actions"), items: useActions(onHelp) },
    {
      title: t("palette.sections"),
      items: sections.map(({ id, path, icon: Icon }, at) => ({
        id: `section-${id}`,
        text: t(`section.${id}`),
        keys: `${mainKey} ${at + 1}`,
        icon: <Icon {...icon} />,
        run: () => go(path),
      })),
    },
    {
      title: t("palette.hosts"),
      items: hosts.map((host) => ({
        id: `host-${host.id}`,
        text: host.name,
        more: host.environment,
        icon: <Server {...icon} />,
        run: () => go(`/fleet/${encodeURIComponent(host.id)}`),
      })),
    },
    {
      title: t("palette.containers"),
      items: containers.map((row) => ({
        id: `container-${row.hostId}-${row.id}`,
        text: row.name,
        more: row.hostName,
        icon: <Box {...icon} />,
        run: () => go(`/containers/${encodeURIComponent(row.hostId)}/${row.id}`),
      })),
    },
    {
      title: t("section.tunnels"),
      items: tunnels.map((row) => ({
        id: `tunnel-${row.id}`,
        text: row.tunnel.name,
        more: row.host?.name ?? "",
        icon: <Cable {...icon} />,
        run: () => go(`/tunnels/${encodeURIComponent(row.id)}`),
      })),
    },
    {
      title: t("section.notebooks"),
      items: notebooks.map((row) => ({
        id: `notebook-${row.id}`,
        text: `${row.folder} :${row.port}`,
        more: row.host?.name ?? "",
        icon: <NotebookPen {...icon} />,
        run: () => go(`/notebooks/${encodeURIComponent(row.id)}`),
      })),
    },
  ].filter((group) => group.items.length > 0);
}

/** What one sees now: the setting's word, else the system's. */
function shownDark(theme: Settings["theme"] | undefined): boolean {
  if (theme === "dark" || theme === "light") return theme === "dark";
  return !matchMedia("(prefers-color-scheme: light)").matches;
}

function useActions(onHelp: () => void): Item[] {
  const text = useText();
  const { t } = text;
  const [, go] = useLocation();
  const api = useApi();
  const client = useClient();
  const toast = useToast();
  const settings = useQuery(api.settings.get.queryOptions()).data;
  const practice = useQuery(api.practice.state.queryOptions()).data;
  const icon = { size: 15, "aria-hidden": true } as const;
  function attempt(work: Promise<unknown>): void {
    work.catch((error: unknown) => toast({ tone: "danger", text: text.problem(toProblem(error)).what }));
  }
  const set = (change: Partial<Settings>) => attempt(client.settings.set(change));
  const dark = shownDark(settings?.theme);
  return [
    { id: "launch", text: t("launch.title"), icon: <Rocket {...icon} />, run: () => go("/launch") },
    { id: "add-host", text: t("fleet.add"), icon: <Plus {...icon} />, run: () => go("/fleet/-/add") },
    { id: "add-tunnel", text: t("tunnels.add"), icon: <Cable {...icon} />, run: () => go("/tunnels/-/add") },
    {
      id: "start-notebook",
      text: t("notebooks.start"),
      icon: <NotebookPen {...icon} />,
      run: () => go("/notebooks/-/start"),
    },
    {
      id: "restart-tunnels",
      text: t("tunnels.restartAll"),
      icon: <RefreshCw {...icon} />,
      run: () => attempt(client.tunnels.restartAll()),
    },
    { id: "put-secret", text: t("secrets.add"), icon: <KeyRound {...icon} />, run: () => go("/secrets/add") },
    { id: "verify", text: t("palette.verify"), icon: <ShieldCheck {...icon} />, run: () => go("/audit/verify") },
    {
      id: "practice",
      text: practice?.running ? t("practice.stop") : t("practice.try"),
      icon: <FlaskConical {...icon} />,
      run: () => attempt(practice?.running ? client.practice.stop() : client.practice.start()),
    },
    {
      id: "theme",
      text: dark ? t("palette.light") : t("palette.dark"),
      icon: dark ? <Sun {...icon} /> : <Moon {...icon} />,
      run: () => set({ theme: dark ? "light" : "dark" }),
    },
    {
      id: "language",
      text: text.language === "en" ? "Переключить на русский" : "Switch to English",
      icon: <Languages {...icon} />,
      run: () => set({ language: text.language === "en" ? "ru" : "en" }),
    },
    { id: "help", text: t("shortcuts.title"), icon: <Search {...icon} />, run: onHelp },
  ];
}
