/**
 * Adds the binary packages of other platforms that `npm install` has left out of package-lock.json. npm leaves out what the registry in use does not
 * serve, and `npm ci` then refuses the whole file, also on platforms that need none of them. Run it after a change of dependencies.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

interface LockedPackage {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}
interface Lockfile {
  packages: Record<string, LockedPackage>;
}

const systems = ["aix", "android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "sunos", "win32"];
const processors = ["arm64", "arm", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x", "wasm32", "x64"];

const path = fileURLToPath(new URL("../package-lock.json", import.meta.url));
// npm's own file, version 3.
const lockfile = JSON.parse(readFileSync(path, "utf8")) as Lockfile;
const added = missingPackages(lockfile);
lockfile.packages = Object.fromEntries(
  [...Object.entries(lockfile.packages), ...added].sort(([a], [b]) => a.localeCompare(b, "en")),
);
writeFileSync(path, `${JSON.stringify(lockfile, null, 2)}\n`);
console.log(`${added.length} packages of other platforms added`);

function missingPackages({ packages }: Lockfile): [string, LockedPackage][] {
  return Object.entries(packages).flatMap(([parent, { dev, optionalDependencies = {} }]) =>
    Object.entries(optionalDependencies)
      .filter(
        ([name, version]) =>
          /^\d/.test(version) &&
          !(`node_modules/${name}` in packages) &&
          !(`${parent}/node_modules/${name}` in packages),
      )
      .map(([name, version]): [string, LockedPackage] => [
        `node_modules/${name}`,
        { version, ...platformOf(name), ...(dev === undefined ? {} : { dev }), optional: true },
      ]),
  );
}

/** The platform that the package's name tells: `@x/cli-linux-arm64-musl`. */
function platformOf(name: string): Pick<LockedPackage, "os" | "cpu" | "libc"> {
  const words = name.split(/[/-]/);
  const find = (known: readonly string[]): string[] => known.filter((word) => words.includes(word)).slice(0, 1);
  const os = find(systems);
  const cpu = find(processors);
  if (os.length === 0 || cpu.length === 0) throw new Error(`${name}: its name tells no platform`);
  const libc = os[0] !== "linux" ? undefined : words.some((word) => word.startsWith("musl")) ? "musl" : "glibc";
  return { cpu, os, ...(libc === undefined ? {} : { libc: [libc] }) };
}
