import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Secret, SecretVault } from "../../reconcile/index.ts";
import { isDnsLabel, isDnsSubdomain } from "../../resource/index.ts";
import { defaultType, formatSecretFile, kubeconfigKey, parseSecretFile, secretVersion } from "./secret-file.ts";
import { VaultError } from "./vault-error.ts";

/** Kubernetes holds Secrets up to 1 MiB; base64 and YAML make them larger. */
const maxFileBytes = 2 * 1024 * 1024;
/** Permission bits of group and others: none may be set on a secret, and none that writes on the folders above it. */
const othersMask = 0o077;
const othersWriteMask = 0o022;

/** Endings of files that hold a Secret or a kubeconfig as YAML or JSON. */
const documentEndings = [".yaml", ".yml", ".json"] as const;
/** Endings of files whose whole text is a kubeconfig; the empty one comes last since it is also a folder's. */
const bareEndings = [".kubeconfig", ""] as const;

/**
 * Secrets in files of the owner, under `directory`:
 * - `NAMESPACE/NAME.yaml` (or `.yml`, `.json`): a Kubernetes Secret, or a kubeconfig, which becomes the key `value`;
 * - `NAMESPACE/NAME.kubeconfig` or `NAMESPACE/NAME`: a kubeconfig, taken as it is as the key `value`;
 * - `NAMESPACE/NAME/KEY`: a file per key, as Kubernetes mounts Secrets.
 *
 * Files must be readable by their owner only (mode 0600 or 0400). `put` writes `NAME.yaml` in one step (a reader sees the old
 * or the new Secret) and removes the other forms. The version is a digest of the content, so that editing a file is enough.
 *
 * @throws VaultError from each call; it names the file, never a value.
 */
export function createFileVault(directory: string): SecretVault {
  return {
    async get(namespace, name, options) {
      options?.signal?.throwIfAborted();
      const content = await readSecret(placeOf(directory, namespace, name));
      return content === undefined ? undefined : { ...content, version: secretVersion(content) };
    },

    async put(namespace, name, secret) {
      const place = placeOf(directory, namespace, name);
      const content = { data: secret.data, type: secret.type === "" ? defaultType : secret.type };
      const target = join(place.folder, `${name}.yaml`);
      await translate(target, async () => {
        await mkdir(place.folder, { recursive: true, mode: 0o700 });
        await writeWhole(place.folder, target, formatSecretFile(namespace, name, content));
        await removeForms(place, target);
      });
    },

    async delete(namespace, name) {
      const place = placeOf(directory, namespace, name);
      await translate(place.folder, () => removeForms(place));
    },
  };
}

interface Place {
  readonly directory: string;
  readonly folder: string;
  readonly namespace: string;
  readonly name: string;
}

type Content = Pick<Secret, "data" | "type">;

/** Only names of Kubernetes become paths: they hold no slash, no `..` and no leading dot. */
function placeOf(directory: string, namespace: string, name: string): Place {
  if (!isDnsLabel(namespace) || !isDnsSubdomain(name)) {
    throw new VaultError(
      { code: "VAULT_NAME_INVALID", namespace, name },
      `${JSON.stringify(`${namespace}/${name}`)} is no name of a Secret: namespace and name are lower-case letters, digits, - and (in the name) dots`,
    );
  }
  return { directory, folder: join(directory, namespace), namespace, name };
}

async function readSecret(place: Place): Promise<Content | undefined> {
  const found: { readonly file: string; readonly content: Content }[] = [];
  for (const file of formsOf(place)) {
    const content = await translate(file, () => readForm(file, place));
    if (content !== undefined) found.push({ file, content });
  }
  const [first, second] = found;
  if (first === undefined) return undefined;
  if (second !== undefined) {
    const files = found.map(({ file }) => file);
    throw new VaultError(
      { code: "VAULT_AMBIGUOUS", files },
      `Secret ${place.namespace}/${place.name} is in more than one place: ${files.join(", ")}; keep one`,
    );
  }
  await refuseWritableFolders(place);
  return first.content;
}

