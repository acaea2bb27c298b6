import { normalizeRepositoryUrl } from "../../app/index.ts";

/** A secret that git forges sign their deliveries with, and the repositories that it may speak for. */
export interface WebhookSecret {
  /** 32 bytes or more; fewer than 16 are refused. */
  readonly secret: string;
  /** `owner/name` or `host/owner/name`, `*` for any one segment's text, case ignored. Absent: any repository. */
  readonly repositories?: readonly string[];
}

const leastBytes = 16;
const goodBytes = 32;

/**
 * Checks secrets before they are used: an empty HMAC key would work and let anybody in (reliability.md T1). Names secrets by position, never by value.
 * @returns what must stop the start, and what is only worth a warning.
 */
export function checkWebhookSecrets(secrets: readonly WebhookSecret[]): {
  readonly faults: readonly string[];
  readonly warnings: readonly string[];
} {
  const faults: string[] = [];
  const warnings: string[] = [];
  for (const [index, { secret, repositories }] of secrets.entries()) {
    const name = `webhook secret ${index + 1} of ${secrets.length}`;
    const bytes = Buffer.byteLength(secret);
    const hint = "hint: openssl rand -hex 32";
    if (secret.trim() === "") faults.push(`${name} is empty (${hint})`);
    else if (bytes < leastBytes)
      faults.push(`${name} has ${bytes} bytes, the least that is accepted is ${leastBytes} (${hint})`);
    else if (bytes < goodBytes) warnings.push(`${name} has ${bytes} bytes, ${goodBytes} or more are advised (${hint})`);
    if (secret !== secret.trim())
      warnings.push(`${name} begins or ends with white space, which the forge must have as well`);
    for (const pattern of repositories ?? []) {
      if (!/^(?:[^/\s]+\/)?[^/\s]+\/[^/\s]+$/.test(pattern))
        faults.push(`${name}: "${pattern}" is no repository pattern (expected owner/name or host/owner/name)`);
    }
  }
  return { faults, warnings };
}

/** Whether the secret may speak for a repository, in every spelling of its URL that the delivery holds. */
export function speaksFor(secret: WebhookSecret, repositoryUrls: readonly string[]): boolean {
  const { repositories } = secret;
  if (repositories === undefined) return true;
  const patterns = repositories.map(toRegExp);
  return repositoryUrls.every((url) => patterns.some((pattern) => pattern.test(normalizeRepositoryUrl(url))));
}

function toRegExp(pattern: string): RegExp {
  const segments = pattern
    .split("/")
    .map((segment) => segment.split("*").map(escapeRegExp).join("[^/]*"))
    .join("/");
  const host = pattern.split("/").length === 3 ? "" : "[^/]+/";
  return new RegExp(`^${host}${segments}$`, "i");
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}
