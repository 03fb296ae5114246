/** Where a door keeps its data, who may use it at a time, and what of the environment the core gets. */

export { type Claim, claimFolder } from "./claim.ts";
export { coreEnvironment, dataFolder, ensurePrivateFolder } from "./folders.ts";
