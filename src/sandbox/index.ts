export type { Sandbox, SandboxOptions, SandboxRequest, SandboxRequests } from "./sandbox-door.ts";
