import type { ApiType, DeployCluster } from "../cluster-port.ts";
import { at, textAt } from "../fields.ts";

/** What somebody wants to do; the members are those of a SelfSubjectAccessReview. */
export interface Access {
  readonly verb: string;
  readonly group: string;
  /** Empty for the rules of a role, which name none. */
  readonly version: string;
  /** Plural, with its subresource behind a slash. */
  readonly resource: string;
  /** Empty: all namespaces, or no namespaced resource. */
  readonly namespace: string;
  /** Empty: whatever its name. */
  readonly name: string;
}

const reviewType: ApiType = {
  group: "authorization.k8s.io",
  version: "v1",
  kind: "SelfSubjectAccessReview",
  resource: "selfsubjectaccessreviews",
  namespaced: false,
  verbs: ["create"],
};

/** Asks the API server what the caller may do. No question is sent twice. */
export class AccessReviews {
  readonly #cluster: DeployCluster;
  readonly #signal: AbortSignal;
  readonly #answers = new Map<string, Promise<string | undefined>>();

  constructor(cluster: DeployCluster, signal: AbortSignal) {
    this.#cluster = cluster;
    this.#signal = signal;
  }

  /**
   * Why it is not permitted, in kapp's words; `undefined` when it is. Whoever may do it to every name may do it to this one: so one
   * answer is enough for most objects of a kind and namespace. A creation has no name, as API servers authorize it.
   */
  async problemOf(access: Access): Promise<string | undefined> {
    const problem = await this.#ask(resourceAttributes({ ...access, name: "" }), subjectOf(access));
    if (problem === undefined || access.name === "" || access.verb === "create") return problem;
    return this.#ask(resourceAttributes(access), subjectOf(access));
  }

  /** The same for a path of the server that is no resource: `/healthz`. */
  problemOfPath(verb: string, path: string): Promise<string | undefined> {
    return this.#ask({ nonResourceAttributes: { verb, path } }, { verb, what: path });
  }

  #ask(spec: ReviewSpec, subject: Subject): Promise<string | undefined> {
    const key = JSON.stringify(spec);
    const known = this.#answers.get(key);
    if (known !== undefined) return known;
    const answer = this.#review(spec, subject);
    this.#answers.set(key, answer);
    return answer;
  }

  async #review(spec: ReviewSpec, { verb, what }: Subject): Promise<string | undefined> {
    const review = {
      apiVersion: "authorization.k8s.io/v1",
      kind: reviewType.kind,
      metadata: {},
      spec: { ...spec },
    };
    const answer = await this.#cluster.create(reviewType, "", review, { signal: this.#signal });
    const fault = textAt(answer, "status", "evaluationError");
    if (fault !== "") return `unable to validate permissions: ${fault}`;
    return at(answer, "status", "allowed") === true ? undefined : `not permitted to ${JSON.stringify(verb)} ${what}`;
  }
}

type ReviewSpec = Readonly<Record<string, Readonly<Record<string, string>>>>;

interface Subject {
  readonly verb: string;
  readonly what: string;
}

function subjectOf({ verb, group, version, resource }: Access): Subject {
  return { verb, what: `${group}/${version}, Resource=${resource}` };
}

function resourceAttributes({ resource: full, ...rest }: Access): ReviewSpec {
  const [resource = "", subresource = ""] = full.split("/", 2);
  return { resourceAttributes: { ...rest, resource, subresource } };
}
