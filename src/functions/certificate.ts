import { X509Certificate } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { isIP } from "node:net";
import { hostname } from "node:os";
import { join } from "node:path";
import type { LocalConfig } from "./config.ts";

/** How the local server shows who it is. */
export interface ServerCertificate {
  /** PEM chain. */
  readonly cert: string;
  readonly key: string;
  /** PEM that a kubeconfig must trust; absent when the operator's own certificate is served (system roots then decide). */
  readonly ca?: string;
}

const lifeMs = 3_650 * 86_400_000;
/** A certificate this close to its end is made anew at start. */
const renewBeforeMs = 30 * 86_400_000;

/**
 * The certificate to serve with; `undefined` for plain HTTP. One of our own is made once, kept in the data folder (key readable by its owner only)
 * and made anew when it ends soon or does not name a host that lateen is reached by.
 */
export async function serverCertificate(config: LocalConfig, now: number): Promise<ServerCertificate | undefined> {
  const { tls } = config;
  if (tls.mode === "off") return undefined;
  if (tls.mode === "files") return { cert: readFileSync(tls.certFile, "utf8"), key: readFileSync(tls.keyFile, "utf8") };
  const folder = join(config.dataDir, "tls");
  const hosts = hostsOf(config);
  return keptCertificate(folder, hosts, now) ?? (await makeCertificate(folder, hosts, now));
}

function keptCertificate(folder: string, hosts: readonly string[], now: number): ServerCertificate | undefined {
  try {
    const cert = readFileSync(join(folder, "cert.pem"), "utf8");
    const key = readFileSync(join(folder, "key.pem"), "utf8");
    const parsed = new X509Certificate(cert);
    const named = hosts.every(
      (host) => (isIP(host) === 0 ? parsed.checkHost(host) : parsed.checkIP(host)) !== undefined,
    );
    return named && parsed.validToDate.getTime() - now > renewBeforeMs ? { cert, key, ca: cert } : undefined;
  } catch {
    // None yet, or not readable as a pair: a new one is made, and kubeconfigs printed from now on trust it.
    return undefined;
  }
}

async function makeCertificate(folder: string, hosts: readonly string[], now: number): Promise<ServerCertificate> {
  // Loaded here and once in years: its ASN.1 packages would be a fifth of every start.
  const { generate } = await import("selfsigned");
  const made = await generate([{ name: "commonName", value: "lateen" }], {
    keyType: "ec",
    algorithm: "sha256",
    // An hour back: clocks of other machines may be behind.
    notBeforeDate: new Date(now - 3_600_000),
    notAfterDate: new Date(now + lifeMs),
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", digitalSignature: true, keyCertSign: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      {
        name: "subjectAltName",
        altNames: hosts.map((host) => (isIP(host) === 0 ? { type: 2, value: host } : { type: 7, ip: host })),
      },
    ],
  });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, "key.pem"), made.private, { mode: 0o600 });
  writeFileSync(join(folder, "cert.pem"), made.cert, { mode: 0o600 });
  return { cert: made.cert, key: made.private, ca: made.cert };
}

function hostsOf(config: LocalConfig): readonly string[] {
  const hosts = new Set(["localhost", "127.0.0.1", hostname()]);
  if (config.host !== "0.0.0.0" && config.host !== "::") hosts.add(config.host);
  if (config.publicUrl !== undefined) hosts.add(new URL(config.publicUrl).hostname.replace(/^\[|\]$/g, ""));
  return [...hosts];
}
