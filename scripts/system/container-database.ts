import { PostgreSqlContainer } from "@testcontainers/postgresql";
import type { TestDatabase } from "./test-database.ts";

/** As docker-compose.yml has it. */
export const CONTAINER_IMAGE = process.env.POSTGRES_IMAGE || "postgres:15";

/** The Postgres image of docker-compose.yml in a container of its own, gone at the end. */
export async function openContainerDatabase(): Promise<TestDatabase> {
  process.env.TESTCONTAINERS_RYUK_DISABLED = "true"; // its janitor is an image from elsewhere; the test run stops it itself
  const settings = ["max_connections=300", "fsync=off", "synchronous_commit=off", "full_page_writes=off"];
  const container = await new PostgreSqlContainer(CONTAINER_IMAGE)
    .withUsername("aura_admin")
    .withDatabase("postgres")
    .withCommand(["postgres", ...settings.flatMap((setting) => ["-c", setting])])
    .start();
  return { url: container.getConnectionUri(), close: async () => void (await container.stop()) };
}
