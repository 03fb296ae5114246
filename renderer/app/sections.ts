import {
  Bell,
  Boxes,
  Cable,
  KeyRound,
  type LucideIcon,
  NotebookPen,
  ScrollText,
  Server,
  Settings,
  ShieldCheck,
} from "lucide-react";

export type SectionId =
  | "fleet"
  | "containers"
  | "logs"
  | "alerts"
  | "tunnels"
  | "notebooks"
  | "secrets"
  | "audit"
  | "settings";
export type SectionInfo = { id: SectionId; path: string; icon: LucideIcon; digit: number };

/** The side bar, in order; the digit is the shortcut. */
export const sections: readonly SectionInfo[] = [
  { id: "fleet", path: "/fleet", icon: Server, digit: 1 },
  { id: "containers", path: "/containers", icon: Boxes, digit: 2 },
  { id: "logs", path: "/logs", icon: ScrollText, digit: 3 },
  { id: "alerts", path: "/alerts", icon: Bell, digit: 4 },
  { id: "tunnels", path: "/tunnels", icon: Cable, digit: 5 },
  { id: "notebooks", path: "/notebooks", icon: NotebookPen, digit: 6 },
  { id: "secrets", path: "/secrets", icon: KeyRound, digit: 7 },
  { id: "audit", path: "/audit", icon: ShieldCheck, digit: 8 },
  { id: "settings", path: "/settings", icon: Settings, digit: 9 },
];

/** `launch` belongs to the containers. */
export function sectionOf(path: string): SectionId {
  const first = path.split("/")[1] ?? "";
  if (first === "launch") return "containers";
  return sections.find((section) => section.id === first)?.id ?? "fleet";
}
