/** Canned data of every kind that the contract knows. */
export * from "./app.ts";
export * from "./audit.ts";
export * from "./containers.ts";
export * from "./hosts.ts";
export * from "./launches.ts";
export * from "./logs.ts";
export * from "./secrets.ts";
