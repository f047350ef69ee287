/** A suite that was measured: what speaks for a delivery that it let go, and how many honest mistakes it notices. */
export interface Measured {
  readonly product: string;
  /** What the estimate is made from, the first of them 1. */
  readonly features: readonly number[];
  readonly noticed: number;
  readonly mistakes: number;
}

const STEPS = 100;
/** Keeps a weight finite where few points would let it grow for ever. */
const RIDGE = 0.01;

/** Logistic regression of the share that is noticed: the weight of each feature, by Newton's method. */
export function fitted(points: readonly Measured[]): number[] {
  const width = points[0]?.features.length ?? 0;
  let weights = new Array<number>(width).fill(0);
  for (let step = 0; step < STEPS; step += 1) {
    const gradient = weights.map((weight) => -RIDGE * weight);
    const curvature = weights.map((_, row) => weights.map((__, column): number => (row === column ? RIDGE : 0)));
    for (const { features, noticed, mistakes } of points) {
      const share = estimate(weights, features);
      for (const [row, x] of features.entries()) {
        gradient[row] = (gradient[row] ?? 0) + x * (noticed - mistakes * share);
        const line = curvature[row] ?? [];
        for (const [column, y] of features.entries())
          line[column] = (line[column] ?? 0) + mistakes * share * (1 - share) * x * y;
      }
    }
    const change = solved(curvature, gradient);
    weights = weights.map((weight, index) => weight + (change[index] ?? 0));
  }
  return weights;
}

export function estimate(weights: readonly number[], features: readonly number[]): number {
  return 1 / (1 + Math.exp(-weights.reduce((sum, weight, index) => sum + weight * (features[index] ?? 0), 0)));
}

/** Mean distance of the estimate from the share, each product by what the others give. */
export function errorElsewhere(points: readonly Measured[]): number {
  const distances = points.map((point) => {
    const weights = fitted(points.filter(({ product }) => product !== point.product));
    return Math.abs(estimate(weights, point.features) - point.noticed / point.mistakes);
  });
  return distances.reduce((sum, distance) => sum + distance, 0) / points.length;
}

/** Gauss' elimination; the matrix is small and positive definite. */
function solved(matrix: readonly (readonly number[])[], values: readonly number[]): number[] {
  const rows = matrix.map((row, index) => [...row, values[index] ?? 0]);
  for (const [index, pivot] of rows.entries())
    for (const [other, row] of rows.entries()) {
      if (other === index) continue;
      const factor = (row[index] ?? 0) / (pivot[index] ?? 1);
      for (const [column, value] of pivot.entries()) row[column] = (row[column] ?? 0) - factor * value;
    }
  return rows.map((row, index) => (row.at(-1) ?? 0) / (row[index] ?? 1));
}
