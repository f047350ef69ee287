import type { Panel } from "@aura/shared/schemas/panel-document";

const ROW_REM = 2.35;

/**
 * Where each panel stands. Its place on the document's grid is kept, but a row is only as high as what is in it: the
 * height of the document is the most that a panel takes before it scrolls.
 */
export function placesOf(panels: readonly Panel[]): ReadonlyMap<string, Readonly<Record<string, string>>> {
  const edges = [...new Set(panels.flatMap(({ grid }) => [grid.y, grid.y + grid.h]))].sort((a, b) => a - b);
  const line = (edge: number) => edges.indexOf(edge) + 1;
  return new Map(
    panels.map(({ id, grid: { x, y, w, h } }) => [
      id,
      {
        "--column": `${x + 1} / span ${w}`,
        "--row": `${line(y)} / ${line(y + h)}`,
        "--height": `${h * ROW_REM}rem`,
      },
    ]),
  );
}
