/** Fields that an API server fills in: comparisons of what was applied with what is stored must cope with them. */
import {
  isList,
  isMap,
  type KubeObject,
  type MutableJson,
  type MutableJsonMap,
  own,
  setOwn,
} from "../resource/index.ts";

type Defaulter = (object: MutableJsonMap, old: KubeObject | undefined) => void;

const rolling: MutableJsonMap = { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" } };

export const defaulters: ReadonlyMap<string, Defaulter> = new Map<string, Defaulter>([
  ["Secret", defaultSecret],
  ["Service", defaultService],
  [
    "Deployment",
    (object) => {
      const spec = mapAt(object, "spec");
      presets(spec, {
        replicas: 1,
        progressDeadlineSeconds: 600,
        revisionHistoryLimit: 10,
        strategy: structuredClone(rolling),
      });
      defaultPodTemplate(spec);
    },
  ],
  [
    "StatefulSet",
    (object) => {
      const spec = mapAt(object, "spec");
      presets(spec, { replicas: 1, revisionHistoryLimit: 10, podManagementPolicy: "OrderedReady" });
      presets(spec, { updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 0 } } });
      defaultPodTemplate(spec);
    },
  ],
  [
    "DaemonSet",
    (object) => {
      const spec = mapAt(object, "spec");
      presets(spec, {
        revisionHistoryLimit: 10,
        updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
      });
      defaultPodTemplate(spec);
    },
  ],
  [
    "Job",
    (object) => {
      const spec = mapAt(object, "spec");
      presets(spec, { backoffLimit: 6, completions: 1, parallelism: 1, completionMode: "NonIndexed", suspend: false });
      defaultPodTemplate(spec);
    },
  ],
  ["Pod", (object) => defaultPodSpec(mapAt(object, "spec"))],
  ["Namespace", (object) => presets(mapAt(object, "spec"), { finalizers: ["kubernetes"] })],
]);

function defaultSecret(object: MutableJsonMap): void {
  const plain = own(object, "stringData");
  delete object["stringData"];
  if (isMap(plain)) {
    const data = mapAt(object, "data");
    for (const [key, value] of Object.entries(plain))
      if (typeof value === "string") setOwn(data, key, Buffer.from(value).toString("base64"));
  }
  presets(object, { type: "Opaque" });
}

/** Addresses of the range that kubeadm gives to services; only their being different matters. */
let nextAddress = 10;

function defaultService(object: MutableJsonMap, old: KubeObject | undefined): void {
  const spec = mapAt(object, "spec");
  presets(spec, { type: "ClusterIP", sessionAffinity: "None" });
  const ports = own(spec, "ports");
  if (isList(ports))
    for (const port of ports) {
      // Part of the object that is being prepared.
      const map = port as MutableJsonMap;
      const target = own(map, "port");
      presets(map, { protocol: "TCP", ...(typeof target === "number" && { targetPort: target }) });
    }
  if (own(spec, "type") === "ExternalName") return;
  const kept = own(own(old, "spec"), "clusterIP");
  nextAddress++;
  const fresh = `10.96.${Math.floor(nextAddress / 250) % 250}.${(nextAddress % 250) + 1}`;
  presets(spec, { clusterIP: typeof kept === "string" ? kept : fresh });
  presets(spec, {
    clusterIPs: [own(spec, "clusterIP") as string],
    ipFamilies: ["IPv4"],
    ipFamilyPolicy: "SingleStack",
    internalTrafficPolicy: "Cluster",
  });
}

function defaultPodTemplate(spec: MutableJsonMap): void {
  const template = own(spec, "template");
  if (isMap(template)) defaultPodSpec(mapAt(template as MutableJsonMap, "spec"));
}

function defaultPodSpec(spec: MutableJsonMap): void {
  presets(spec, {
    restartPolicy: "Always",
    dnsPolicy: "ClusterFirst",
    schedulerName: "default-scheduler",
    securityContext: {},
    terminationGracePeriodSeconds: 30,
  });
  for (const list of [own(spec, "containers"), own(spec, "initContainers")]) {
    if (!isList(list)) continue;
    for (const container of list) {
      if (!isMap(container)) continue;
      const map = container as MutableJsonMap;
      const image = own(map, "image");
      const latest =
        typeof image === "string" && (/:latest$/.test(image) || !/[:@]/.test(image.slice(image.lastIndexOf("/") + 1)));
      presets(map, {
        imagePullPolicy: latest ? "Always" : "IfNotPresent",
        resources: {},
        terminationMessagePath: "/dev/termination-log",
        terminationMessagePolicy: "File",
      });
      const ports = own(map, "ports");
      if (isList(ports))
        for (const port of ports) if (isMap(port)) presets(port as MutableJsonMap, { protocol: "TCP" });
    }
  }
}

function presets(map: MutableJsonMap, values: Readonly<Record<string, MutableJson>>): void {
  for (const [key, value] of Object.entries(values)) if (own(map, key) === undefined) setOwn(map, key, value);
}

function mapAt(object: MutableJsonMap, key: string): MutableJsonMap {
  const member = own(object, key);
  // Part of the object that is being prepared.
  if (isMap(member)) return member as MutableJsonMap;
  const fresh: MutableJsonMap = {};
  setOwn(object, key, fresh);
  return fresh;
}
