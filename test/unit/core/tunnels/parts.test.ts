import { type AddressInfo, createServer } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { commandOf } from "../../../../electron/core/tunnels/command.ts";
import { HTTP_HEAD_LIMIT, statusOf } from "../../../../electron/core/tunnels/httpStatus.ts";
import { Meter } from "../../../../electron/core/tunnels/meter.ts";
import { nextFreePort, portOwner } from "../../../../electron/core/tunnels/portOwner.ts";
import { socketsOf } from "../../../../electron/core/tunnels/procNet.ts";

describe("the status of an answer", () => {
  it.each<[string, ReturnType<typeof statusOf>]>([
    ["HTTP/1.1 200 OK\r\n", 200],
    ["HTTP/1.0 503", 503],
    ["HTTP/1.1 404\r\n", 404],
    ["", "more"],
    ["HTT", "more"],
    ["HTTP/1.1 20", "more"],
    ["SSH-2.0-OpenSSH_9.2", null],
    ["HTTP/2 200", null],
    ["HTTP/1.1 999", null],
    ["<html>", null],
  ])("%j is %j", (head, status) => {
    expect(statusOf(head)).toBe(status);
  });

  it("is told at the latest at the twelfth letter, whatever comes", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 12, maxLength: HTTP_HEAD_LIMIT }), (head) => {
        expect(statusOf(head)).not.toBe("more");
      }),
    );
  });
});

describe("the same with OpenSSH", () => {
  const ssh = { address: "gpu-1.example.net", port: 22, user: "anna" };
  const local = {
    kind: "local",
    name: "x",
    hostId: "h",
    localPort: 8888,
    autoStart: false,
    target: { kind: "tcp", host: "172.18.0.2", port: 8000 },
    probe: { kind: "none" },
    bind: "127.0.0.1",
    exposed: false,
  } as const;
  it.each<[string, Parameters<typeof commandOf>, string]>([
    ["a port", [local, ssh], "ssh -N -L 127.0.0.1:8888:172.18.0.2:8000 anna@gpu-1.example.net"],
    [
      "IPv6 at both ends, another SSH port",
      [
        { ...local, bind: "::1", target: { kind: "tcp", host: "fd00::1", port: 80 } },
        { ...ssh, port: 2222 },
      ],
      "ssh -N -L '[::1]:8888:[fd00::1]:80' -p 2222 anna@gpu-1.example.net",
    ],
    [
      "a socket with a blank in its name",
      [{ ...local, target: { kind: "unix", path: "/run/my sock" } }, ssh],
      "ssh -N -L '127.0.0.1:8888:/run/my sock' anna@gpu-1.example.net",
    ],
    [
      "a port of the host",
      [
        {
          kind: "remote",
          name: "x",
          hostId: "h",
          autoStart: false,
          listen: { kind: "tcp", bind: "127.0.0.1", port: 9000 },
          target: { kind: "tcp", host: "localhost", port: 3000 },
          probe: { kind: "none" },
          exposed: false,
        },
        ssh,
      ],
      "ssh -N -R 127.0.0.1:9000:localhost:3000 anna@gpu-1.example.net",
    ],
    [
      "sockets at both ends, one with a colon",
      [
        {
          kind: "remote",
          name: "x",
          hostId: "h",
          autoStart: false,
          listen: { kind: "unix", path: "/run/a:b" },
          target: { kind: "unix", path: "/tmp/c" },
          probe: { kind: "none" },
          exposed: false,
        },
        ssh,
      ],
      "ssh -N -R '/run/a\\:b:/tmp/c' anna@gpu-1.example.net",
    ],
    [
      "a SOCKS server",
      [{ kind: "dynamic", name: "x", hostId: "h", localPort: 1080, autoStart: false }, ssh],
      "ssh -N -D 127.0.0.1:1080 anna@gpu-1.example.net",
    ],
  ])("%s", (_, args, command) => {
    expect(commandOf(...args)).toBe(command);
  });
});

describe("who holds a port", () => {
  const table = [
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
    "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 31337 1 0 100 0 0 10 0",
    "   1: 0100007F:1F90 0100007F:C001 01 00000000:00000000 00:00000000 00000000  1000        0 31338 1 0 20 4 30 10 -1",
    "   2: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0 0 10 0",
    "garbage",
  ].join("\n");

  it("is read from the lines that listen", () => {
    expect(socketsOf(table)).toEqual([
      { port: 8080, inode: "31337", loopback: true },
      { port: 22, inode: "4711", loopback: false },
    ]);
    expect(socketsOf("")).toEqual([]);
  });

  it.each<[string, string, boolean]>([
    ["127.0.0.1", "0100007F", true],
    ["127.0.1.1", "0101007F", true],
    ["everywhere", "00000000", false],
    ["10.0.0.127", "7F00000A", false],
    ["::1", "00000000000000000000000001000000", true],
    ["everywhere by IPv6", "00000000000000000000000000000000", false],
    ["::ffff:127.0.0.1", "0000000000000000FFFF00000100007F", true],
    ["::ffff:10.0.0.127", "0000000000000000FFFF00007F00000A", false],
    ["fe80::7f", "000080FE00000000000000000000007F", false],
  ])("tells the loopback interface from others: %s", (_, address, loopback) => {
    const line = `   0: ${address}:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 7 1 0 100 0 0 10 0`;
    expect(socketsOf(line)).toEqual([{ port: 80, inode: "7", loopback }]);
  });

  it("is this very process for a port of ours, and the next free one is another", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    const owner = await portOwner(port);
    expect(owner.pid).toBe(process.platform === "linux" ? process.pid : null);
    const free = await nextFreePort("127.0.0.1", 20_500, new Set([20_500, 20_501]));
    expect(free).toBeGreaterThan(20_501);
    server.close();
    expect(await portOwner(1)).toEqual({ program: null, pid: null });
  });
});

describe("the meter", () => {
  it("has rates while somebody watches, and rests", () => {
    const meter = new Meter();
    meter.inBytes = 3000;
    meter.rest();
    expect(meter.tick(1000)).toBe(false);
    meter.inBytes += 500;
    meter.outBytes += 20;
    expect([meter.tick(1000), meter.view().inPerSecond, meter.view().outPerSecond]).toEqual([true, 500, 20]);
    // Coming to rest is news once.
    expect([meter.tick(1000), meter.view().inPerSecond, meter.tick(1000)]).toEqual([true, 0, false]);
  });
});
