import type { AwsCredentials } from "../../signing/index.ts";

/**
 * The keys that the environment holds (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`), read anew by each call.
 * @throws Error naming the missing variable.
 */
export function environmentCredentials(
  env: Readonly<Record<string, string | undefined>>,
): () => Promise<AwsCredentials> {
  return async () => {
    const {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: sessionToken,
    } = env;
    if (accessKeyId === undefined || accessKeyId === "") throw missing("AWS_ACCESS_KEY_ID");
    if (secretAccessKey === undefined || secretAccessKey === "") throw missing("AWS_SECRET_ACCESS_KEY");
    return {
      accessKeyId,
      secretAccessKey,
      ...(sessionToken !== undefined && sessionToken !== "" && { sessionToken }),
    };
  };
}

function missing(variable: string): Error {
  return new Error(`no AWS credentials: ${variable} is not set; in Lambda the execution role sets it`);
}
