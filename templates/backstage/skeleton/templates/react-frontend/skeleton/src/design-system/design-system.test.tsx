import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { applyTokens, Button, TextField } from ".";
import { brand, contrast, readableOn } from "./tokens";

test("text on the brand colour has the contrast WCAG asks for", () => {
  expect(contrast(brand, readableOn(brand))).toBeGreaterThanOrEqual(4.5);
});

test("contrast is what WCAG says it is", () => {
  expect(contrast("#000000", "#ffffff")).toBeCloseTo(21);
  expect(contrast("#777777", "#ffffff")).toBeCloseTo(4.48, 2);
});

test("the page has the company's colours", () => {
  applyTokens(document.documentElement);
  expect(document.documentElement.style.getPropertyValue("--brand")).toBe(brand);
});

test("a button is pressed by mouse and by keyboard, unless disabled", async () => {
  const press = vi.fn();
  const { rerender } = render(<Button onPress={press}>go</Button>);
  await userEvent.click(screen.getByRole("button"));
  await userEvent.keyboard("{Enter}");
  expect(press).toHaveBeenCalledTimes(2);
  expect(screen.getByRole("button").className).toBe("ds-button");
  rerender(<Button onPress={press} disabled>go</Button>);
  await userEvent.click(screen.getByRole("button"));
  expect(press).toHaveBeenCalledTimes(2);
});

test("a field tells what is typed", async () => {
  const change = vi.fn();
  render(<TextField label="name" value="" onChange={change} />);
  await userEvent.type(screen.getByLabelText("name"), "x");
  expect(change).toHaveBeenCalledWith("x");
});
