import {
  cloneJson,
  isMap,
  type Json,
  type KubeObject,
  type MutableJsonMap,
  nameOf,
  namespaceOf,
  own,
} from "../resource/index.ts";
import { badRequest } from "./api-error.ts";

/** The `autoscaling/v1` Scale of an object with `.spec.replicas`. */
export function scaleOf(object: KubeObject): KubeObject {
  const metadata = own(object, "metadata");
  const labels = own(own(own(object, "spec"), "selector"), "matchLabels");
  const selector = isMap(labels)
    ? Object.entries(labels)
        .flatMap(([key, value]) => (typeof value === "string" ? [`${key}=${value}`] : []))
        .join(",")
    : "";
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: {
      name: nameOf(object),
      namespace: namespaceOf(object),
      uid: own(metadata, "uid") ?? "",
      resourceVersion: own(metadata, "resourceVersion") ?? "",
      creationTimestamp: own(metadata, "creationTimestamp") ?? null,
    },
    spec: { replicas: own(own(object, "spec"), "replicas") ?? 1 },
    status: { replicas: own(own(object, "status"), "replicas") ?? 0, selector },
  };
}

/** The object with the replicas of a Scale, or of a merge patch of one. */
export function scaled(object: KubeObject, scale: Json): MutableJsonMap {
  const replicas = own(own(scale, "spec"), "replicas") ?? 0;
  if (typeof replicas !== "number" || !Number.isInteger(replicas) || replicas < 0)
    throw badRequest("a Scale needs spec.replicas, a number that is not negative");
  const next = cloneJson(object) as MutableJsonMap;
  const spec = own(next, "spec");
  next["spec"] = { ...(isMap(spec) && (spec as MutableJsonMap)), replicas };
  return next;
}
