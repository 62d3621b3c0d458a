/** The company's colours. Whatever is written on the brand colour is black or white: what reads better. */
export const brand = "${{ values.brandColor }}";

const BLACK = "#000000";
const WHITE = "#ffffff";

/** Relative luminance of a colour "#rrggbb", from 0 (black) to 1 (white), as WCAG 2 defines it. */
function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const channel = parseInt(color.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Contrast of two colours, from 1 (none) to 21. */
export function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

/** Black or white, whichever reads better on a colour. */
export function readableOn(color: string): string {
  return contrast(color, BLACK) > contrast(color, WHITE) ? BLACK : WHITE;
}

/** Give the colours to an element and all that is in it. */
export function applyTokens(element: HTMLElement): void {
  element.style.setProperty("--brand", brand);
  element.style.setProperty("--on-brand", readableOn(brand));
}
