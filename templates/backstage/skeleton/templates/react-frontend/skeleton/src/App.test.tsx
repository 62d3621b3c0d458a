import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { App } from "./App";
import { project } from "./project";
import { texts } from "./texts";

test("the page says which project it is", () => {
  render(<App />);
  expect(screen.getByRole("heading", { level: 1 }).textContent).toBe(project);
});

test("nobody is greeted before a name is there", () => {
  render(<App />);
  expect(screen.getByRole<HTMLButtonElement>("button", { name: texts.greet }).disabled).toBe(true);
});

test("whoever says a name is greeted", async () => {
  render(<App />);
  await userEvent.type(screen.getByLabelText(texts.name), "Kim");
  await userEvent.click(screen.getByRole("button", { name: texts.greet }));
  expect(screen.getByRole("status").textContent).toBe(texts.greeting("Kim"));
});
