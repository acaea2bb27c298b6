export { startSandbox } from "./sandbox.ts";
export type { Sandbox, SandboxOptions, SandboxRequest, SandboxRequests } from "./sandbox-door.ts";
