/** The objects that the benchmarks deploy: ConfigMaps `c-0`, `c-1`… of the size that people write. */
export function configMapYaml(namespace: string, number: number, value: string): string {
  return `apiVersion: v1
kind: ConfigMap
metadata:
  name: c-${number}
  namespace: ${namespace}
  labels:
    app.kubernetes.io/name: shop
    app.kubernetes.io/component: part-${number % 20}
data:
  value: "${value}"
  application.properties: |
    server.port=8080
    server.name=shop-${number}
    feature.checkout=true
`;
}

/** @param valueOf the value that the map with this number holds. */
export function configMapsYaml(namespace: string, count: number, valueOf: (number: number) => string): string {
  return Array.from({ length: count }, (_, number) => configMapYaml(namespace, number, valueOf(number))).join("---\n");
}
