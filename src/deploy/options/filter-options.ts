import { FilterFault, parseAge, parseFilterExpression, selectorOf } from "../filter/parse-filter.ts";
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
    throw asOptionFault(error, flag, value);
  }
  if (!isListFlag(flag)) return undefined;
  const list = lists[flag];
  return { ...rest, criteria: { ...criteria, [list]: [...(criteria[list] ?? []), ...value.split(",")] } };
}

/** The filter with `--filter-labels`, which only kapp's command line has. @throws OptionFault */
export function filterWithLabels(filter: ResourceFilter | undefined, flag: string, value: string): ResourceFilter {
  const { criteria, ...rest } = filter ?? { criteria: {} };
  try {
    const labels = value.split(",").map((text) => selectorOf(text, flag));
    return { ...rest, criteria: { ...criteria, labels: [...(criteria.labels ?? []), ...labels] } };
  } catch (error) {
    throw asOptionFault(error, flag, value);
  }
}

/** What is wrong with a filter as what is wrong with an option; anything else as it is. */
export function asOptionFault(error: unknown, flag: string, value: string): unknown {
  if (!(error instanceof FilterFault)) return error;
  return new OptionFault({ code: "DEPLOY_OPTION_VALUE", flag, value, problem: error.message, whole: true });
}

function isListFlag(flag: string): flag is keyof typeof lists {
  return Object.hasOwn(lists, flag);
}
