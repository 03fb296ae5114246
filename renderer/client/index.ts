/** The renderer's way to the core: one typed client over whichever door is there. */
export { type Client, type Connection, connect } from "./connect.ts";
export { ConnectionError, type ConnectionState, type RefusalReason } from "./state.ts";
