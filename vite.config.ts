import { defineConfig } from "vite";

// The page runs under a strict policy (no inline script, no eval, trusted types): nothing is inlined, and the loader of
// Vite that would be an inline script is left out.
export default defineConfig({
  root: "renderer",
  base: "/",
  build: {
    target: "es2023",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rolldownOptions: {
      onLog(level, log, next) {
        // "use client" speaks to server-side renderers; there is none here.
        if (log.code !== "MODULE_LEVEL_DIRECTIVE") next(level, log);
      },
    },
  },
});
