import { defineConfig } from "vite";

export default defineConfig({
  root: import.meta.dirname,
  base: "./",
  build: { outDir: process.env.PREVIEW_OUT ?? "dist", emptyOutDir: true },
});
