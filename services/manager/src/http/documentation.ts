import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { FastifyInstance } from "fastify";
import { jsonSchemaTransform, jsonSchemaTransformObject } from "fastify-type-provider-zod";

/** Collects every route into an OpenAPI 3.1 document. Register before the routes. */
export async function describeRoutes(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Aura_Orchestra Manager",
        version,
        description:
          "Turns product requirements into verified software, under a Director. Every refusal is problem+json (RFC 9457) with a code, a detail and a hint. Calls are counted for each key, and for each address where there is none: RateLimit and RateLimit-Policy say what is left, and 429 comes with Retry-After.",
      },
      components: {
        securitySchemes: {
          bearer: { type: "http", scheme: "bearer" },
          api_key: { type: "apiKey", in: "header", name: "X-API-Key" },
          session: { type: "apiKey", in: "cookie", name: "aura_session" },
          basic: { type: "http", scheme: "basic", description: "the key as password; downloads only" },
        },
      },
    },
    transform: (route) => nameWildcard(jsonSchemaTransform(route)),
    transformObject: jsonSchemaTransformObject,
  });
}

type Transformed = ReturnType<typeof jsonSchemaTransform>;

/** The router's `*` is a parameter named `path` to everybody else. */
function nameWildcard({ schema, url }: Transformed): Transformed {
  const params = schema.params as { properties: Record<string, object>; required: string[] } | undefined;
  const wildcard = params?.properties["*"];
  if (params === undefined || wildcard === undefined) return { schema, url };
  const { "*": _, ...properties } = params.properties;
  const required = [...params.required.filter((name) => name !== "*"), "path"];
  const named = { ...params, properties: { ...properties, path: wildcard }, required };
  return { schema: { ...schema, params: named }, url: url.replace("*", ":path") };
}

/** The document for people, on /docs. Its files are served to anyone, like the document itself. */
export async function serveDocumentation(app: FastifyInstance): Promise<void> {
  await app.register(async (docs) => {
    docs.addHook("onRoute", (route) => {
      route.config = { ...route.config, access: "public", rate: "standard" };
    });
    await docs.register(swaggerUi, { routePrefix: "/docs", staticCSP: true });
  });
}
