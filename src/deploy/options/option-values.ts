import type { DeployFailure } from "../failure.ts";

/** Carries a failure out of the parser's helpers to its door, which returns it as data. */
export class OptionFault extends Error {
  readonly failure: DeployFailure;
  constructor(failure: DeployFailure) {
    super(failure.code);
    this.failure = failure;
  }
}

const trueWords = new Set(["1", "t", "T", "TRUE", "true", "True"]);
const falseWords = new Set(["0", "f", "F", "FALSE", "false", "False"]);

/** Go's spellings of a boolean. */
export function parseBoolean(flag: string, value: string): boolean {
  if (trueWords.has(value)) return true;
  if (falseWords.has(value)) return false;
  throw fault(flag, value, "ParseBool");
}

export function parseInteger(flag: string, value: string, least: number): number {
  if (!/^[+-]?\d{1,9}$/.test(value)) throw fault(flag, value, "ParseInt");
  const number = Number(value);
  if (number >= least) return number;
  throw new OptionFault({
    code: "DEPLOY_OPTION_VALUE",
    flag,
    value,
    problem: `must be at least ${least}`,
    whole: false,
  });
}

function fault(flag: string, value: string, parser: string): OptionFault {
  const problem = `strconv.${parser}: parsing ${JSON.stringify(value)}: invalid syntax`;
  return new OptionFault({ code: "DEPLOY_OPTION_VALUE", flag, value, problem, whole: false });
}
