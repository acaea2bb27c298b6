import { STATUS_CODES } from "node:http";

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
    title: STATUS_CODES[status] ?? "Error",
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
