export * from "./calls.ts";
export * from "./containers.ts";
export * from "./images.ts";
export * from "./system.ts";
