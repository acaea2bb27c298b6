import type { Clock } from "../base/index.ts";
import type { AwsCredentialsFor } from "../cluster/index.ts";

/** EKS tokens are made where the environment holds AWS keys. */
export async function eksLogin(
  env: Readonly<Record<string, string | undefined>>,
  clock: Clock,
): Promise<{ readonly awsCredentials?: AwsCredentialsFor }> {
  if (!env["AWS_ACCESS_KEY_ID"]) return {};
  const { createStsCredentials, environmentCredentials } = await import("../adapters/aws/index.ts");
  const endpoint = env["AWS_ENDPOINT_URL_STS"] ?? env["AWS_ENDPOINT_URL"];
  return {
    awsCredentials: createStsCredentials({
      base: environmentCredentials(env),
      clock,
      ...(endpoint === undefined ? {} : { endpoint }),
    }),
  };
}
