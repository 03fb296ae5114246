import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";

const read = (path: string) => readFile(new URL(`../../../${path}`, import.meta.url), "utf8");

test("the image is built from the versions that the project is tested with", async () => {
  const [own, project] = (await Promise.all(["assets/inference-server/package.json", "package.json"].map(read))).map(
    (text) => JSON.parse(text) as { dependencies: Record<string, string>; devDependencies: Record<string, string> },
  );
  const wanted = { ...project!.dependencies, ...project!.devDependencies };
  const pinned = { ...own!.dependencies, ...own!.devDependencies };
  expect(pinned).toEqual(Object.fromEntries(Object.keys(pinned).map((name) => [name, wanted[name]])));
});

test("the Dockerfile ends in an image without a shell, run by a numeric user, with no value of a secret in it", async () => {
  const lines = (await read("assets/inference-server/Dockerfile")).split("\n").filter((line) => /^[A-Z]/.test(line));
  expect(lines.findLast((line) => line.startsWith("FROM "))).toBe("FROM scratch");
  expect(lines.filter((line) => line.startsWith("USER "))).toEqual(["USER 10001:10001"]);
  expect(lines.filter((line) => /^(ENV|ARG) /.test(line))).toEqual([
    "ARG NODE_IMAGE",
    "ENV AUTH_TOKEN_FILE=/run/secrets/auth_token",
    "ENV MODEL_DIR=/models",
  ]);
  // JSON form: the shell form would need a shell.
  expect(lines.filter((line) => /^(ENTRYPOINT|CMD) /.test(line))).toEqual([
    'ENTRYPOINT ["/usr/local/bin/node", "/app/inference-server.mjs"]',
  ]);
});
