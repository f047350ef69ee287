import { signal } from "@preact/signals";

/** The time as the page shows ages against it. */
export const now = signal(Date.now());
setInterval(() => {
  now.value = Date.now();
}, 2000);
