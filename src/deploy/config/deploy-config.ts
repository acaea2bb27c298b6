import {
  type ChangeGroupBinding,
  type ChangeRuleBinding,
  defaultChangeGroups,
  defaultChangeRules,
} from "./change-rules.ts";
import { defaultLabelScopingRules, defaultOwnershipLabelRules } from "./label-rules.ts";
import { type FieldRule, kinds } from "./matchers.ts";
import {
  defaultExistingExclusions,
  defaultLastAppliedExclusions,
  defaultRebaseRules,
  type RebaseRule,
} from "./rebase-rules.ts";
import { defaultTemplateRules, type TemplateRule } from "./template-rules.ts";
import type { WaitRule } from "./wait-rules.ts";

/** The rules of a deploy: kapp's defaults and, behind them, those of the App's own Configs (kapp.md §8). */
export interface DeployConfig {
  readonly rebaseRules: readonly RebaseRule[];
  readonly lastAppliedExclusions: readonly FieldRule[];
  readonly existingExclusions: readonly FieldRule[];
  /** Maps whose values are not shown. */
  readonly maskRules: readonly FieldRule[];
  readonly ownershipLabelRules: readonly FieldRule[];
  readonly labelScopingRules: readonly FieldRule[];
  /** Written wherever the ownership labels are. */
  readonly additionalLabels: Readonly<Record<string, string>>;
  readonly templateRules: readonly TemplateRule[];
  readonly waitRules: readonly WaitRule[];
  readonly changeGroups: readonly ChangeGroupBinding[];
  readonly changeRules: readonly ChangeRuleBinding[];
  /** Names of the preflight checks to run. */
  readonly preflightRules: readonly string[];
}

const secrets = kinds(["v1"], "Secret");

export const defaultConfig: DeployConfig = {
  rebaseRules: defaultRebaseRules,
  lastAppliedExclusions: defaultLastAppliedExclusions,
  existingExclusions: defaultExistingExclusions,
  maskRules: [
    { path: ["data"], matcher: secrets },
    { path: ["stringData"], matcher: secrets },
  ],
  ownershipLabelRules: defaultOwnershipLabelRules,
  labelScopingRules: defaultLabelScopingRules,
  additionalLabels: {},
  templateRules: defaultTemplateRules,
  waitRules: [],
  changeGroups: defaultChangeGroups,
  changeRules: defaultChangeRules,
  preflightRules: [],
};

/** Without the rules for selectors that every Config starts with, and those that say to be such. */
export function withoutDefaultLabelScoping(config: DeployConfig): DeployConfig {
  return { ...config, labelScopingRules: config.labelScopingRules.filter(({ isDefault }) => isDefault !== true) };
}

/** `config` and behind its rules those of `more`: the later rebases last, weighs more and names the value of a label. */
export function withRules(config: DeployConfig, more: DeployConfig): DeployConfig {
  return {
    rebaseRules: [...config.rebaseRules, ...more.rebaseRules],
    lastAppliedExclusions: [...config.lastAppliedExclusions, ...more.lastAppliedExclusions],
    existingExclusions: [...config.existingExclusions, ...more.existingExclusions],
    maskRules: [...config.maskRules, ...more.maskRules],
    ownershipLabelRules: [...config.ownershipLabelRules, ...more.ownershipLabelRules],
    labelScopingRules: [...config.labelScopingRules, ...more.labelScopingRules],
    additionalLabels: { ...config.additionalLabels, ...more.additionalLabels },
    templateRules: [...config.templateRules, ...more.templateRules],
    waitRules: [...config.waitRules, ...more.waitRules],
    changeGroups: [...config.changeGroups, ...more.changeGroups],
    changeRules: [...config.changeRules, ...more.changeRules],
    preflightRules: [...config.preflightRules, ...more.preflightRules],
  };
}
