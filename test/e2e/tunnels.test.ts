/** Tunnels in a person's browser, on the practice fleet: what the light says while the link breaks and mends. */
import type { Locator, Page } from "playwright-core";
import { afterAll, describe, expect, test } from "vitest";
import { gone, seen, shown, textOf } from "../helpers/e2e.ts";
import { useStage } from "../helpers/e2eStage.ts";
import { closeDrawer, openHost, openSection, rowOf, setFault } from "../helpers/e2eWays.ts";
import { run, which } from "../helpers/lab/process.ts";
import { ask, type FarService, farService } from "../helpers/tunnelLab.ts";

describe("tunnels", () => {
  let page: Page;
  let service: FarService;
  /** Of the tunnel to the container. */
  let port = 0;
  let address = "";
  const stage = useStage({
    practice: true,
    missing: which("curl") === null ? "curl is not installed" : null,
    pictures: "tunnel",
    async enter(made) {
      page = made.page;
      service = await farService();
    },
  });
  afterAll(() => service?.stop());

  const row = (name: string) => rowOf(page, "Tunnels", new RegExp(name));
  const light = (name: string, word: string, timeout?: number) => seen(row(name).getByText(word), timeout);
  const portOf = async (name: string) =>
    Number(/127\.0\.0\.1:(\d+)/.exec(await textOf(row(name), (text) => /127\.0\.0\.1:\d+/.test(text)))?.[1]);

  /** A row's own buttons stand in its middle: a person clicks its name. */
  async function openTunnel(name: string): Promise<Locator> {
    await row(name).getByText(name, { exact: true }).click();
    const drawer = page.getByRole("dialog", { name });
    await seen(drawer);
    return drawer;
  }

  async function openForm(kind: string, name: string): Promise<Locator> {
    await openSection(page, "Tunnels");
    await page.getByRole("button", { name: "Add tunnel" }).first().click();
    const dialog = page.getByRole("dialog", { name: "Add a tunnel" });
    await dialog
      .getByRole("radio", { name: kind })
      .or(dialog.getByRole("button", { name: kind }))
      .first()
      .click();
    await dialog.getByLabel("Host", { exact: true }).selectOption({ label: "orion" });
    await dialog.getByLabel("Name", { exact: true }).fill(name);
    return dialog;
  }

  /** Adds it, and closes the drawer that opens; gives what stood in there. */
  async function add(dialog: Locator, name: string): Promise<string> {
    await dialog.getByRole("button", { name: "Add tunnel" }).click();
    await gone(dialog);
    const drawer = page.getByRole("dialog", { name });
    await seen(drawer.getByText("healthy"));
    const text = await shown(drawer);
    await closeDrawer(drawer);
    return text;
  }

  test("local: leads to a container by its own address, and counts what goes through", async () => {
    const dialog = await openForm("To one service", "embedder");
    await dialog.getByLabel("Of a running container").selectOption({ label: "embedder" });
    const field = dialog.getByLabel("Address, as the host sees it");
    await expect.poll(() => field.inputValue()).not.toBe("127.0.0.1");
    address = await field.inputValue();
    const text = await add(dialog, "embedder");
    expect(text).toContain(`:${address}:8000`);
    await light("embedder", "healthy");
    await seen(row("embedder").getByText("simulated"));
    port = await portOf("embedder");
    expect(await ask(port, "/health")).toMatchObject({ ok: true });
    const drawer = await openTunnel("embedder");
    await textOf(drawer, (text) => /1 so far/.test(text) && /[1-9]\d*(?:\.\d+)? (?:B|KiB)/.test(text));
    await closeDrawer(drawer);
  });

  test("link down: the light says so and why, and comes back by itself on the same port", async () => {
    const host = await openHost(page, "orion");
    await setFault(host, "Cut the connection", true);
    await closeDrawer(host);
    await openSection(page, "Tunnels");
    await light("embedder", "connecting");
    const drawer = await openTunnel("embedder");
    await seen(drawer.getByText(/HOST_/));
    await closeDrawer(drawer);
    const again = await openHostAnyway("orion");
    await setFault(again, "Cut the connection", false);
    await closeDrawer(again);
    await openSection(page, "Tunnels");
    await light("embedder", "healthy");
    expect(await portOf("embedder")).toBe(port);
    expect(await ask(port, "/health")).toMatchObject({ ok: true });
  });

  /** The drawer of a host, whatever its state. */
  async function openHostAnyway(name: string): Promise<Locator> {
    await openSection(page, "Fleet");
    await rowOf(page, "Fleet", new RegExp(name)).click();
    const drawer = page.getByRole("dialog", { name });
    await seen(drawer);
    return drawer;
  }

  test("SOCKS and remote: from the host to a service here, by way of the host", async () => {
    await add(await openForm("To anywhere (SOCKS5)", "everywhere"), "everywhere");
    const socks = await portOf("everywhere");
    const fetchThere = async (url: string) =>
      (await run("curl", ["-s", "--max-time", "10", "--proxy", `socks5h://127.0.0.1:${socks}`, url])).stdout;
    expect(await fetchThere(`http://${address}:8000/health`)).not.toBe("");

    const dialog = await openForm("From the host to here", "hook");
    await dialog.getByLabel("Port of the host").fill("9400");
    await dialog.getByLabel("Port", { exact: true }).fill(String(service.port));
    const text = await add(dialog, "hook");
    expect(text).toContain(`ssh -N -R 127.0.0.1:9400:127.0.0.1:${service.port}`);
    await seen(row("hook").getByText("on the host"));
    expect(await fetchThere("http://127.0.0.1:9400/from-there")).toBe("you asked for /from-there");
    await service.stop();
    // Somebody who finds nobody there is reason enough to look.
    await fetchThere("http://127.0.0.1:9400/nobody").catch(() => "");
    await light("hook", "service down");
    service = await farService(service.port);
    await light("hook", "healthy");
  });

  test("remote, refused: a port that is not ours to have, and why", async () => {
    const dialog = await openForm("From the host to here", "relay");
    await dialog.getByLabel("Port of the host").fill("22");
    await dialog.getByLabel("Port", { exact: true }).fill(String(service.port));
    await dialog.getByRole("button", { name: "Add tunnel" }).click();
    await gone(dialog);
    const drawer = page.getByRole("dialog", { name: "relay" });
    await seen(drawer.getByText("needs you"));
    await seen(drawer.getByText("REMOTE_LISTEN_REFUSED"));
    await seen(drawer.getByText(/does not listen for us at 127\.0\.0\.1:22 \(ports below 1024/));
    await closeDrawer(drawer);
  });

  test("port taken: names the program, offers the next port, and is healthy there", async () => {
    const drawer = await openTunnel("embedder");
    await drawer.getByRole("button", { name: "Stop", exact: true }).click();
    await seen(drawer.getByText("stopped"));
    const thief = await farService(port);
    await drawer.getByRole("button", { name: "Start", exact: true }).click();
    await seen(drawer.getByText(process.platform === "linux" ? /port taken by/ : "port taken"));
    await drawer.getByRole("button", { name: /^Use port \d+$/ }).click();
    await seen(drawer.getByText("healthy"));
    await closeDrawer(drawer);
    const moved = await portOf("embedder");
    expect(moved).not.toBe(port);
    expect(await ask(moved, "/health")).toMatchObject({ ok: true });
    await thief.stop();
    await page.getByRole("button", { name: "Reconnect all" }).click();
    await seen(page.getByText(/tunnels are looked at/));
    expect(stage.visitor.complaints).toEqual([]);
  });
});
