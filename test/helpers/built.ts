import { buildAll, root } from "../../scripts/lib/build.mjs";

/** The project's folder, with everything in `dist/` as the sources are now. */
export async function builtApp(): Promise<string> {
  if (process.env.GATEHOUSE_TEST_APP) return process.env.GATEHOUSE_TEST_APP;
  await buildAll();
  return root;
}
