/**
 * What a token may do. `apps:*` also covers ConfigMaps; `secrets:write` writes Secrets without seeing their data, `secrets:read` shows it.
 * `identities:write` reads and writes ServiceAccounts, roles and bindings, on the home cluster where they are forwarded to it.
 * `admin` is everything, tokens included.
 */
export type Scope = "apps:read" | "apps:write" | "secrets:read" | "secrets:write" | "identities:write" | "admin";
export const scopes: readonly Scope[] = [
  "apps:read",
  "apps:write",
  "secrets:read",
  "secrets:write",
  "identities:write",
  "admin",
];

/** What is stored of a token: never the token itself. */
export interface TokenRecord {
  /** Public name: the first part of the token's hash. */
  readonly id: string;
  readonly description: string;
  readonly scopes: readonly Scope[];
  /** Namespaces it may touch, or all. */
  readonly namespaces: readonly string[] | "*";
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly revoked: boolean;
}

export interface HubTokens {
  /**
   * Makes a token of 256 random bits. The text is answered once and stored only as its SHA-256.
   * @param options.lifeMs Milliseconds until it expires, default 90 days, at most 365 (reliability.md L35).
   */
  create(options: {
    readonly scopes: readonly Scope[];
    readonly namespaces?: readonly string[] | "*";
    readonly description?: string;
    readonly lifeMs?: number;
  }): Promise<{ readonly token: string; readonly record: TokenRecord }>;
  /** The live token of an `Authorization: Bearer …` header, `undefined` for anything else. For the by-hand API, which shares the tokens. */
  authenticate(request: Request): Promise<TokenRecord | undefined>;
  /** Whether the token of that id may still be used: for streams that outlast a request. */
  isLive(id: string): Promise<boolean>;
  list(): Promise<readonly TokenRecord[]>;
  /** `false` when there is no such token. */
  revoke(id: string): Promise<boolean>;
}
