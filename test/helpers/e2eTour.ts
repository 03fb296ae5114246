/** Every screen and the main dialogs, each with the way to it and the way back to a bare page. */
import type { Locator, Page } from "playwright-core";
import { sections } from "../../renderer/app/sections.ts";
import { gone, seen, textOf } from "./e2e.ts";
import type { wordsIn } from "./e2eLook.ts";
import { patternOf } from "./e2eLook.ts";

export interface Guide {
  page: Page;
  w: ReturnType<typeof wordsIn>;
}

export interface Stop {
  name: string;
  open(guide: Guide): Promise<void>;
  /** Closes what `open` left open, when that is not what the next stop begins with. */
  leave?(guide: Guide): Promise<void>;
}

/** Sections by their digit: it is the same in every language. */
export async function section({ page, w }: Guide, id: Parameters<Guide["w"]>[0]): Promise<void> {
  await page.keyboard.press(`Control+Digit${digitOf(id)}`);
  await seen(page.getByRole("heading", { level: 1, name: w(id), exact: true }));
}

export function digitOf(id: string): number {
  const found = sections.find((one) => `section.${one.id}` === id);
  if (found === undefined) throw new Error(`there is no section ${id}`);
  return found.digit;
}

const close: Stop["leave"] = async ({ page }) => {
  await page.keyboard.press("Escape");
  await gone(page.getByRole("dialog"));
};

function row({ page, w }: Guide, table: Parameters<Guide["w"]>[0], name: string): Locator {
  return page.getByRole("table", { name: w(table), exact: true }).getByRole("row", { name: new RegExp(name) });
}

async function containerTab(guide: Guide, tab: Parameters<Guide["w"]>[0]): Promise<void> {
  const drawer = guide.page.getByRole("dialog", { name: "look-at-me" });
  const wanted = drawer.getByRole("tab", { name: guide.w(tab), exact: true });
  await wanted.click();
  await seen(drawer.getByRole("tab", { name: guide.w(tab), exact: true, selected: true }));
}

/** What a newcomer sees before there is any host. */
export const firstStops: readonly Stop[] = [
  { name: "welcome", open: ({ page }) => seen(page.getByRole("heading", { level: 1 })) },
  {
    name: "host-add",
    open: async ({ page, w }) => {
      await page.getByRole("button", { name: w("fleet.add") }).click();
      await seen(page.getByRole("dialog", { name: w("host.addTitle") }));
    },
    leave: close,
  },
  {
    name: "alerts-none",
    open: async (guide) => {
      await section(guide, "section.alerts");
      await seen(guide.page.getByText(guide.w("alerts.none")));
    },
  },
  {
    name: "rules-none",
    open: async ({ page, w }) => {
      await page.getByRole("tab", { name: w("alerts.tab.rules"), exact: true }).click();
      await seen(page.getByText(w("rules.none")));
    },
  },
  {
    name: "rule-add",
    open: async ({ page, w }) => {
      await page
        .getByRole("button", { name: w("rules.add") })
        .first()
        .click();
      await seen(page.getByRole("dialog", { name: w("ruleForm.addTitle") }));
    },
    leave: close,
  },
  {
    name: "secrets-no-store",
    open: async (guide) => {
      await section(guide, "section.secrets");
      await seen(guide.page.getByRole("button", { name: guide.w("keychain.makeVault") }));
    },
  },
  {
    name: "vault-create",
    open: async ({ page, w }) => {
      await page.getByRole("button", { name: w("keychain.makeVault") }).click();
      await seen(page.getByRole("dialog", { name: w("keychain.makeVault") }));
    },
    leave: close,
  },
];

/**
 * With the practice fleet up, a secret stored, the container `look-at-me` launched on orion, the rule `health` that has
 * fired, and the remote tunnel `to-here`.
 */
