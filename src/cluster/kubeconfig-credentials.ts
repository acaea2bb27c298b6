import { createPrivateKey, X509Certificate } from "node:crypto";
import type { EpochMs } from "../base/index.ts";
import type { ClientCertificate } from "./cluster-access.ts";
import { ClusterError } from "./cluster-error.ts";

/** PEM text of `certificate-authority-data`; every certificate in it must be readable. */
export function readAuthority(data: string | undefined, field: string): string | undefined {
  if (!data) return undefined;
  const pem = decode(data, field);
  certificatesOf(pem, field);
  return pem;
}

/** The client pair: both halves, valid now, and belonging together (reliability.md B88). */
export function readClientCertificate(
  certificateData: string | undefined,
  keyData: string | undefined,
  path: (field: string) => string,
  now: EpochMs,
): ClientCertificate | undefined {
  const certificateField = path("client-certificate-data");
  const keyField = path("client-key-data");
  if (!certificateData && !keyData) return undefined;
  if (!certificateData) throw invalid(certificateField, `is absent although ${keyField} is set`);
  if (!keyData) throw invalid(keyField, `is absent although ${certificateField} is set`);
  const certificate = decode(certificateData, certificateField);
  const key = decode(keyData, keyField);
  const [leaf] = certificatesOf(certificate, certificateField);
  const privateKey = keyOf(key, keyField);
  if (leaf === undefined || !leaf.checkPrivateKey(privateKey))
    throw invalid(keyField, `does not belong to ${certificateField}`);
  if (Date.parse(leaf.validTo) <= now) throw invalid(certificateField, `expired on ${leaf.validTo}`);
  if (Date.parse(leaf.validFrom) > now) throw invalid(certificateField, `is not valid before ${leaf.validFrom}`);
  return { certificate, key };
}

/** A bearer token; blanks around it come from files and are removed, others would break the header. */
export function readToken(token: string | undefined, field: string): string | undefined {
  const trimmed = token?.trim();
  if (!trimmed) return undefined;
  if (/[^\x21-\x7e]/.test(trimmed)) throw invalid(field, "holds blanks or characters that no token has");
  return trimmed;
}

function decode(data: string, field: string): string {
  const compact = data.replace(/\s+/g, "");
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(compact) || compact.length % 4 === 1) throw invalid(field, "is not base64");
  return Buffer.from(compact, "base64").toString("utf8");
}

function certificatesOf(pem: string, field: string): readonly X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) throw invalid(field, "holds no PEM certificate");
  return blocks.map((block) => {
    try {
      return new X509Certificate(block);
    } catch {
      // The library's text adds nothing that helps, and might quote the data.
      throw invalid(field, "holds a certificate that cannot be read");
    }
  });
}

function keyOf(pem: string, field: string): ReturnType<typeof createPrivateKey> {
  try {
    return createPrivateKey(pem);
  } catch {
    // As above: never any text about the key itself.
    throw invalid(field, "is not an unencrypted PEM private key");
  }
}

function invalid(field: string, problem: string): ClusterError {
  return new ClusterError({ code: "KUBECONFIG_INVALID", field, message: `kubeconfig: ${field} ${problem}` });
}
