/** Reviews: objects that are only posted, and answer a question about the caller. `kubectl auth can-i` and `auth whoami` send them. */
import { type Json, type KubeObject, own } from "../resource/index.ts";
import type { Attributes, Caller, ServedType } from "./served-type.ts";

export interface ReviewOptions {
  /** What the caller may do in a namespace, for `kubectl auth can-i --list`. */
  readonly rulesOf: (caller: Caller, namespace: string) => Promise<readonly KubeObject[]>;
}

/** SelfSubjectAccessReview, SelfSubjectRulesReview and SelfSubjectReview. */
export function reviewTypes(options: ReviewOptions): readonly ServedType[] {
  const review = (
    group: string,
    kind: string,
    answer: NonNullable<ServedType["hooks"]>["answerCreate"],
  ): ServedType => ({
    group,
    kind,
    plural: `${kind.toLowerCase()}s`,
    namespaced: false,
    flavour: "builtin",
    versions: [{ name: "v1" }],
    verbs: ["create"],
    ...(answer !== undefined && { hooks: { answerCreate: answer } }),
  });
  return [
    review("authorization.k8s.io", "SelfSubjectAccessReview", async (object, { caller }) => {
      const allowed = await caller.may(attributesOf(own(own(object, "spec"), "resourceAttributes")));
      return { ...object, status: allowed ? { allowed } : { allowed, reason: "the token does not allow it" } };
    }),
    review("authorization.k8s.io", "SelfSubjectRulesReview", async (object, { caller }) => {
      const resourceRules = await options.rulesOf(caller, text(own(own(object, "spec"), "namespace")));
      return { ...object, status: { resourceRules, nonResourceRules: [], incomplete: false } };
    }),
    review("authentication.k8s.io", "SelfSubjectReview", async (object, { caller }) => ({
      ...object,
      status: { userInfo: { username: caller.user, groups: caller.groups } },
    })),
  ];
}

function attributesOf(asked: Json | undefined): Attributes {
  const field = (key: string): string => text(own(asked, key));
  return {
    verb: field("verb"),
    group: field("group"),
    resource: field("resource"),
    subresource: field("subresource"),
    namespace: field("namespace"),
    name: field("name"),
  };
}

const text = (value: Json | undefined): string => (typeof value === "string" ? value : "");
