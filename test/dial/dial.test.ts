import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { after, describe, test } from "node:test";
import {
  type AddressGuard,
  createAgent,
  createPool,
  createProxied,
  type DialOptions,
  type Dispatcher,
  fetch,
  listedAddressPolicy,
} from "../../src/dial/index.ts";

let connections = 0;
const server = await listen(createServer((_, response) => void response.end("hello")));
server.on("connection", () => connections++);
const proxy = await listen(
  createServer().on("connect", (request, socket) => {
    const { port, hostname } = new URL(`http://${request.url}`);
    tunnels.push(request.url ?? "");
    const upstream = connect(Number(port), hostname === "name.invalid" ? "127.0.0.1" : hostname, () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on("error", () => socket.destroy());
    socket.on("error", () => upstream.destroy());
  }),
);
let proxyConnections = 0;
proxy.on("connection", () => proxyConnections++);
const tunnels: string[] = [];
const port = portOf(server);
after(() => {
  for (const each of [server, proxy]) {
    each.closeAllConnections();
    each.close();
  }
});

const allowAll: AddressGuard = () => undefined;
const publicOnly: AddressGuard = ({ host, address, addressClass }) =>
  addressClass === "public" ? undefined : new Error(`${host}=${address} is ${addressClass}`);

async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "none";
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    return cause instanceof Error ? cause.message : String(cause);
  }
}

async function get(dispatcher: Dispatcher, url: string): Promise<string> {
  try {
    return await (await fetch(url, { dispatcher })).text();
  } finally {
    await dispatcher.destroy();
  }
}

/** Ways to write an address that no stranger may reach, and a name that has two addresses. */
const loopback = [
  "127.0.0.1",
  "127.1",
  "127.0.1",
  "2130706433",
  "0x7f.1",
  "0x7f000001",
  "0177.1",
  "017700000001",
  "127.255.255.254",
];
const metadata = [
  "169.254.169.254",
  "2852039166",
  "0xa9fea9fe",
  "0251.0376.0251.0376",
  "169.16689662",
  "169.254.170.2",
  "100.100.100.200",
];
const others = [
  "0.0.0.0",
  "0",
  "10.0.0.1",
  "172.16.0.1",
  "192.168.1.1",
  "100.64.0.1",
  "224.0.0.1",
  "240.0.0.1",
  "198.18.0.1",
  "255.255.255.255",
];
const v6 = [
  "::1",
  "::",
  "0:0:0:0:0:0:0:1",
  "::ffff:127.0.0.1",
  "::ffff:7f00:1",
  "::ffff:169.254.169.254",
  "::127.0.0.1",
  "64:ff9b::7f00:1",
  "64:ff9b::a9fe:a9fe",
  "2002:7f00:1::",
  "2002:a9fe:a9fe::1",
  "fe80::1",
  "fec0::1",
  "fc00::1",
  "fd00:ec2::254",
  "fd00:ec2::23",
  "ff02::1",
  "2001:db8::1",
  "100::1",
].map((address) => `[${address}]`);
const fullWidth = (text: string): string =>
  text.replace(/[0-9]/g, (digit) => String.fromCharCode(0xff10 + Number(digit))).replaceAll(".", "\u3002");
const dotted = [...loopback, ...metadata, ...others].filter((host) => /^\d+(?:\.\d+){3}$/.test(host));
const spellings = [
  ...loopback,
  ...metadata,
  ...others,
  ...v6,
  ...dotted.map((host) => `${host}.`),
  ...dotted.map(fullWidth),
  "localhost",
  "LOCALHOST",
  "rebind.example.com",
];

describe("one dialer", () => {
  test("no spelling of a denied address gets a byte out (T5, B18)", async () => {
    assert.ok(spellings.length >= 70, `${spellings.length} spellings`);
    const before = connections;
    for (const host of spellings) {
      const options: DialOptions = {
        guard: publicOnly,
        allowH2: false,
        resolve: async (name) =>
          name === "rebind.example.com"
            ? [
                { address: "1.1.1.1", family: 4 },
                { address: "169.254.169.254", family: 4 },
              ]
            : [{ address: "127.0.0.1", family: 4 }],
      };
      assert.match(
        await refusal(get(createAgent(options), `http://${host}:${port}/`)),
        /is (loopback|metadata|private|link-local|multicast|unspecified|reserved)$/,
        host,
      );
    }
    assert.equal(connections, before);
  });

  test("a name is resolved once, and the connection goes to the address that was tested", async () => {
    const resolved: string[] = [];
    const guarded: string[] = [];
    const options: DialOptions = {
      allowH2: true,
      guard: ({ host, address, addressClass }) => {
        guarded.push(`${host} ${address} ${addressClass}`);
        return undefined;
      },
      resolve: async (host) => {
        resolved.push(host);
        return [{ address: "127.0.0.1", family: 4 }];
      },
    };
    const origin = `http://name.invalid:${port}`;
    assert.equal(await get(createPool(origin, options, { connections: 1 }), `${origin}/`), "hello");
    assert.deepEqual(resolved, ["name.invalid"]);
    assert.deepEqual(guarded, ["name.invalid 127.0.0.1 loopback"]);
  });

  test("a name without an address is not found", async () => {
    const agent = createAgent({ guard: allowAll, allowH2: false, resolve: () => Promise.resolve([]) });
    assert.equal(await refusal(get(agent, `http://name.invalid:${port}/`)), "no address for name.invalid");
  });
});

