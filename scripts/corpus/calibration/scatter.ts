/** One suite: how much of each kind it notices, from 0 to 1. */
export interface Dot {
  readonly product: string;
  readonly changes: number;
  readonly mistakes: number;
}

const [WIDTH, HEIGHT, LEFT, BOTTOM, PLOT] = [560, 400, 60, 340, { width: 460, height: 300 }];
const COLOURS = ["#0f766e", "#b45309", "#6d28d9"];

/**
 * A picture of all suites, readable on light and dark ground: across the changes of the product that they noticed, upwards the
 * honest mistakes, and the line of the estimate.
 *
 * @param estimate for a share of changes
 */
export function scatter(dots: readonly Dot[], estimate: (changes: number) => number): string {
  const products = [...new Set(dots.map(({ product }) => product))];
  const colour = (product: string) => COLOURS[products.indexOf(product)] ?? "#666";
  const steps = Array.from({ length: 21 }, (_, index) => index / 20);
  const line = steps.map((share) => `${across(share)},${upwards(estimate(share))}`).join(" ");
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" font-family="sans-serif" font-size="12">
<title>Honest mistakes that suites notice, by the changes of the product that they noticed</title>
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
${[0, 0.25, 0.5, 0.75, 1].map(grid).join("\n")}
<polyline points="${line}" fill="none" stroke="#334155" stroke-width="2"/>
${dots.map((dot) => `<circle cx="${across(dot.changes)}" cy="${upwards(dot.mistakes)}" r="5" fill="${colour(dot.product)}" fill-opacity="0.55"/>`).join("\n")}
${products.map((product, index) => `<circle cx="${LEFT + 20 + index * 90}" cy="20" r="5" fill="${colour(product)}"/><text x="${LEFT + 30 + index * 90}" y="24" fill="#334155">${product}</text>`).join("\n")}
<text x="${LEFT + PLOT.width / 2}" y="${HEIGHT - 14}" text-anchor="middle" fill="#334155">changes of the product that tests noticed</text>
<text x="16" y="${BOTTOM - PLOT.height / 2}" text-anchor="middle" fill="#334155" transform="rotate(-90 16 ${BOTTOM - PLOT.height / 2})">honest mistakes noticed</text>
</svg>
`;
}

function grid(share: number): string {
  const label = `${Math.round(share * 100)} %`;
  return `<path d="M${LEFT} ${upwards(share)}h${PLOT.width}" stroke="#cbd5e1"/><text x="${LEFT - 6}" y="${upwards(share) + 4}" text-anchor="end" fill="#64748b">${label}</text><text x="${across(share)}" y="${BOTTOM + 18}" text-anchor="middle" fill="#64748b">${label}</text>`;
}

const across = (share: number) => rounded(LEFT + share * PLOT.width);
const upwards = (share: number) => rounded(BOTTOM - share * PLOT.height);
const rounded = (value: number) => Math.round(value * 10) / 10;
