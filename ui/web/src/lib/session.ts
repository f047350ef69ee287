import type { Session } from "@aura/shared/schemas/api/session";
import { effect, signal } from "@preact/signals";
import { getJson, postJson, Refusal, request, whenSessionEnds } from "./api.ts";

/** Who is logged in: undefined while it is not known, null for nobody. */
export const session = signal<Session | null | undefined>(undefined);

whenSessionEnds(() => {
  session.value = null;
});

/** No script can see the cookie, so whether there was one is noted apart; a browser without it need not ask. */
const MARK = "aura-logged-in";
effect(() => {
  if (session.value === null) localStorage.removeItem(MARK);
  else if (session.value !== undefined) localStorage.setItem(MARK, "yes");
});

/** Asks whether the browser's cookie still stands for somebody. */
export async function recallSession(): Promise<void> {
  if (localStorage.getItem(MARK) === null) {
    session.value = null;
    return;
  }
  session.value = await getJson<Session>("/v1/session").catch((error: unknown) => {
    if (error instanceof Refusal && error.status === 401) return null;
    throw error;
  });
}

/** @throws {Refusal} for a key that nobody has */
export async function logIn(key: string): Promise<void> {
  session.value = await postJson<Session>("/v1/session", { key });
}

export async function logOut(): Promise<void> {
  await request("/v1/session", { method: "DELETE" });
  session.value = null;
}
