/** What a line says of itself. Everything here is linear in the line, and never throws. */
export { accessOf } from "./access.ts";
export { jsonOf, leavesOf } from "./json.ts";
export { levelIn, levelOf } from "./level.ts";
export { requestIdOf, speaksOf } from "./requestIds.ts";
export { stampIn } from "./stamp.ts";
export { createTracebackReader, type TracebackReader } from "./traceback.ts";