describe("a proxy is dialled like any server (T5, B89)", () => {
  const limits = { connections: 1 };
  // Only https goes through a tunnel; what happens to the handshake behind it is not looked at here.
  const through = async (proxyUrl: string, target: string, options: DialOptions): Promise<string> => {
    const { dispatcher, refusal: refused } = createProxied(proxyUrl, target, options, limits);
    if (refused !== undefined) {
      await dispatcher.destroy();
      return refused.message;
    }
    return refusal(get(dispatcher, target));
  };

  test("a literal address that is denied is refused before anything is sent", async () => {
    const before = proxyConnections;
    const proxyUrl = `http://127.0.0.1:${portOf(proxy)}`;
    assert.match(await through(proxyUrl, "https://name.invalid", { guard: publicOnly, allowH2: true }), /is loopback$/);
    assert.match(
      await through("http://8.8.8.8:1", "https://169.254.169.254", { guard: publicOnly, allowH2: true }),
      /is metadata$/,
    );
    assert.equal(proxyConnections, before);
  });

  test("every address of its name is tested", async () => {
    const before = proxyConnections;
    const options: DialOptions = {
      guard: publicOnly,
      allowH2: true,
      resolve: async () => [{ address: "127.0.0.1", family: 4 }],
    };
    for (const target of ["https://name.invalid", "http://name.invalid"]) {
      assert.match(
        await through(`http://proxy.invalid:${portOf(proxy)}`, target, options),
        /proxy.invalid=127.0.0.1 is loopback/,
      );
    }
    assert.equal(proxyConnections, before);
  });

  test("an allowed one is connected to at the tested address and asked for the server by name", async () => {
    const options: DialOptions = {
      guard: allowAll,
      allowH2: true,
      resolve: async () => [{ address: "127.0.0.1", family: 4 }],
    };
    await through(`http://proxy.invalid:${portOf(proxy)}`, `https://name.invalid:${port}`, options);
    assert.deepEqual(tunnels, [`name.invalid:${port}`]);
  });
});

describe("what an operator lists", () => {
  const cases = [
    { list: [], allowed: ["public"] },
    { list: ["private"], allowed: ["public", "private"] },
    { list: ["loopback", "private"], allowed: ["public", "private", "loopback"] },
    // Words are for these two alone: the others take a range.
    { list: ["metadata", "link-local", "multicast", "unspecified"], allowed: ["public"] },
  ] as const;
  const samples = {
    public: "8.8.8.8",
    private: "10.1.2.3",
    loopback: "127.0.0.1",
    "link-local": "169.254.1.1",
    metadata: "169.254.169.254",
    multicast: "224.0.0.1",
    unspecified: "0.0.0.0",
  } as const;
  for (const { list, allowed } of cases) {
    test(`${list.join(" ") || "nothing"} allows ${allowed.join(" ")}`, () => {
      const policy = listedAddressPolicy(list);
      const found = (
        ["public", "private", "loopback", "link-local", "metadata", "multicast", "unspecified"] as const
      ).filter((addressClass) => policy(addressClass, samples[addressClass]));
      assert.deepEqual(found, allowed);
    });
  }
  test("ranges allow what lies in them, and nothing else of its class", () => {
    const policy = listedAddressPolicy(["10.1.0.0/16", "fd00::/8"]);
    assert.equal(policy("private", "10.1.2.3"), true);
    assert.equal(policy("private", "10.2.2.3"), false);
    assert.equal(policy("private", "fd12::1"), true);
  });
});

async function listen(given: Server): Promise<Server> {
  await new Promise<void>((resolve) => {
    given.listen(0, "127.0.0.1", resolve);
  });
  return given;
}

function portOf(given: Server): number {
  // A listening TCP server has an address with a port.
  return (given.address() as AddressInfo).port;
}
