import { FilterFault, parseAge, parseFilterExpression } from "../filter/parse-filter.ts";
import type { FilterCriteria, ResourceFilter } from "../filter/resource-filter.ts";
import { OptionFault } from "./option-values.ts";

/** The lists of criteria by their flag; values are separated by commas, and a flag may come again. */
const lists = {
  "--filter-kind": "kinds",
  "--filter-ns": "namespaces",
  "--filter-name": "names",
  "--filter-kind-name": "kindNames",
  "--filter-kind-ns": "kindNamespaces",
  "--filter-kind-ns-name": "kindNsNames",
} as const satisfies Readonly<Record<string, keyof FilterCriteria>>;

/** The filter with one more flag; `undefined` for a flag that is none of a filter's. @throws OptionFault */
export function filterWith(
  filter: ResourceFilter | undefined,
  flag: string,
  value: string,
): ResourceFilter | undefined {
  const { criteria, ...rest } = filter ?? { criteria: {} };
  try {
    if (flag === "--filter") return { ...rest, criteria, expression: parseFilterExpression(value) };
    if (flag === "--filter-age") {
      const { olderThanMs: _older, youngerThanMs: _younger, ...others } = criteria;
      return { ...rest, criteria: { ...others, ...parseAge(value) } };
    }
  } catch (error) {
    if (!(error instanceof FilterFault)) throw error;
    throw new OptionFault({ code: "DEPLOY_OPTION_VALUE", flag, value, problem: error.message, whole: true });
  }
  if (!isListFlag(flag)) return undefined;
  const list = lists[flag];
  return { ...rest, criteria: { ...criteria, [list]: [...(criteria[list] ?? []), ...value.split(",")] } };
}

function isListFlag(flag: string): flag is keyof typeof lists {
  return Object.hasOwn(lists, flag);
}
