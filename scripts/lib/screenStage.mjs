/** What is done in the page: going somewhere, one step of a screen, and the stage on which all screens are taken. */

/** A route of the page; the same path again opens it anew, without what was open on it. */
export async function go(page, path) {
  await page.keyboard.press("Escape");
  await page.evaluate(() => {
    location.hash = "#/settings";
  });
  await page.locator(".settings").waitFor();
  await page.evaluate((to) => {
    location.hash = `#${to}`;
  }, path);
}

/** Language and theme by the settings themselves, whose buttons carry their own names in the one of both languages. */
export async function setLook(page, words, { theme, language }) {
  await go(page, "/settings");
  await page.getByRole("radio", { name: language === "ru" ? "Русский" : "English" }).click();
  await page.getByRole("heading", { level: 1, name: words["section.settings"] }).waitFor();
  await page.getByRole("radio", { name: words[`settings.${theme}`] }).click();
  await page.locator(`html[data-theme="${theme}"]`).waitFor();
}

/** One step of a screen; inside the dialog that is open, if one is. */
export async function perform(page, words, [verb, id, more]) {
  const name = words[id];
  const top = page.locator("dialog.modal[open]").last();
  const scope = (await top.count()) > 0 ? top : page;
  if (verb === "button") await scope.getByRole("button", { name, exact: true }).first().click();
  else if (verb === "nth")
    await page
      .getByRole("button", { name: name.replace("{name}", more), exact: true })
      .first()
      .click();
  else if (verb === "text") await page.getByText(name, { exact: true }).first().click();
  else if (verb === "check") await page.getByRole("checkbox", { name, exact: true }).click();
  else if (verb === "fill") await scope.getByLabel(name, { exact: true }).first().fill(more);
  else if (verb === "row")
    await page
      .getByRole("row", { name: new RegExp(name ?? id) })
      .first()
      .click();
  else if (verb === "key") await page.keyboard.press(id);
  else if (verb === "dialog") await top.waitFor();
}

/** Practice fleet, secrets, a rule, a remote tunnel, launches that went well and one that did not, a changed key, a production host. */
export async function prepare(page, words) {
  await page.setViewportSize({ width: 1440, height: 900 });
  await setLook(page, words, { theme: "dark", language: "en" });
  const press = (id) => perform(page, words, ["button", id]);
  const online = (host) => page.getByRole("row", { name: new RegExp(`${host}.*online`) }).waitFor();
  await go(page, "/fleet");
  await press("practice.try");
  await Promise.all(["orion", "vega", "lyra"].map(online));

  await go(page, "/secrets");
  await press("keychain.useSession");
  for (const [environment, name] of [
    ["development", "HF_TOKEN"],
    ["production", "HF_TOKEN"],
    ["development", "WANDB_API_KEY"],
  ]) {
    await go(page, "/secrets/add");
    await perform(page, words, ["fill", "secrets.column.name", name]);
    await perform(page, words, ["fill", "host.environment", environment]);
    await perform(page, words, ["fill", "secrets.value", `only-for-pictures-${environment}-${name}`]);
    await press("secrets.store");
    await page.locator("dialog.modal[open]").waitFor({ state: "detached" });
  }
  const places = {};
  for (const [name, template] of [
    ["classifier", "classifier-onnx"],
    ["leaky", "leaky"],
    ["chat", "chat-echo"],
  ]) {
    places.done = await launch(page, words[`template.${template}`], name);
    await page.getByRole("button", { name: words["launch.openContainer"] }).click();
    places[name] = await afterRoute(page, "/containers/");
  }
  await go(page, "/alerts/rules/add");
  await perform(page, words, ["fill", "ruleForm.name", "health"]);
  await perform(page, words, ["fill", "ruleForm.text", "/health"]);
  await press("rules.add");
  await page.locator("dialog.modal[open]").waitFor({ state: "detached" });
  places.remote = await addRemoteTunnel(page, press, words);
  await go(page, "/containers");
  await page.getByRole("row", { name: /embedder/ }).click();
  places.careless = await afterRoute(page, "/containers/");

  await go(page, "/fleet/orion");
  await press("fault.dies-at-start");
  places.failed = await launch(page, words["template.chat-echo"], "chat-2");
  await page.getByRole("button", { name: words["launch.change"] }).waitFor();
  await go(page, "/fleet/orion");
  await press("fault.dies-at-start");
  places.bastion = await addBastion(page, press, words);
  await go(page, "/fleet/lyra");
  await press("fault.host-key-changed");
  await press("host.disconnect");
  await press("host.connect");
  await page.getByText(words["incident.typeFingerprint"]).waitFor();
  return places;
}

async function launch(page, template, name) {
  await go(page, "/launch/on/orion");
  await page.getByText(template, { exact: true }).click();
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByRole("button", { name: "Start", exact: true }).click();
  const id = await afterRoute(page, "/launch/watch/");
  await page.getByRole("button", { name: /Open container|Change and try again/ }).waitFor();
  return id;
}

/** What follows `before` in the route, once it is there. */
async function afterRoute(page, before) {
  await page.waitForFunction((prefix) => location.hash.startsWith(`#${prefix}`), before);
  return page.evaluate((prefix) => location.hash.slice(prefix.length + 1), before);
}

/** From a port of orion to the door that serves this page. */
async function addRemoteTunnel(page, press, words) {
  await go(page, "/tunnels/-/add");
  await perform(page, words, ["text", "tunnelForm.kind.remote"]);
  await perform(page, words, ["fill", "tunnelForm.name", "to-here"]);
  await page.getByLabel(words["tunnelForm.host"], { exact: true }).selectOption({ label: "orion" });
  await perform(page, words, ["fill", "tunnelForm.port", new URL(page.url()).port]);
  await press("tunnels.add");
  await page.waitForFunction(() => /^#\/tunnels\/(?!-)/.test(location.hash));
  return afterRoute(page, "/tunnels/");
}

/** A host of production whose key nobody has seen: a practice host by another name. */
async function addBastion(page, press, words) {
  const port = /127\.0\.0\.1:(\d+)/.exec(await page.getByRole("dialog", { name: "orion" }).textContent())?.[1] ?? "22";
  await go(page, "/fleet/-/add");
  const fields = {
    "host.name": "bastion",
    "host.environment": "production",
    "host.address": "localhost",
    "host.port": port,
    "host.user": "operator",
  };
  for (const [id, value] of Object.entries(fields)) await perform(page, words, ["fill", id, value]);
  await page.getByRole("radio", { name: words["auth.password"] }).click();
  await press("fleet.add");
  // It is connected at once, and asks.
  await press("prompt.dismiss");
  await page.locator("dialog.modal[open]").waitFor({ state: "detached" });
  return afterRoute(page, "/fleet/");
}
