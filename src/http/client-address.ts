/**
 * The address of whoever calls, from what the platform says about the connection: never from a header, which anybody can write
 * (reliability.md T24). Used for limits and logs only, never for access.
 * @param env what @hono/node-server (`incoming`) or hono's Lambda adapter (`requestContext`) hands to the app.
 */
export function clientAddressOf(env: unknown): string | undefined {
  const remote = member(member(member(env, "incoming"), "socket"), "remoteAddress");
  const source = member(member(member(env, "requestContext"), "http"), "sourceIp");
  return [remote, source].find((address) => typeof address === "string");
}

function member(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}
