/** Secrets that stand in .env.example and docker-compose.yml, so everybody knows them. */
const EXAMPLES = new Set(["local-dev-only", "change_me"]);

/**
 * In production a secret that everybody knows is no secret.
 *
 * @throws naming every variable that holds one, when `ENV` is `production`
 */
export function refuseExampleSecrets(env: NodeJS.ProcessEnv): void {
  if (env.ENV !== "production") return;
  const known = Object.entries(env).filter(([, value]) => value !== undefined && holdsExample(value));
  if (known.length === 0) return;
  const names = known.map(([name]) => name).join(", ");
  throw new Error(`ENV=production refuses the secrets of the example configuration. Set your own: ${names}.`);
}

function holdsExample(value: string): boolean {
  if (EXAMPLES.has(value)) return true;
  const password = URL.canParse(value) ? new URL(value).password : "";
  return EXAMPLES.has(decodeURIComponent(password));
}
