import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { createFileVault, VaultError, type VaultFailure } from "../../../src/adapters/local/index.ts";
import { secretVaultContract } from "../../contract/secret-vault.ts";

const canary = "hunter2-canary";
const kubeconfig = `apiVersion: v1\nkind: Config\nclusters: []\ncontexts: []\nusers: [{name: u, user: {token: ${canary}}}]\n`;

secretVaultContract("files", (use) =>
  inFolder(async (folder) => use({ vault: createFileVault(folder), other: createFileVault(folder) })),
);

describe("file vault", () => {
  test("what it writes is for the owner only (T27)", () =>
    inFolder(async (parent) => {
      const folder = join(parent, "secrets");
      await createFileVault(folder).put("ns", "s", { data: new Map([["a", Buffer.from("1")]]), type: "Opaque" });
      assert.deepEqual(
        [folder, join(folder, "ns"), join(folder, "ns", "s.yaml")].map((path) => statSync(path).mode & 0o777),
        [0o700, 0o700, 0o600],
      );
      assert.deepEqual(readdirSync(join(folder, "ns")), ["s.yaml"]);
    }));

  const forms: readonly {
    readonly name: string;
    readonly files: Readonly<Record<string, string>>;
    readonly want: Readonly<Record<string, string>>;
    readonly type?: string;
  }[] = [
    {
      name: "a Secret as kubectl writes it",
      files: {
        "ns/s.yaml":
          "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: ns}\ntype: kubernetes.io/basic-auth\ndata:\n  username: bWU=\nstringData:\n  password: secret\n",
      },
      want: { username: "me", password: "secret" },
      type: "kubernetes.io/basic-auth",
    },
    {
      name: "stringData is stronger than data",
      files: { "ns/s.yml": "stringData: {a: plain}\ndata: {a: Yg==}\n" },
      want: { a: "plain" },
    },
    {
      name: "a Secret in JSON",
      files: { "ns/s.json": '{"kind":"Secret","data":{"a":"MQ==","__proto__":"Mg=="}}' },
      want: { a: "1", ["__proto__"]: "2" },
    },
    {
      name: "a kubeconfig as YAML becomes the key value, untouched",
      files: { "ns/s.yaml": kubeconfig },
      want: { value: kubeconfig },
    },
    { name: "a .kubeconfig file", files: { "ns/s.kubeconfig": kubeconfig }, want: { value: kubeconfig } },
    { name: "a kubeconfig file without an ending", files: { "ns/s": kubeconfig }, want: { value: kubeconfig } },
    {
      name: "a folder with a file per key; what starts with two dots is Kubernetes' own",
      files: { "ns/s/username": "me", "ns/s/.hidden": "kept", "ns/s/..data": "link" },
      want: { username: "me", ".hidden": "kept" },
    },
  ];
  for (const { name, files, want, type = "Opaque" } of forms) {
    test(`reads ${name}`, () =>
      inFolder(async (folder) => {
        for (const [path, content] of Object.entries(files)) write(folder, path, content);
        const secret = await createFileVault(folder).get("ns", "s");
        assert.ok(secret !== undefined);
        assert.deepEqual(
          new Map([...secret.data].map(([key, value]) => [key, new TextDecoder().decode(value)])),
          new Map(Object.entries(want)),
        );
        assert.equal(secret.type, type);
      }));
  }

  test("put takes the place of every other form; delete removes them all", () =>
    inFolder(async (folder) => {
      const vault = createFileVault(folder);
      for (const path of ["ns/s", "ns/t/username", "ns/u.kubeconfig"]) write(folder, path, kubeconfig);
      for (const name of ["s", "t", "u"]) await vault.put("ns", name, { data: new Map(), type: "Opaque" });
      assert.deepEqual(readdirSync(join(folder, "ns")).sort(), ["s.yaml", "t.yaml", "u.yaml"]);
      write(folder, "ns/v/username", "me");
      await vault.delete("ns", "v");
      assert.equal(existsSync(join(folder, "ns", "v")), false);
    }));

  const faults: readonly {
    readonly name: string;
    readonly file: string;
    readonly content: string;
    readonly mode?: number;
    readonly code: VaultFailure["code"];
    readonly message: RegExp;
  }[] = [
    {
      name: "others may read it",
      file: "ns/s.yaml",
      content: kubeconfig,
      mode: 0o644,
      code: "VAULT_FILE_EXPOSED",
      message: /s\.yaml has mode 0644, so others on this machine may use it: chmod 0600 \//,
    },
    {
      name: "its group may read it",
      file: "ns/s",
      content: kubeconfig,
      mode: 0o640,
      code: "VAULT_FILE_EXPOSED",
      message: /ns\/s has mode 0640/,
    },
    {
      name: "a key file is readable by others",
      file: "ns/s/password",
      content: canary,
      mode: 0o604,
      code: "VAULT_FILE_EXPOSED",
      message: /ns\/s\/password has mode 0604/,
    },
    {
      name: "it is not YAML",
      file: "ns/s.yaml",
      content: `stringData:\n  a: "${canary}\n`,
      code: "VAULT_FILE_INVALID",
      message: /s\.yaml is not valid YAML \(line \d+\)/,
    },
    {
      name: "data is not base64",
      file: "ns/s.yaml",
      content: `data: {password: ${canary}}`,
      code: "VAULT_FILE_INVALID",
      message: /s\.yaml data\.password is not base64/,
    },
    {
      name: "it is something else",
      file: "ns/s.yaml",
      content: `kind: ConfigMap\nx: ${canary}`,
      code: "VAULT_FILE_INVALID",
      message: /neither a Secret .* nor a kubeconfig/,
    },
    {
      name: "it names another Secret",
      file: "ns/s.yaml",
      content: "kind: Secret\nmetadata: {name: s, namespace: other}\n",
      code: "VAULT_FILE_INVALID",
      message: /has metadata\.namespace "other", but its place says ns/,
    },
    {
      name: "a value is no string",
      file: "ns/s.yaml",
      content: "stringData: {port: 5432}",
      code: "VAULT_FILE_INVALID",
      message: /stringData\.port is no string/,
    },
    { name: "it is empty", file: "ns/s.yaml", content: "", code: "VAULT_FILE_INVALID", message: /s\.yaml is empty/ },
    {
      name: "it is too large",
      file: "ns/s",
      content: canary.repeat(160_000),
      code: "VAULT_FILE_INVALID",
      message: /the limit is 2097152/,
    },
  ];
  for (const { name, file, content, mode, code, message } of faults) {
    test(`refuses a file when ${name}`, () =>
      inFolder(async (folder) => {
        write(folder, file, content, mode);
        await assert.rejects(createFileVault(folder).get("ns", "s"), (error) => {
          assert.ok(error instanceof VaultError);
          assert.equal(error.failure.code, code);
          assert.match(error.message, message);
          assert.ok(!`${error.stack} ${String(error.cause)}`.includes(canary), "no value in the error (T14)");
          return true;
        });
      }));
  }

  test("refuses a folder that others may write", () =>
    inFolder(async (folder) => {
      write(folder, "ns/s", kubeconfig);
      chmodSync(join(folder, "ns"), 0o770);
      await assert.rejects(createFileVault(folder).get("ns", "s"), /ns has mode 0770/);
    }));

  test("two files for one Secret are named, not guessed between", () =>
    inFolder(async (folder) => {
      write(folder, "ns/s.yaml", kubeconfig);
      write(folder, "ns/s.kubeconfig", kubeconfig);
      await assert.rejects(
        createFileVault(folder).get("ns", "s"),
        /ns\/s is in more than one place: .*s\.yaml, .*s\.kubeconfig; keep one/,
      );
    }));

  test("the Secret named x.yaml is not the file of the Secret x", () =>
    inFolder(async (folder) => {
      write(folder, "ns/x.yaml", kubeconfig);
      assert.equal(await createFileVault(folder).get("ns", "x.yaml"), undefined);
    }));

  test("an edited file has another version", () =>
    inFolder(async (folder) => {
      const vault = createFileVault(folder);
      write(folder, "ns/s", "one");
      const first = await vault.get("ns", "s");
      write(folder, "ns/s", "two");
      assert.notEqual((await vault.get("ns", "s"))?.version, first?.version);
    }));
});

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "lateen-vault-"));
  try {
    await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function write(folder: string, path: string, content: string, mode = 0o600): void {
  const file = join(folder, path);
  mkdirSync(join(file, ".."), { recursive: true, mode: 0o700 });
  writeFileSync(file, content);
  chmodSync(file, mode);
}
