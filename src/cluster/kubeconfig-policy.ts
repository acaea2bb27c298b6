import type { EpochMs } from "../base/index.ts";

/** What an operator allows beyond the safe default; everything is off when absent. */
export interface KubeconfigPolicy {
  /** Time of the check, for certificates that have expired. */
  readonly now: EpochMs;
  /** Says whether a server may be spoken to at all: `true`, or why not. Default: every server may. */
  readonly allowServer?: (server: URL) => true | string;
  /** Unencrypted `http://` to other hosts than this one. */
  readonly allowHttp?: boolean;
  /** `insecure-skip-tls-verify`. */
  readonly allowInsecureTls?: boolean;
  /** `proxy-url`. */
  readonly allowProxy?: boolean;
  /** `as`, `as-uid`, `as-groups`, `as-user-extra`. */
  readonly allowImpersonation?: boolean;
  /** EKS stanzas are read as data and tokens made by this process; off: they are refused like any `exec`. */
  readonly allowEks?: boolean;
  /**
   * Whether an EKS token may be sent to a server whose name is not one that EKS gives out. A token is worth the same at every server, so
   * that a server of somebody's own could use it at the real one. Default: to none.
   */
  readonly allowEksServer?: (server: URL) => boolean;
}
