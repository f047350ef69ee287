import { expect, test } from "vitest";
import { loadConfig } from "../src/config.ts";

const URLS = { AURA_MANAGER_DATABASE_URL: "postgres://m", AURA_OBSERVER_DATABASE_URL: "postgres://o" };

test("no limit of calls can be switched off by a zero, a word or nothing", () => {
  for (const name of ["CALLS", "HEAVY_CALLS", "ANONYMOUS_CALLS", "KEY_ATTEMPTS"].map(
    (limit) => `MANAGER_${limit}_PER_MINUTE`,
  )) {
    for (const value of ["0", "-1", "1.5", "unlimited", "Infinity"])
      expect(() => loadConfig({ ...URLS, [name]: value })).toThrow(name);
    expect(loadConfig({ ...URLS, [name]: "" })).toEqual(loadConfig(URLS));
    expect(loadConfig({ ...URLS, [name]: "7" })).toMatchObject({ [name]: 7 });
  }
});

test("trusted proxies are addresses and networks, none of them by default", () => {
  expect(loadConfig(URLS).MANAGER_TRUSTED_PROXIES).toBeUndefined();
  const named = loadConfig({ ...URLS, MANAGER_TRUSTED_PROXIES: "10.0.0.1, fd00::/8" });
  expect(named.MANAGER_TRUSTED_PROXIES).toEqual(["10.0.0.1", "fd00::/8"]);
  for (const value of ["all", "true", "10.0.0.0/33", "10.0.0.1,", "proxy.example", "fd00::/129"])
    expect(() => loadConfig({ ...URLS, MANAGER_TRUSTED_PROXIES: value })).toThrow("MANAGER_TRUSTED_PROXIES");
});
