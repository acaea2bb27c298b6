import assert from "node:assert/strict";
import type { SecretVault } from "../../src/reconcile/index.ts";
import { type Make, runContract } from "./contract.ts";

/** Two vaults on the same secrets, as two processes have them. */
export interface VaultSubject {
  readonly vault: SecretVault;
  readonly other: SecretVault;
}

const canary = "canary-value-that-no-error-may-show";

/** The meaning of a secrets manager (aws.md §8; reliability.md T13, T14, F37), wherever the Secrets lie. */
export function secretVaultContract(name: string, make: Make<VaultSubject>): void {
  runContract(`${name}: secret vault`, make, {
    "a Secret that is not there is undefined": async ({ vault }) => {
      assert.equal(await vault.get("default", "absent"), undefined);
      assert.equal(await vault.get("default", "absent", { fresh: true }), undefined);
    },

    "data comes back byte for byte, with its type": async ({ vault, other }) => {
      const data = new Map<string, Uint8Array>([
        ["value", bytes("apiVersion: v1\nkind: Config\n")],
        ["value.yaml", bytes("ä 😀 \r\n\t\\ \" ' # : - %")],
        ["binary", Uint8Array.from({ length: 256 }, (_, index) => index)],
        ["empty", new Uint8Array()],
        ["base64", bytes('{"base64":"AAAA"}')],
        [".dockerconfigjson", bytes('{"auths":{}}')],
        ["__proto__", bytes("plain data")],
        ["constructor", bytes("1")],
        ["type", bytes("true")],
        ["nul", bytes("a\0b")],
      ]);
      await vault.put("team-a", "kubeconfig.prod", { data, type: "kubernetes.io/dockerconfigjson" });
      for (const reader of [vault, other]) {
        const secret = await reader.get("team-a", "kubeconfig.prod");
        assert.ok(secret !== undefined);
        assert.equal(secret.type, "kubernetes.io/dockerconfigjson");
        assert.deepEqual(plain(secret.data), plain(data));
      }
    },

    "an empty Secret is a Secret": async ({ vault }) => {
      await vault.put("default", "empty", { data: new Map(), type: "Opaque" });
      const secret = await vault.get("default", "empty");
      assert.equal(secret?.type, "Opaque");
      assert.equal(secret?.data.size, 0);
    },

    "put replaces the whole Secret": async ({ vault }) => {
      await vault.put("default", "s", secretOf({ a: "1", b: "2" }));
      await vault.put("default", "s", secretOf({ b: "3" }));
      assert.deepEqual(plain((await vault.get("default", "s"))?.data), { b: "33" });
    },

    "the version stays with the data and changes with it": async ({ vault, other }) => {
      await vault.put("default", "s", secretOf({ a: "1" }));
      const first = await vault.get("default", "s");
      assert.equal((await other.get("default", "s"))?.version, first?.version);
      await vault.put("default", "s", secretOf({ a: "2" }));
      const second = await vault.get("default", "s");
      assert.ok(first !== undefined && second !== undefined);
      assert.notEqual(second.version, first.version);
    },

    "fresh sees what another process wrote (F37)": async ({ vault, other }) => {
      await vault.put("default", "s", secretOf({ a: "old" }));
      await vault.get("default", "s");
      await other.put("default", "s", secretOf({ a: "new" }));
      assert.equal(text((await vault.get("default", "s", { fresh: true }))?.data.get("a")), "new");
      assert.equal(text((await vault.get("default", "s"))?.data.get("a")), "new");
    },

    "delete removes, also twice, and the name can be used again": async ({ vault }) => {
      await vault.put("default", "s", secretOf({ a: "1" }));
      await vault.delete("default", "s");
      assert.equal(await vault.get("default", "s"), undefined);
      await vault.delete("default", "s");
      await vault.delete("default", "never-there");
      await vault.put("default", "s", secretOf({ a: "2" }));
      assert.equal(text((await vault.get("default", "s", { fresh: true }))?.data.get("a")), "2");
    },

    "namespaces are apart (T13)": async ({ vault }) => {
      await vault.put("a", "s", secretOf({ k: "of a" }));
      await vault.put("b", "s", secretOf({ k: "of b" }));
      await vault.delete("a", "s");
      assert.equal(await vault.get("a", "s"), undefined);
      assert.equal(text((await vault.get("b", "s"))?.data.get("k")), "of b");
    },

    "names that could lead elsewhere are refused by every call (T13)": async ({ vault }) => {
      const names = [
        ["a", "../b/s"],
        ["..", "s"],
        ["a/b", "s"],
        ["a", "b/s"],
        ["a", ""],
        ["", "s"],
        ["a", "."],
        ["a", "s\0"],
        ["a", "s\n"],
        ["a", "A"],
        ["a.b", "s"],
        ["a", "s..yaml"],
        ["a", "x".repeat(254)],
      ] as const;
      for (const [namespace, name] of names) {
        await assert.rejects(vault.get(namespace, name), /no name of a Secret/, `get ${namespace} ${name}`);
        await assert.rejects(vault.put(namespace, name, secretOf({ a: canary })), (error: Error) => {
          assert.match(error.message, /no name of a Secret/);
          assert.ok(!`${error.stack}`.includes(canary));
          return true;
        });
        await assert.rejects(vault.delete(namespace, name), /no name of a Secret/);
      }
    },

    "many reads at the same time agree": async ({ vault }) => {
      await vault.put("default", "s", secretOf({ a: "1" }));
      const secrets = await Promise.all(Array.from({ length: 20 }, () => vault.get("default", "s", { fresh: true })));
      assert.equal(new Set(secrets.map((secret) => secret?.version)).size, 1);
    },

    "an aborted call is refused with the signal's reason": async ({ vault }) => {
      const reason = new Error("enough");
      await assert.rejects(vault.get("default", "s", { signal: AbortSignal.abort(reason) }), reason);
    },
  });
}

function secretOf(entries: Readonly<Record<string, string>>): {
  readonly data: ReadonlyMap<string, Uint8Array>;
  readonly type: string;
} {
  return { data: new Map(Object.entries(entries).map(([key, value]) => [key, bytes(value)])), type: "Opaque" };
}

const bytes = (value: string): Uint8Array => new TextEncoder().encode(value);
const text = (value: Uint8Array | undefined): string => new TextDecoder().decode(value);

/** Hex by key, without the difference between Buffer and Uint8Array. */
function plain(data: ReadonlyMap<string, Uint8Array> | undefined): object {
  const out = Object.create(null) as Record<string, string>;
  for (const [key, value] of [...(data ?? [])].sort(([a], [b]) => (a < b ? -1 : 1))) {
    out[key] = Buffer.from(value).toString("hex");
  }
  return { ...out };
}
