import * as z from "zod";
import { components, problemSchema } from "./contract.ts";
import type { Route, RouteAnswer } from "./route.ts";

/** A JSON document; only ever made here and written out. */
export type OpenApiDocument = Readonly<Record<string, unknown>>;

/** The OpenAPI 3.1 document of the given routes, from the same schemas that parse requests. */
export function openApiDocument(routes: readonly Route[], version: string): OpenApiDocument {
  const registry = z.registry<{ readonly id: string }>();
  for (const [id, schema] of Object.entries(components)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, { uri: schemaUri, io: "input", unrepresentable: "any" });
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) (paths[route.path] ??= {})[route.method.toLowerCase()] = operation(route);
  return {
    openapi: "3.1.0",
    info: {
      title: "lateen by hand",
      version,
      description: "Run and look at Apps. Objects are managed through the Kubernetes-style API beside it.",
    },
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: "http", scheme: "bearer", description: "a token of the hub" } },
      schemas: Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, withoutNames(schema)])),
    },
  };
}

function operation(route: Route): Readonly<Record<string, unknown>> {
  const { operationId, summary, description, scope, answers } = route;
  const problems = [...(scope === undefined ? [] : [400, 401, 403]), ...route.problems].sort((a, b) => a - b);
  return {
    operationId,
    summary,
    ...(description === undefined ? {} : { description }),
    ...(scope === undefined ? { security: [] } : { "x-lateen-scope": scope }),
    parameters: [...parameters(route.params, "path"), ...parameters(route.query, "query")],
    responses: {
      ...Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, response(answer)])),
      ...Object.fromEntries(
        problems.map((status) => [
          status,
          response({
            description: "see code, message and hint",
            content: { "application/problem+json": problemSchema },
          }),
        ]),
      ),
    },
  };
}

function parameters(schema: z.ZodObject, where: "path" | "query"): readonly unknown[] {
  return Object.entries(schema.shape).map(([name, member]) => {
    const { $schema: _, description, ...rest } = z.toJSONSchema(member, { io: "input" });
    const required = where === "path" || !z.safeParse(member, undefined).success;
    return { name, in: where, required, ...(description === undefined ? {} : { description }), schema: rest };
  });
}

function response({ description, content }: RouteAnswer): unknown {
  return {
    description,
    content: Object.fromEntries(Object.entries(content).map(([type, schema]) => [type, { schema: schemaOf(schema) }])),
  };
}

function schemaOf(schema: z.ZodType): unknown {
  const named = Object.entries(components).find(([, known]) => known === schema);
  return named === undefined ? withoutNames(z.toJSONSchema(schema)) : { $ref: schemaUri(named[0]) };
}

function schemaUri(id: string): string {
  return `#/components/schemas/${id}`;
}

function withoutNames(schema: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { $schema: _schema, $id: _id, ...rest } = schema;
  return rest;
}
