import { Agent, request } from "node:https";

/** One JSON call to an API server; status 0 when it does not answer yet. */
export type ApiCaller = (
  method: string,
  path: string,
  body?: unknown,
) => Promise<{ readonly status: number; readonly body: unknown }>;

/** Calls for setting a test cluster up, on purpose without any code under test. */
export function createApiCaller(server: string, token: string, ca: string): ApiCaller {
  const agent = new Agent({ ca, keepAlive: false });
  return (method, path, body) =>
    new Promise((resolve) => {
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
      const call = request(`${server}${path}`, { method, headers, agent }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => {
          text += chunk;
        });
        response.once("end", () => {
          const isJson = response.headers["content-type"]?.includes("json") === true;
          resolve({ status: response.statusCode ?? 0, body: isJson ? JSON.parse(text) : text });
        });
      });
      call.once("error", () => resolve({ status: 0, body: "" }));
      call.end(body === undefined ? undefined : JSON.stringify(body));
    });
}
