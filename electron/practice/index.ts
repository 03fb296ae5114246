export { startPractice } from "./startPractice.ts";
export * from "./types.ts";
