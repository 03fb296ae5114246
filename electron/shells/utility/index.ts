/** The core's side of the desktop door: it runs in a utility process, and reaches main by messages alone. */
export { linkToMain, type MainLink } from "./link.ts";
export { type CoreMessage, coreMessage, type MainMessage, mainMessage, type StartMessage } from "./messages.ts";
