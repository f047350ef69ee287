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
          "Turns product requirements into verified software, under a Director. Every refusal is problem+json (RFC 9457) with a code, a detail and a hint.",
      },
      components: {
        securitySchemes: {
          bearer: { type: "http", scheme: "bearer" },
          api_key: { type: "apiKey", in: "header", name: "X-API-Key" },
          basic: { type: "http", scheme: "basic", description: "the key as password; downloads only" },
        },
      },
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });
}

/** The document for people, on /docs. Its files are served to anyone, like the document itself. */
export async function serveDocumentation(app: FastifyInstance): Promise<void> {
  await app.register(async (docs) => {
    docs.addHook("onRoute", (route) => {
      route.config = { ...route.config, access: "public" };
    });
    await docs.register(swaggerUi, { routePrefix: "/docs", staticCSP: true });
  });
}
