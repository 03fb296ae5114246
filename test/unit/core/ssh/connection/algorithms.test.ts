import ssh2 from "ssh2";
import { describe, expect, it } from "vitest";
import { chooseAlgorithms, runtimeAbilities } from "../../../../../electron/core/ssh/connection/algorithms.ts";

const all = runtimeAbilities();
const without = (...ciphers: string[]) => ({ ...all, ciphers: all.ciphers.filter((name) => !ciphers.includes(name)) });

describe("what is offered to a server", () => {
  it("puts AES-GCM first and has nothing that is weak", () => {
    const chosen = chooseAlgorithms(all, []);
    expect(chosen.cipher[0]).toBe("aes128-gcm@openssh.com");
    const names = Object.values(chosen).flat().join(" ");
    expect(names).not.toMatch(/sha1|md5|cbc|arcfour|ssh-dss|zlib/);
    expect(chosen.serverHostKey).not.toContain("ssh-rsa");
  });

  it("names nothing that the runtime lacks: Electron has no chacha20", () => {
    expect(chooseAlgorithms(without("chacha20"), []).cipher).not.toContain("chacha20-poly1305@openssh.com");
    expect(chooseAlgorithms({ ...all, ciphers: ["AES-128-GCM"] }, []).cipher).toEqual(["aes128-gcm@openssh.com"]);
    expect(chooseAlgorithms({ ...all, hashes: ["sha512"] }, []).hmac).toEqual([
      "hmac-sha2-512-etm@openssh.com",
      "hmac-sha2-512",
    ]);
    expect(chooseAlgorithms({ ...all, curves: [] }, []).kex.filter((name) => /nistp/.test(name))).toEqual([]);
  });

  it.each<[string, string[], string[]]>([
    ["nothing known", [], ["ssh-ed25519", "ecdsa-sha2-nistp256"]],
    ["an ECDSA key", ["ecdsa-sha2-nistp384"], ["ecdsa-sha2-nistp384", "ssh-ed25519"]],
    ["an RSA key, by its newer signatures", ["ssh-rsa"], ["rsa-sha2-512", "rsa-sha2-256", "ssh-ed25519"]],
    ["a type nobody knows", ["sk-ssh-ed25519@openssh.com"], ["ssh-ed25519"]],
  ])("offers known key types first: %s", (_name, known, first) => {
    const { serverHostKey } = chooseAlgorithms(all, known);
    expect(serverHostKey.slice(0, first.length)).toEqual(first);
    expect(serverHostKey).toHaveLength(6);
  });

  it("is accepted whole by ssh2 on this runtime", () => {
    const client = new ssh2.Client();
    const { PassThrough } = process.getBuiltinModule("node:stream");
    const connect = () =>
      client.connect({ username: "x", sock: new PassThrough(), algorithms: chooseAlgorithms(all, []) });
    client.on("error", () => {});
    expect(connect).not.toThrow();
    client.destroy();
  });
});
