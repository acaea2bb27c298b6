import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** AWS STS over loopback HTTP: `AssumeRole` of the Query protocol. Checks that calls are signed, not what the signature says. */
export interface StsFake {
  readonly endpoint: string;
  /** Calls so far, refused ones included. */
  readonly calls: readonly StsCall[];
  /** Answers an error in place of the result; `undefined` lets the call through. */
  fault: ((call: StsCall) => { readonly status: number; readonly body: string } | "reset" | undefined) | undefined;
  /** Keys live for an hour from this time. */
  now: () => number;
  close(): Promise<void>;
}

export interface StsCall {
  readonly action: string;
  readonly roleArn: string;
  readonly sessionName: string;
  readonly externalId: string | undefined;
  /** The region that the signature names. */
  readonly region: string;
  readonly accessKeyId: string;
  readonly sessionToken: string | undefined;
}

export function stsError(
  status: number,
  code: string,
  message: string,
): { readonly status: number; readonly body: string } {
  return {
    status,
    body: `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <Error>
    <Type>Sender</Type>
    <Code>${code}</Code>
    <Message>${message}</Message>
  </Error>
  <RequestId>41c2d1a1-0000-0000-0000-000000000000</RequestId>
</ErrorResponse>`,
  };
}

export async function startStsFake(): Promise<StsFake> {
  const calls: StsCall[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += String(chunk);
    });
    request.on("end", () => {
      const form = new URLSearchParams(body);
      const credential =
        /^AWS4-HMAC-SHA256 Credential=([^/]+)\/\d{8}\/([a-z0-9-]+)\/sts\/aws4_request, SignedHeaders=[a-z0-9;-]+, Signature=[0-9a-f]{64}$/.exec(
          request.headers.authorization ?? "",
        );
      const token = request.headers["x-amz-security-token"];
      const call: StsCall = {
        action: form.get("Action") ?? "",
        roleArn: form.get("RoleArn") ?? "",
        sessionName: form.get("RoleSessionName") ?? "",
        externalId: form.get("ExternalId") ?? undefined,
        region: credential?.[2] ?? "",
        accessKeyId: credential?.[1] ?? "",
        sessionToken: typeof token === "string" ? token : undefined,
      };
      calls.push(call);
      const answer =
        fake.fault?.(call) ??
        (credential === null
          ? stsError(403, "MissingAuthenticationToken", "Request is missing Authentication Token")
          : assumed(call, calls.length, fake.now()));
      if (answer === "reset") {
        request.socket.destroy();
        return;
      }
      response.writeHead(answer.status, { "content-type": "text/xml" });
      response.end(answer.body);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  // A listening TCP server has an address with a port.
  const { port } = server.address() as AddressInfo;
  const fake: StsFake = {
    endpoint: `http://127.0.0.1:${port}`,
    calls,
    fault: undefined,
    now: () => Date.now(),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return fake;
}

function assumed(call: StsCall, count: number, now: number): { readonly status: number; readonly body: string } {
  if (call.action !== "AssumeRole") return stsError(400, "InvalidAction", `Could not find operation ${call.action}`);
  if (!/^[\w+=,.@-]{2,64}$/.test(call.sessionName)) return stsError(400, "ValidationError", "roleSessionName");
  return {
    status: 200,
    body: `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleResult>
    <AssumedRoleUser>
      <AssumedRoleId>AROAEXAMPLE:${call.sessionName}</AssumedRoleId>
      <Arn>${call.roleArn}/${call.sessionName}</Arn>
    </AssumedRoleUser>
    <Credentials>
      <AccessKeyId>ASIAEXAMPLE${count}</AccessKeyId>
      <SecretAccessKey>assumed-secret-${count}/+a</SecretAccessKey>
      <SessionToken>assumed-session-${count}==</SessionToken>
      <Expiration>${new Date(now + 3_600_000).toISOString()}</Expiration>
    </Credentials>
  </AssumeRoleResult>
  <ResponseMetadata><RequestId>c6104cbe-0000-0000-0000-000000000000</RequestId></ResponseMetadata>
</AssumeRoleResponse>`,
  };
}