/** Paths that may hold the Secret. `x.yaml` without a further ending belongs to the Secret `x`, not to one named `x.yaml`. */
function formsOf({ folder, name }: Place): readonly string[] {
  const endings = [...documentEndings, ...bareEndings];
  const isOthersFile = endings.some((ending) => ending !== "" && name.endsWith(ending));
  return endings.filter((ending) => ending !== "" || !isOthersFile).map((ending) => join(folder, `${name}${ending}`));
}

async function readForm(file: string, place: Place): Promise<Content | undefined> {
  const bytes = await readOwnerOnly(file);
  if (bytes === undefined) return undefined;
  if (bytes === "folder") return file === join(place.folder, place.name) ? readKeyFolder(file) : undefined;
  if (documentEndings.some((ending) => file === join(place.folder, `${place.name}${ending}`))) {
    return parseSecretFile(bytes, { file, namespace: place.namespace, name: place.name });
  }
  return { data: new Map([[kubeconfigKey, bytes]]), type: defaultType };
}

async function readKeyFolder(folder: string): Promise<Content> {
  const data = new Map<string, Uint8Array>();
  for (const key of (await readdir(folder)).sort()) {
    // Kubernetes keeps the data behind a link named `..data`.
    if (key.startsWith("..") || !/^[-._a-zA-Z0-9]+$/.test(key)) continue;
    const bytes = await readOwnerOnly(join(folder, key));
    if (bytes instanceof Uint8Array) data.set(key, bytes);
  }
  return { data, type: defaultType };
}

/** The file's bytes; `undefined` when there is none. The mode is that of the opened file, so that it cannot be swapped in between. */
async function readOwnerOnly(file: string): Promise<Uint8Array | "folder" | undefined> {
  let handle: Awaited<ReturnType<typeof open>>;
  try {
    handle = await open(file, "r");
  } catch (error) {
    if (hasCode(error, "ENOENT") || hasCode(error, "ENOTDIR")) return undefined;
    throw error;
  }
  try {
    const { mode, size } = await handle.stat();
    const kind = mode & 0o170000;
    if (kind === 0o040000) return "folder";
    if (kind !== 0o100000) throw invalidFile(file, "is no regular file");
    if ((mode & othersMask) !== 0) throw exposed(file, mode, "0600");
    if (size > maxFileBytes) throw invalidFile(file, `has ${size} bytes, the limit is ${maxFileBytes}`);
    return new Uint8Array(await handle.readFile());
  } finally {
    await handle.close();
  }
}

/** Whoever may write a folder may replace the files in it. */
async function refuseWritableFolders({ directory, folder }: Place): Promise<void> {
  for (const each of [directory, folder]) {
    const { mode } = await stat(each);
    if ((mode & othersWriteMask) !== 0) throw exposed(each, mode, "0700");
  }
}

async function writeWhole(folder: string, target: string, text: string): Promise<void> {
  const draft = join(folder, `.${randomUUID()}.tmp`);
  try {
    const handle = await open(draft, "wx", 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

async function removeForms(place: Place, except?: string): Promise<void> {
  const others = formsOf(place).filter((file) => file !== except);
  for (const file of others) await rm(file, { force: true, recursive: true });
  await syncFolder(place.folder);
}

/** Makes renames and removals in the folder survive a power cut. */
async function syncFolder(folder: string): Promise<void> {
  let handle: Awaited<ReturnType<typeof open>>;
  try {
    handle = await open(folder, "r");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return;
    throw error;
  }
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function translate<Result>(file: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof VaultError || !(error instanceof Error)) throw error;
    throw new VaultError({ code: "VAULT_IO", file }, `cannot use secret file ${file}: ${error.message}`, {
      cause: error,
    });
  }
}

function exposed(file: string, mode: number, wanted: string): VaultError {
  const shown = `0${(mode & 0o777).toString(8)}`;
  return new VaultError(
    { code: "VAULT_FILE_EXPOSED", file, mode: shown },
    `${file} has mode ${shown}, so others on this machine may use it: chmod ${wanted} ${file}`,
  );
}

function invalidFile(file: string, what: string): VaultError {
  return new VaultError({ code: "VAULT_FILE_INVALID", file }, `secret file ${file} ${what}`);
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
