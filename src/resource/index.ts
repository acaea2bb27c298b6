export { isDnsLabel, isDnsSubdomain } from "./dns-name.ts";
export {
  annotationsOf,
  apiVersionOf,
  describeOrigin,
  describeResource,
  generateNameOf,
  type GroupKind,
  type GroupVersionKind,
  groupVersionKindOf,
  kindOf,
  type KubeObject,
  labelsOf,
  nameOf,
  namespaceOf,
  resourceVersionOf,
  type ResourceOrigin,
  type SourcedResource,
  sourceHint,
  splitApiVersion,
  uidOf,
  uniqueKey,
} from "./identity.ts";
export {
  cloneJson,
  compareCodePoints,
  equalJson,
  escapeJson,
  isList,
  isMap,
  type Json,
  type JsonMap,
  type MutableJson,
  type MutableJsonMap,
  own,
  parseJson,
  setOwn,
  stringifyJson,
} from "./json.ts";
export type { YamlComment, YamlDiagnostic, YamlDialect, YamlDocument, YamlLimits } from "./yaml/types.ts";
export type { Builder as YamlBuilder } from "./yaml/builder.ts";
export type { Place as YamlPlace } from "./yaml/fault.ts";
export type { ScalarValue as YamlScalarValue } from "./yaml/tag.ts";
export {
  type ComposedYaml,
  composeYaml,
  type ParsedYaml,
  parseYamlStream,
  parseYamlTrees,
  type ParseYamlOptions,
} from "./yaml/parse.ts";
export {
  type LabelRequirement,
  type LabelSelector,
  matchesLabels,
  type ParsedLabelSelector,
  parseLabelSelector,
} from "./label-selector.ts";
export { type StringifyYamlOptions, stringifyYaml } from "./yaml/emit.ts";
export { toJson } from "./yaml/to-json.ts";
export { formatGoFloat, YamlBinary, YamlDouble, YamlPairs, type YamlTree, type YamlValue } from "./yaml/tree.ts";
