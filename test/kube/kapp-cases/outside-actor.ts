/** Mutations that a case makes beside the tool: by hand between steps, or while it runs. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ApiType } from "../../../src/deploy/index.ts";
import type { Cluster } from "../../../src/cluster/index.ts";
import {
  apiVersionOf,
  isMap,
  type Json,
  kindOf,
  type KubeObject,
  nameOf,
  namespaceOf,
  own,
  parseYamlStream,
} from "../../../src/resource/index.ts";
import type { ControlPlane } from "../control-plane.ts";
import { type CaseFile, type Mutation, type Target, withNamespace } from "./case-file.ts";

const patience = 30_000;

export class OutsideActor {
  readonly #file: CaseFile;
  readonly #cluster: Cluster;
  readonly #plane: ControlPlane;

  constructor(file: CaseFile, cluster: Cluster, plane: ControlPlane) {
    this.#file = file;
    this.#cluster = cluster;
    this.#plane = plane;
  }

  /** Lists run in sequence, their members and single mutations side by side. */
  async duringRun(mutations: readonly (Mutation | readonly Mutation[])[]): Promise<void> {
    await Promise.all(mutations.map((entry) => this.inOrder("verb" in entry ? [entry] : entry)));
  }

  async inOrder(mutations: readonly Mutation[]): Promise<void> {
    for (const mutation of mutations) {
      if (mutation.when !== undefined) await this.#waitFor(mutation.when, mutation.when.fields);
      if (mutation.after !== undefined) await sleep(mutation.after * 1_000);
      await this.#mutate(mutation);
    }
  }

  async #mutate(mutation: Mutation): Promise<void> {
    switch (mutation.verb) {
      case "sleep":
        return sleep((mutation.seconds ?? 0) * 1_000);
      case "create":
        for (const object of this.#read(mutation.file ?? "")) await this.#create(object);
        return;
      case "mergePatch":
      case "jsonPatch":
        return this.#patch(mutation, targetOf(mutation));
      case "delete": {
        const target = targetOf(mutation);
        await this.#cluster.delete(await this.#type(target), this.#namespace(target), target.name, {});
        return;
      }
      case "copy": {
        const target = targetOf(mutation);
        const original = await this.#waitFor(target, undefined);
        const metadata = own(original, "metadata");
        const kept = isMap(metadata) ? { labels: metadata["labels"], annotations: metadata["annotations"] } : {};
        await this.#create({
          ...original,
          metadata: { ...kept, name: mutation.name ?? "", namespace: this.#namespace(target) },
        });
        return;
      }
      case "waitFor":
        await this.#waitFor(targetOf(mutation), mutation.fields);
        return;
    }
  }

  #read(path: string): KubeObject[] {
    const text = withNamespace(readFileSync(join(this.#file.dir, path), "utf8"), this.#file.namespace);
    return parseYamlStream(text, { file: path })
      .documents.map(({ value }) => value)
      .filter(isMap);
  }

  async #create(object: KubeObject): Promise<void> {
    const type = await this.#type({ apiVersion: apiVersionOf(object), kind: kindOf(object), name: nameOf(object) });
    const namespace = type.namespaced ? namespaceOf(object) || this.#file.namespace : "";
    const metadata = own(object, "metadata");
    const placed =
      namespace === "" ? object : { ...object, metadata: { ...(isMap(metadata) ? metadata : {}), namespace } };
    await this.#cluster.create(type, namespace, placed);
  }

  async #patch(mutation: Mutation, target: Target): Promise<void> {
    const type = await this.#type(target);
    const group = type.group === "" ? "" : `.${type.version}.${type.group}`;
    await this.#plane.kubectl([
      "patch",
      `${type.resource}${group}`,
      target.name,
      ...(type.namespaced ? ["-n", this.#namespace(target)] : []),
      `--type=${mutation.verb === "mergePatch" ? "merge" : "json"}`,
      "-p",
      JSON.stringify(mutation.patch),
      ...(mutation.subresource === undefined ? [] : [`--subresource=${mutation.subresource}`]),
    ]);
  }

  async #waitFor(target: Target, fields: Readonly<Record<string, unknown>> | undefined): Promise<KubeObject> {
    const deadline = Date.now() + patience;
    for (;;) {
      const found = await this.#find(target);
      if (found !== undefined && hasFields(found, fields ?? {})) return found;
      if (Date.now() > deadline) throw new Error(`${target.kind}/${target.name} did not come to be`);
      await sleep(50);
    }
  }

  async #find(target: Target): Promise<KubeObject | undefined> {
    const type = await this.#typeIfServed(target);
    return type === undefined ? undefined : this.#cluster.get(type, this.#namespace(target), target.name);
  }

  async #type(target: Target): Promise<ApiType> {
    const type = await this.#typeIfServed(target);
    if (type === undefined) throw new Error(`no type for ${target.apiVersion} ${target.kind}`);
    return type;
  }

  async #typeIfServed(target: Target): Promise<ApiType | undefined> {
    for (const fresh of [false, true]) {
      const { types } = await this.#cluster.discover({ fresh });
      const slash = target.apiVersion.lastIndexOf("/");
      const group = slash === -1 ? "" : target.apiVersion.slice(0, slash);
      const version = target.apiVersion.slice(slash + 1);
      const type = types.find(
        (other) => other.group === group && other.version === version && other.kind === target.kind,
      );
      if (type !== undefined) return type;
    }
    return undefined;
  }

  #namespace(target: Target): string {
    return target.namespace ?? this.#file.namespace;
  }
}

function targetOf(mutation: Mutation): Target {
  if (mutation.target === undefined) throw new Error(`${mutation.verb} without target`);
  return mutation.target;
}

function hasFields(object: KubeObject, fields: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(fields).every(([path, wanted]) => {
    let value: Json | undefined = object;
    for (const step of path.split(".")) value = own(value, step);
    return value === wanted;
  });
}
