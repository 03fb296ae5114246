import { isOwnFrame, isOwnPage } from "./origin.ts";

/** All that a page may do beyond showing itself: fill the clipboard (its copy buttons), and call a person to an alert. */
const allowed = new Set(["clipboard-sanitized-write", "notifications"]);

/** Who asks, as Electron tells it. */
export interface Asking {
  permission: string;
  /** Of the page that asks. */
  url: string;
  /** Of the page around it; absent where Electron does not say. */
  around?: string | undefined;
  /** The top frame; null where Electron names none, which is so whenever notifications are looked up. */
  frame: { url: string; parent: unknown } | null;
}

/** What must be so for a request, where there always is a page. */
export function mayAsk(asking: Asking): boolean {
  return asking.frame !== null && mayUse(asking);
}

/** What must be so for a look-up: a page of ours, alone in its window. */
export function mayUse({ permission, url, around, frame }: Asking): boolean {
  const known = frame === null ? permission === "notifications" : isOwnFrame(frame);
  return allowed.has(permission) && known && isOwnPage(url) && (around === undefined || isOwnPage(around));
}
