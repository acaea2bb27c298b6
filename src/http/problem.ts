/** An error answer (RFC 9457): `code` is for programs, `message` says what is wrong with what, `hint` what to do. */
export interface Problem {
  readonly status: number;
  /** `APP_NOT_FOUND`: never changes its meaning. */
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

export function problemResponse(problem: Problem, headers: Readonly<Record<string, string>> = {}): Response {
  const { status, code, message, hint } = problem;
  const body = {
    type: "about:blank",
    title: titles.get(status) ?? "Error",
    status,
    code,
    message,
    ...(hint === undefined ? {} : { hint }),
  };
  return new Response(`${JSON.stringify(body)}\n`, {
    status,
    headers: { ...headers, "content-type": "application/problem+json" },
  });
}

/** Standard phrases of the statuses that are answered; `node:http` has them all, and takes 30 ms to load where nothing else needs it. */
const titles: ReadonlyMap<number, string> = new Map([
  [400, "Bad Request"],
  [401, "Unauthorized"],
  [403, "Forbidden"],
  [404, "Not Found"],
  [405, "Method Not Allowed"],
  [408, "Request Timeout"],
  [409, "Conflict"],
  [410, "Gone"],
  [411, "Length Required"],
  [412, "Precondition Failed"],
  [413, "Payload Too Large"],
  [415, "Unsupported Media Type"],
  [422, "Unprocessable Entity"],
  [429, "Too Many Requests"],
  [431, "Request Header Fields Too Large"],
  [500, "Internal Server Error"],
  [502, "Bad Gateway"],
  [503, "Service Unavailable"],
  [504, "Gateway Timeout"],
]);
