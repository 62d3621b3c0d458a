// Keeps the whole frontend in the design system: what it offers is not made a second time.
import { expect, test } from "vitest";

const sources = import.meta.glob<string>(["./**/*.tsx", "!./design-system/**", "!./**/*.test.tsx"], {
  query: "?raw",
  import: "default",
  eager: true,
});

test.each(Object.entries(sources))("%s takes its controls and colours from the design system", (_, source) => {
  expect(source.match(/<(button|input|select|textarea)\b/g)).toBeNull();
  expect(source.match(/#[0-9a-f]{3,8}\b|\brgba?\(/gi)).toBeNull();
});

test("there is something to check", () => {
  expect(Object.keys(sources)).toContain("./App.tsx");
});
