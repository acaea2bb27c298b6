export { type AwsCredentials, awsHost, createSigner } from "./aws-signer.ts";
