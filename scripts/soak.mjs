/** The canary soak for `GATEHOUSE_SOAK_SECONDS`, five minutes when not set: `npm run soak`. Needs the real parts. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { root } from "./lib/build.mjs";

const child = spawn(
  join(root, "node_modules", ".bin", "vitest"),
  ["run", "--project", "integration", "test/integration/soak.test.ts", ...process.argv.slice(2)],
  {
    cwd: root,
    env: { GATEHOUSE_NO_SKIP: "1", GATEHOUSE_SOAK_SECONDS: "300", ...process.env },
    stdio: ["ignore", "inherit", "inherit"],
  },
);
child.once("error", () => process.exit(1));
child.once("close", (code) => process.exit(code ?? 1));