export const stops: readonly Stop[] = [
  {
    name: "fleet",
    open: async (guide) => {
      await section(guide, "section.fleet");
      await seen(row(guide, "section.fleet", "orion"));
    },
  },
  {
    name: "host",
    open: async (guide) => {
      await row(guide, "section.fleet", "orion").click();
      const gpu = guide.page.getByRole("dialog", { name: "orion" }).getByRole("article", { name: "GPU 0" });
      await textOf(gpu, (text) => /°C/.test(text));
    },
    leave: close,
  },
  {
    name: "host-with-a-problem",
    open: async (guide) => {
      await row(guide, "section.fleet", "vega").click();
      await seen(guide.page.getByRole("dialog", { name: "vega" }).getByText(guide.w("host.toolkitMissing")));
    },
    leave: close,
  },
  {
    name: "containers",
    open: async (guide) => {
      await section(guide, "section.containers");
      await seen(row(guide, "section.containers", "look-at-me"));
    },
  },
  {
    name: "container-summary",
    open: async (guide) => {
      await row(guide, "section.containers", "look-at-me").click();
      await seen(guide.page.getByRole("dialog", { name: "look-at-me" }).getByText("gatehouse-look-at-me"));
    },
  },
  { name: "container-hardening", open: (guide) => containerTab(guide, "containers.tab.hardening") },
  {
    name: "container-secrets",
    open: async (guide) => {
      await containerTab(guide, "containers.tab.secrets");
      await seen(guide.page.getByRole("table", { name: guide.w("proof.table") }));
    },
  },
  { name: "container-ask", open: (guide) => containerTab(guide, "containers.tab.ask") },
  {
    name: "container-logs",
    open: async (guide) => {
      await containerTab(guide, "containers.tab.logs");
      await textOf(guide.page.getByRole("log"), (text) => text.includes("HF_TOKEN=********"));
    },
  },
  { name: "container-inspect", open: (guide) => containerTab(guide, "containers.tab.inspect") },
  {
    name: "container-remove",
    open: async ({ page, w }) => {
      await page
        .getByRole("dialog", { name: "look-at-me" })
        .getByRole("button", { name: w("common.remove") })
        .click();
      await seen(page.getByRole("dialog", { name: w("container.removeTitle") }));
    },
    leave: async (guide) => {
      await guide.page.keyboard.press("Escape");
      await gone(guide.page.getByRole("dialog", { name: guide.w("container.removeTitle") }));
      await guide.page
        .getByRole("dialog", { name: "look-at-me" })
        .getByRole("button", { name: guide.w("common.close") })
        .click();
    },
  },
  {
    name: "container-careless",
    open: async (guide) => {
      await row(guide, "section.containers", "embedder").click();
      const drawer = guide.page.getByRole("dialog", { name: "embedder" });
      await drawer.getByRole("tab", { name: guide.w("containers.tab.hardening"), exact: true }).click();
      await seen(drawer.getByText(guide.w("rule.publish-public.title")));
    },
    leave: close,
  },
  {
    name: "launch",
    open: async (guide) => {
      await guide.page.getByRole("button", { name: guide.w("launch.action") }).click();
      await seen(guide.page.getByRole("region", { name: guide.w("launch.command") }));
    },
  },
  {
    name: "launch-denied",
    open: async ({ page, w }) => {
      const form = page.getByRole("region", { name: w("launch.title") });
      await form.getByText(w("advanced.network"), { exact: true }).first().click();
      await form
        .getByRole("combobox", { name: w("advanced.networkMode") })
        .selectOption({ label: w("advanced.network.host") });
      await seen(form.getByText(w("launch.denied")));
    },
  },
  {
    name: "launch-relax",
    open: async ({ page, w }) => {
      await page
        .getByRole("complementary", { name: w("launch.judgement") })
        .getByRole("button", { name: w("launch.relax") })
        .first()
        .click();
      await seen(page.getByRole("dialog", { name: w("relax.title") }));
    },
    leave: close,
  },
  {
    name: "launch-done",
    open: async ({ page, w }) => {
      await page.getByRole("link", { name: patternOf(w("status.launch.done")) }).click();
      await seen(page.getByText(w("proof.clean")));
    },
  },
  {
    name: "logs-none-chosen",
    open: async (guide) => {
      await section(guide, "section.logs");
      await seen(guide.page.getByText(guide.w("logs.pick")));
    },
  },
  {
    name: "logs",
    open: async ({ page, w }) => {
      await page.getByRole("button", { name: w("logs.openOf").replace("{name}", "look-at-me") }).click();
      await textOf(page.getByRole("log"), (text) => text.includes("HF_TOKEN=********"));
    },
  },
  {
    name: "logs-line",
    open: async ({ page, w }) => {
      await page.getByRole("log").focus();
      await page.keyboard.press("KeyG");
      await page.keyboard.press("Enter");
      await seen(page.getByRole("complementary", { name: w("logs.line") }));
    },
    leave: async ({ page, w }) => {
      await page.keyboard.press("Escape");
      await gone(page.getByRole("complementary", { name: w("logs.line") }));
    },
  },
  {
    name: "logs-save",
    open: async ({ page, w }) => {
      await page.getByRole("button", { name: w("logs.save"), exact: true }).click();
      await seen(page.getByRole("dialog", { name: w("logs.saveTitle") }));
    },
    leave: close,
  },
  {
    name: "logs-sources",
    open: async ({ page, w }) => {
      await page.getByRole("button", { name: w("logs.choose"), exact: true }).click();
      const dialog = page.getByRole("dialog", { name: w("logs.choose") });
      await dialog.getByText(w("logs.more")).first().click();
      await seen(dialog.getByText(w("logs.events")));
    },
    leave: close,
  },
  {
    name: "logs-of-a-host",
    open: async ({ page, w }) => {
      await page.getByRole("button", { name: w("logs.choose"), exact: true }).click();
      const dialog = page.getByRole("dialog", { name: w("logs.choose") });
      await dialog.getByText(w("logs.more")).first().click();
      await dialog.getByRole("button", { name: w("logs.openOf").replace("{name}", "/var/log/syslog") }).click();
      await gone(dialog);
      await textOf(page.getByRole("log"), (text) => text.includes("orion"));
    },
  },
  {
    name: "alerts",
    open: async (guide) => {
      await section(guide, "section.alerts");
      await seen(row(guide, "section.alerts", "health").getByText(guide.w("alerts.state.firing")));
    },
  },
  {
    name: "rules",
    open: async (guide) => {
      await guide.page.getByRole("tab", { name: guide.w("alerts.tab.rules"), exact: true }).click();
      await seen(row(guide, "alerts.tab.rules", "health"));
    },
  },
  {
    name: "tunnels",
    open: async (guide) => {
      await section(guide, "section.tunnels");
      await seen(row(guide, "section.tunnels", "to-here").getByText(guide.w("light.healthy")));
    },
  },
  {
    name: "tunnel-remote",
    open: async (guide) => {
      await row(guide, "section.tunnels", "to-here").getByText("to-here", { exact: true }).click();
      await seen(guide.page.getByRole("dialog", { name: "to-here" }).getByText(guide.w("tunnel.hostAddress")));
    },
    leave: close,
  },
  {
    name: "tunnel-remote-add",
    open: async ({ page, w }) => {
      await page.getByRole("button", { name: w("tunnels.add") }).click();
      const dialog = page.getByRole("dialog", { name: w("tunnelForm.addTitle") });
      await dialog.getByText(w("tunnelForm.kind.remote"), { exact: true }).click();
      await seen(dialog.getByText(w("tunnelForm.remoteText")));
    },
    leave: close,
  },
  {
    name: "notebooks",
    open: async (guide) => {
      await section(guide, "section.notebooks");
      await seen(row(guide, "section.notebooks", "first-steps"));
    },
  },
  {
    name: "notebook",
    open: async (guide) => {
      await row(guide, "section.notebooks", "old-evaluation").click();
      await seen(guide.page.getByRole("dialog").getByText(guide.w("notebook.login"), { exact: true }));
    },
    leave: close,
  },
  {
    name: "notebook-start",
    open: async ({ page, w }) => {
      await page
        .getByRole("button", { name: w("notebooks.start") })
        .first()
        .click();
      await seen(page.getByRole("dialog", { name: w("notebooks.start") }));
    },
    leave: close,
  },
  {
    name: "secrets",
    open: async (guide) => {
      await section(guide, "section.secrets");
      await seen(row(guide, "section.secrets", "HF_TOKEN"));
    },
  },
  {
    name: "secret-put",
    open: async ({ page, w }) => {
      await page.getByRole("button", { name: w("secrets.add") }).click();
      await seen(page.getByRole("dialog", { name: w("secrets.putTitle") }));
    },
    leave: close,
  },
  {
    name: "secret-reveal",
    open: async ({ page, w }) => {
      await page.getByRole("button", { name: patternOf(w("secrets.revealOf")) }).click();
      await seen(page.getByRole("dialog", { name: patternOf(w("reveal.title")) }));
    },
    leave: close,
  },
  {
    name: "audit",
    open: async (guide) => {
      await section(guide, "section.audit");
      await guide.page.getByRole("button", { name: guide.w("audit.verify"), exact: true }).click();
      await seen(guide.page.getByText(/: \d+ .*: \d+|: \d+ .*, \d+ /));
    },
  },
  {
    name: "audit-key",
    open: async ({ page, w }) => {
      await page
        .getByRole("region", { name: w("auditKey.title") })
        .locator("summary")
        .click();
      await seen(page.getByRole("button", { name: w("auditKey.save") }));
    },
    leave: ({ page, w }) =>
      page
        .getByRole("region", { name: w("auditKey.title") })
        .locator("summary")
        .click(),
  },
  {
    name: "audit-record",
    open: async (guide) => {
      await row(guide, "section.audit", guide.w("action.container.launch")).first().click();
      await seen(guide.page.getByRole("region", { name: guide.w("audit.column.operation") }));
    },
    leave: close,
  },
  { name: "settings", open: (guide) => section(guide, "section.settings") },
  {
    name: "palette",
    open: async ({ page, w }) => {
      await page.keyboard.press("Control+KeyK");
      await seen(
        page
          .getByRole("dialog", { name: w("palette.title") })
          .getByText("orion")
          .first(),
      );
    },
    leave: close,
  },
  {
    name: "shortcuts",
    open: async ({ page, w }) => {
      await page.keyboard.press("Shift+Slash");
      await seen(page.getByRole("dialog", { name: w("shortcuts.title") }));
    },
    leave: close,
  },
];

/** After a launch of `doomed` that failed, and a changed host key on vega. */
export const wrongStops: readonly Stop[] = [
  {
    name: "host-key-changed",
    open: async (guide) => {
      await section(guide, "section.fleet");
      await row(guide, "section.fleet", "vega").click();
      await seen(guide.page.getByRole("region", { name: guide.w("incident.title") }));
    },
    leave: close,
  },
  {
    name: "containers-of-a-host-unknown",
    open: async (guide) => {
      await section(guide, "section.containers");
      await seen(row(guide, "section.containers", "look-at-me"));
    },
  },
  {
    name: "launch-failed",
    open: async ({ page, w }) => {
      await page.getByRole("link", { name: patternOf(w("status.launch.failed")) }).click();
      await seen(page.getByText(w("launch.allUndone")));
    },
  },
];
