/** A little of what API servers add. */
export function withServerDefaults(object: Record<string, unknown>): void {
  if (object["kind"] === "Service") {
    const given = (object["spec"] ?? {}) as Record<string, unknown>;
    object["spec"] = { type: "ClusterIP", clusterIP: "10.0.0.1", sessionAffinity: "None", ...given };
  }
  if (object["kind"] === "CustomResourceDefinition") {
    const conditions = ["Established", "NamesAccepted"].map((type) => ({ type, status: "True" }));
    object["status"] = { conditions };
  }
  if (object["kind"] === "Secret") {
    object["type"] ??= "Opaque";
    const plain = (object["stringData"] ?? {}) as Record<string, string>;
    const encoded = Object.entries(plain).map(([key, value]) => [key, Buffer.from(value).toString("base64")]);
    if (encoded.length > 0) object["data"] = { ...((object["data"] ?? {}) as object), ...Object.fromEntries(encoded) };
    delete object["stringData"];
  }
}
