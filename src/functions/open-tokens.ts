import {
  createAwsApi,
  createSecretsManagerVault,
  environmentCredentials,
  openAwsStore,
  signedSecretsCall,
} from "../adapters/aws/index.ts";
import { silentLog, systemClock } from "../base/index.ts";
import { createHub, type HubTokens } from "../hub/index.ts";

export interface AwsTokensOptions {
  /** The DynamoDB table of an installation: its output `TableName`. */
  readonly table: string;
  /** Where region and credentials stand: `AWS_REGION`, `AWS_ACCESS_KEY_ID` and so on. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * The tokens of a lateen on AWS, for an operator who may write its table.
 * @throws Error naming the variable that is missing; AwsError from each call that AWS refuses.
 */
export function openAwsTokens({ table, environment }: AwsTokensOptions): HubTokens {
  const region = environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"];
  if (region === undefined || region === "")
    throw new Error("AWS_REGION is not set (hint: the region that lateen is deployed to)");
  const endpoint = environment["AWS_ENDPOINT_URL_DYNAMODB"] ?? environment["AWS_ENDPOINT_URL"];
  const clock = systemClock;
  const api = createAwsApi({
    region,
    credentials: environmentCredentials(environment),
    clock,
    ...(endpoint === undefined ? {} : { endpoint }),
  });
  const { objects } = openAwsStore({ api, tableName: table, clock });
  // The hub's tokens are objects of its store; no Secret is touched on the way to them.
  const secrets = createSecretsManagerVault({ prefix: "lateen", call: signedSecretsCall(api), clock });
  return createHub({ store: objects, secrets, clock, log: silentLog }).tokens;
}
