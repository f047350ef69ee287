import { computed, signal } from "@preact/signals";

/** The address after `#`, which names all that is shown. */
const hash = signal(location.hash);
addEventListener("hashchange", () => {
  hash.value = location.hash;
});

/** `#/runs/<id>/files/a.py` is ["runs", "<id>", "files", "a.py"]. */
export const route = computed(() =>
  hash.value
    .replace(/^#\/?/, "")
    .split("/")
    .filter((part) => part !== "")
    .map(decoded),
);

export function go(...parts: readonly string[]): void {
  location.hash = linkTo(...parts);
}

export function linkTo(...parts: readonly string[]): string {
  return `#/${parts.map(encodeURIComponent).join("/")}`;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
