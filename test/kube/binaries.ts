import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

let building: Promise<string> | undefined;

/** The folder with kube-apiserver, kubectl, kwok, etcd…; the first call on a machine builds them, which takes minutes. */
export function controlPlaneBinaries(): Promise<string> {
  building ??= build();
  return building;
}

function build(): Promise<string> {
  const script = fileURLToPath(new URL("build.sh", import.meta.url));
  return new Promise((resolve, reject) => {
    const child = spawn(script, { stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      output += chunk;
    });
    child.once("error", reject);
    child.once("close", (code) => {
      const folder = output.trimEnd().split("\n").at(-1) ?? "";
      if (code === 0 && folder !== "") resolve(folder);
      else reject(new Error(`${script} failed with exit code ${code}: it needs Go and access to the Go module proxy`));
    });
  });
}
