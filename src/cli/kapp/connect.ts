import { systemClock } from "../../base/index.ts";
import {
  type BearerToken,
  type Cluster,
  type ClusterAccess,
  connectCluster,
  type ConnectOptions,
  isClusterError,
  parseKubeconfig,
} from "../../cluster/index.ts";
import { CommandError } from "../exit-code.ts";
import type { ParsedFlags } from "../flags.ts";
import type { KappContext } from "./context.ts";
import { type ExecAnswer, runExecLogin } from "./exec-login.ts";
import { readKubeconfig } from "./kubeconfig.ts";

/**
 * A connection to the cluster that the flags mean. It is the person's own kubeconfig on the person's own machine: whatever server, proxy, name or program it
 * says is meant. @throws CommandError and ClusterError for what cannot be read or done.
 */
export async function connect(
  flags: Pick<ParsedFlags, "text">,
  context: KappContext,
  onWarning: (text: string) => void,
): Promise<Cluster> {
  const { environment } = context;
  const own = readKubeconfig({
    ...context,
    path: flags.text("kubeconfig"),
    context: flags.text("kubeconfig-context"),
    yaml: flags.text("kubeconfig-yaml"),
  });
  const { awsCredentials } = await eksLogin(environment);
  const options: ConnectOptions = { allowAddress: () => true, awsCredentials, onWarning };
  const { withExec } = own;
  if (withExec === undefined) return connectCluster(parse(own.text), options);
  if (awsCredentials !== undefined) {
    const access = parseEks(own.text);
    if (access !== undefined) return connectCluster(access, options);
  }
  const parsed = parse(withExec.textWithout);
  const login = (): Promise<ExecAnswer> => runExecLogin(withExec.stanza, context);
  const { token, clientCertificate } = await login();
  const access = { ...parsed, ...(clientCertificate === undefined ? {} : { clientCertificate }) };
  if (token === undefined) return connectCluster(access, options);
  let unused: BearerToken | undefined = token;
  const requestToken = async (): Promise<BearerToken> => {
    const first = unused;
    unused = undefined;
    const answer = first ?? (await login()).token;
    if (answer === undefined) throw new CommandError("getting credentials: exec: the answer has no token any more");
    return answer;
  };
  return connectCluster(access, { ...options, requestToken });
}

const policy = { allowHttp: true, allowInsecureTls: true, allowProxy: true, allowImpersonation: true } as const;

function parse(text: string): ClusterAccess {
  return parseKubeconfig(text, { ...policy, now: systemClock.now() });
}

/** With the keys that this process has, an EKS token needs no program. `undefined` for another program. */
function parseEks(text: string): ClusterAccess | undefined {
  try {
    return parseKubeconfig(text, { ...policy, now: systemClock.now(), allowEks: true });
  } catch (error) {
    if (isClusterError(error) && error.code === "KUBECONFIG_REFUSED") return undefined;
    throw error;
  }
}

/** Loaded only where there are keys: it takes a while. */
async function eksLogin(
  environment: KappContext["environment"],
): Promise<Awaited<ReturnType<typeof import("../../functions/index.ts").eksLogin>>> {
  if (!environment["AWS_ACCESS_KEY_ID"]) return {};
  const functions = await import("../../functions/index.ts");
  return functions.eksLogin(environment, systemClock);
}
