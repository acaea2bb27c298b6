export { type AwsCredentials, awsHost, type AwsIdentity, createSigner } from "./aws-signer.ts";
