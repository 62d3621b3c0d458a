import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [react()],
  test: {
    environment: "jsdom",
    setupFiles: "src/test-setup.ts",
    // What has no test counts as not covered. main.tsx only ties things together.
    coverage: { include: ["src/**/*.{ts,tsx}"], exclude: ["src/main.tsx"], reporter: ["text"] },
  },
});
