import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { CALIBRATION } from "../../../services/manager/src/orchestration/confidence.ts";
import { seeded } from "../../bench/makespan/random-graph.ts";
import { CHANGES, comparedModels, pointsOf } from "../../corpus/calibration/features.ts";
import { estimate, fitted } from "../../corpus/calibration/fit.ts";
import { readMeasurement } from "../../corpus/calibration/measured-suites.ts";
import { thinSuite } from "../../corpus/calibration/thin-suite.ts";
import { readProducts } from "../../corpus/corpus-files.ts";

const products = readProducts();
const measurement = readMeasurement(
  fileURLToPath(new URL("../../../docs/operations/CONFIDENCE_CALIBRATION.json", import.meta.url)),
);

describe("the estimate of mistakes that tests notice", () => {
  test("has the weights that follow from what was measured", () => {
    const [base, changes] = fitted(pointsOf(CHANGES, measurement.suites));
    expect(base).toBeCloseTo(CALIBRATION.base, 2);
    expect(changes).toBeCloseTo(CALIBRATION.changes, 2);
  });

  test("comes closer to a product that it has not seen than one share for all suites does", () => {
    const [constant, changes] = comparedModels(measurement.suites);
    expect(changes?.error).toBeLessThan(constant?.error ?? 0);
  });

  test("finds weights that are known", () => {
    const random = seeded(7);
    const points = Array.from({ length: 400 }, (_, index) => {
      const features = [1, random() * 4 - 2];
      const share = estimate([-0.4, 0.9], features);
      return { product: `${index % 3}`, features, noticed: Math.round(share * 1000), mistakes: 1000 };
    });
    const [base, slope] = fitted(points);
    expect(base).toBeCloseTo(-0.4, 2);
    expect(slope).toBeCloseTo(0.9, 2);
  });
});

describe("honest mistakes", () => {
  test("are thirty of each product, break every rule at least once, and each is a change of a correct solution", () => {
    for (const { name, mistakes, rules, solutions } of products) {
      expect(mistakes.length, name).toBe(30);
      const broken = new Set(mistakes.map(({ rule }) => rule));
      expect(
        rules.map((_, index) => `R${index + 1}`).filter((rule) => !broken.has(rule)),
        name,
      ).toEqual([]);
      const correct = [...solutions.values()].map((files) => JSON.stringify(files));
      expect(
        mistakes.filter(({ files }) => correct.includes(JSON.stringify(files))),
        name,
      ).toEqual([]);
    }
  });

  test("were all measured", () => {
    const named = products.flatMap(({ name, mistakes }) => mistakes.map((mistake) => `${name}/${mistake.name}`));
    expect(measurement.mistakes.map(({ product, name }) => `${product}/${name}`).sort()).toEqual(named.sort());
  });
});

describe("a lazier suite", () => {
  const strength = { tests: 0.5, statements: 0, comparisons: 0.5 };

  test("keeps a test for every rule, asserts in each, and is the same for the same seed", () => {
    for (const product of products) {
      const suite = thinSuite(product, strength, 5);
      expect(suite).toEqual(thinSuite(product, strength, 5));
      expect(suite).not.toEqual(thinSuite(product, strength, 6));
      expect(suite.length).toBeLessThan(product.tests.length);
      const tested = new Set(suite.flatMap(({ requirement_ids }) => requirement_ids));
      expect(tested.size, product.name).toBe(product.rules.length);
      expect(suite.filter(({ body }) => body === "")).toEqual([]);
    }
  });

  test("is the whole suite where nothing is taken away", () => {
    for (const product of products)
      expect(thinSuite(product, { tests: 1, statements: 1, comparisons: 1 }, 1)).toEqual(product.tests);
  });

  test("stops after its first assertion, and is content with any value", () => {
    const [product] = products;
    if (product === undefined) throw new Error("there is a product");
    const test = { id: "R1-t", requirement_ids: ["R1"], title: "t" };
    const body = "const a = 1;\nassert.equal(a, 1);\nassert.deepEqual([a], [1]);";
    const [thin] = thinSuite(
      { ...product, tests: [{ ...test, body }] },
      { tests: 1, statements: -99, comparisons: 0 },
      1,
    );
    expect(thin?.body).toBe("const a = 1;\nassert.notEqual(a, undefined);");
  });
});
