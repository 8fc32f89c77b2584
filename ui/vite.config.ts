// How the screen is built: one page into api/static, every other file under a name that changes with its content.
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: "../api/static",
    emptyOutDir: true,
    // The API's content security policy allows no data: addresses for scripts and fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
  },
  server: {
    // `npm run dev` beside a running station.
    proxy: {
      "/api": { target: process.env["STATION_URL"] ?? "http://127.0.0.1:8080", changeOrigin: true },
      "/ws": { target: process.env["STATION_URL"] ?? "http://127.0.0.1:8080", changeOrigin: true, ws: true },
    },
  },
  test: {
    include: ["tests/**/*.test.{ts,tsx}"],
    environment: "node",
  },
});
