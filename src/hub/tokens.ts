import { createHash } from "node:crypto";
import type { Clock } from "../base/index.ts";
import type { ObjectStore, StoredObject } from "../kubeapi/index.ts";
import { isList, own, parseJson, stringifyJson } from "../resource/index.ts";
import { type HubTokens, type Scope, scopes, type TokenRecord } from "./token-door.ts";

/** The store's type of token records. It is no served type: the API cannot reach it. */
const storeType = "tokens.lateen.dev";
/** Bytes of a token: 256 bits (reliability.md L35). */
const tokenBytes = 32;
const defaultLifeMs = 90 * 86_400_000;
const maxLifeMs = 365 * 86_400_000;
/** Characters of a hash that name a token in public. */
const idLength = 16;
/** Tells secret scanners and readers what a found text is. */
const tokenPrefix = "lateen_";

/** Opaque bearer tokens; only their SHA-256 is kept, which is enough for 256 random bits. */
export function createTokens(store: ObjectStore, clock: Clock, randomBytes: (length: number) => Uint8Array): HubTokens {
  const keyOf = (hash: string) => ({ type: storeType, namespace: "", name: hash });
  const isLive = (record: TokenRecord): boolean => !record.revoked && record.expiresAt > clock.now();
  return {
    create: async ({ scopes: wanted, namespaces = "*", description = "", lifeMs = defaultLifeMs }) => {
      checkRequest(wanted, lifeMs);
      const token = tokenPrefix + Buffer.from(randomBytes(tokenBytes)).toString("base64url");
      const hash = hashOf(token);
      const now = clock.now();
      const record: TokenRecord = {
        id: hash.slice(0, idLength),
        description,
        scopes: [...new Set(wanted)],
        namespaces: namespaces === "*" ? "*" : [...namespaces],
        createdAt: now,
        expiresAt: now + lifeMs,
        revoked: false,
      };
      const stored = await store.put(keyOf(hash), stringifyJson({ ...record }), 0);
      if (stored === undefined)
        throw new Error("a token with the same hash exists: the source of random bytes repeats itself");
      return { token, record };
    },

    authenticate: async (request) => {
      const token = /^bearer ([\w-]{20,200})$/i.exec(request.headers.get("authorization") ?? "")?.[1];
      if (token === undefined) return undefined;
      const stored = await store.get(keyOf(hashOf(token)));
      const record = stored === undefined ? undefined : readRecord(stored);
      return record !== undefined && isLive(record) ? record : undefined;
    },

    isLive: async (id) => (await find(store, id)).some(({ record }) => isLive(record)),

    list: async () => (await store.list(storeType)).objects.map(readRecord),

    revoke: async (id) => {
      const found = await find(store, id);
      // A lost condition means that another revocation came first: nothing else changes a record.
      for (const { stored, record } of found)
        await store.put(stored, stringifyJson({ ...record, revoked: true }), stored.version);
      return found.length > 0;
    },
  };
}

function checkRequest(wanted: readonly Scope[], lifeMs: number): void {
  if (wanted.length === 0) throw new RangeError("a token needs at least one scope");
  const strange = wanted.find((scope) => !scopes.includes(scope));
  if (strange !== undefined)
    throw new RangeError(`unknown scope ${JSON.stringify(strange)}: known are ${scopes.join(", ")}`);
  if (!(lifeMs > 0 && lifeMs <= maxLifeMs))
    throw new RangeError(`a token lives at least a moment and at most ${maxLifeMs / 86_400_000} days`);
}

async function find(
  store: ObjectStore,
  id: string,
): Promise<readonly { readonly stored: StoredObject; readonly record: TokenRecord }[]> {
  const page = await store.list(storeType);
  return page.objects
    .map((stored) => ({ stored, record: readRecord(stored) }))
    .filter(({ record }) => record.id === id);
}

const hashOf = (token: string): string => createHash("sha256").update(token).digest("hex");

/** A record with anything missing allows nothing. */
function readRecord(stored: StoredObject): TokenRecord {
  const value = parseJson(stored.value);
  const number = (key: string): number => {
    const member = own(value, key);
    return typeof member === "number" ? member : 0;
  };
  const texts = (key: string): readonly string[] => {
    const member = own(value, key);
    return isList(member) ? member.filter((one) => typeof one === "string") : [];
  };
  const description = own(value, "description");
  return {
    id: stored.name.slice(0, idLength),
    description: typeof description === "string" ? description : "",
    scopes: scopes.filter((scope) => texts("scopes").includes(scope)),
    namespaces: own(value, "namespaces") === "*" ? "*" : texts("namespaces"),
    createdAt: number("createdAt"),
    expiresAt: number("expiresAt"),
    revoked: own(value, "revoked") !== false,
  };
}
