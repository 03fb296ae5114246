/**
 * Pictures of every screen and dialog from the practice fleet: `npm run screens -- FOLDER` writes
 * `FOLDER/{dark,light,russian,narrow}/NAME.png`. Starts the browser door with a data folder of its own, and stops it.
 */
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { buildAll, dist, root } from "./lib/build.mjs";
import { bundleScript } from "./lib/bundleScript.mjs";
import { firstScreens, screens } from "./lib/screenList.mjs";
import { go, perform, prepare, setLook } from "./lib/screenStage.mjs";

const variants = [
  { name: "dark", theme: "dark", language: "en", width: 1440, height: 900 },
  { name: "light", theme: "light", language: "en", width: 1440, height: 900 },
  { name: "russian", theme: "dark", language: "ru", width: 1440, height: 900 },
  { name: "narrow", theme: "light", language: "en", width: 760, height: 900 },
];

const folder = resolve(process.argv[2] ?? "artifacts/screens");
const data = await mkdtemp(join(tmpdir(), "gatehouse-screens-"));
const catalogues = await loadCatalogues();
await buildAll({ log: console.log });
const program = spawn(process.execPath, [join(dist, "serve.mjs"), "--no-open", "--data", data], {
  stdio: ["ignore", "pipe", "inherit"],
  // No keychain of this machine is touched, and none of its settings shows.
  env: { PATH: process.env.PATH, HOME: data, USER: "anna", LANG: "en_GB.UTF-8" },
});
const browser = await chromium.launch({
  executablePath: process.env.GATEHOUSE_CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
});
let failures = 0;
try {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  page.setDefaultTimeout(20_000);
  page.on("console", (message) => message.type() === "error" && complain(`the page: ${message.text()}`));
  page.on("pageerror", (error) => complain(`the page: ${error.message}`));
  await page.goto(await addressOf(program));
  await page.getByRole("heading", { level: 1 }).waitFor();
  await picturesOf(page, firstScreens, {});
  const places = await prepare(page, catalogues.en);
  await picturesOf(page, screens, places);
} finally {
  await browser.close();
  const ended = new Promise((done) => program.once("exit", done));
  program.kill("SIGTERM");
  await ended;
  await rm(data, { recursive: true, force: true });
}
console.log(`${(firstScreens.length + screens.length) * variants.length - failures} pictures in ${folder}`);
process.exitCode = failures === 0 ? 0 : 1;

function complain(what) {
  failures += 1;
  console.error(what);
}

async function loadCatalogues() {
  const load = async (name) =>
    (await import(pathToFileURL(await bundleScript(join(root, `renderer/app/i18n/${name}.ts`))).href))[name];
  return { en: await load("en"), ru: await load("ru") };
}

function addressOf(child) {
  return new Promise((done, fail) => {
    let said = "";
    child.stdout.on("data", (chunk) => {
      said += chunk;
      const address = /^Gatehouse: (http\S+)$/m.exec(said)?.[1];
      if (address) done(address);
    });
    child.once("exit", (code) => fail(new Error(`the program ended with ${code}`)));
  });
}

async function picturesOf(page, list, places) {
  for (const variant of variants) {
    await mkdir(join(folder, variant.name), { recursive: true });
    await page.setViewportSize({ width: 1440, height: 900 });
    await setLook(page, catalogues[variant.language], variant);
    await page.setViewportSize({ width: variant.width, height: variant.height });
    for (const screen of list) await picture(page, variant, screen, places);
  }
}

async function picture(page, variant, screen, places) {
  const words = catalogues[variant.language];
  try {
    await go(
      page,
      screen.path.replace(/\{(\w+)\}/g, (_, name) => places[name]),
    );
    await page.locator(".skeleton").first().waitFor({ state: "detached" });
    for (const step of screen.steps ?? []) await perform(page, words, step);
    await page.waitForTimeout(screen.pause ?? 400);
    await page.screenshot({ path: join(folder, variant.name, `${screen.name}.png`), animations: "disabled" });
  } catch (error) {
    complain(`${variant.name}/${screen.name}: ${error.message.split("\n")[0]}`);
  }
}
