import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What the person does when the security key blinks: touches it, does nothing until the agent gives up, or the agent hangs. */
export type Touch = "given" | "not-given" | "hangs";

export interface SkAgent {
  socket: string;
  /** `sk-ssh-ed25519@openssh.com AAAA… lab` */
  publicText: string;
  fingerprint: string;
  /** The private half as `ssh-keygen` writes it: it names the key in the hardware, which there is none of. */
  privateText: string;
  touch: Touch;
  /** Signatures that were asked for. */
  readonly asked: number;
  stop(): Promise<void>;
}

export type SkType = "sk-ssh-ed25519@openssh.com" | "sk-ecdsa-sha2-nistp256@openssh.com";

const application = "ssh:";
const userPresent = 0x01;

const string = (value: Buffer | string): Buffer => {
  const bytes = Buffer.from(value as string);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};
const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
/** An mpint (RFC 4251, section 5). */
const mpint = (value: Buffer): Buffer => {
  const first = value.findIndex((byte) => byte !== 0);
  const bare = first < 0 ? Buffer.alloc(0) : value.subarray(first);
  return string((bare[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.from([0]), bare]) : bare);
};

/**
 * An agent (draft-ietf-sshm-ssh-agent) with one FIDO key that is made of software: it signs
 * sha256(application) ‖ flags ‖ counter ‖ sha256(message), as PROTOCOL.u2f of OpenSSH has it.
 */
export async function startSkAgent(type: SkType): Promise<SkAgent> {
  const dir = mkdtempSync(join(tmpdir(), "gatehouse-sk-"));
  const socket = join(dir, "agent.sock");
  const { publicKey, privateKey } =
    type === "sk-ssh-ed25519@openssh.com"
      ? generateKeyPairSync("ed25519")
      : generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const blob = Buffer.concat([string(type), publicPart(type, publicKey), string(application)]);
  let counter = 0;
  const open = new Set<Socket>();

  const agent: SkAgent & { asked: number } = {
    socket,
    publicText: `${type} ${blob.toString("base64")} lab`,
    fingerprint: `SHA256:${createHash("sha256").update(blob).digest("base64").replaceAll("=", "")}`,
    privateText: privateFile(type, publicPart(type, publicKey), blob),
    touch: "given",
    asked: 0,
    async stop() {
      for (const one of open) one.destroy();
      await new Promise((resolve) => server.close(resolve));
      rmSync(dir, { recursive: true, force: true });
    },
  };

  function signature(message: Buffer): Buffer {
    counter += 1;
    const tail = Buffer.concat([Buffer.from([userPresent]), uint32(counter)]);
    const hash = (data: Buffer | string) => createHash("sha256").update(data).digest();
    const signed = Buffer.concat([hash(application), tail, hash(message)]);
    return string(Buffer.concat([string(type), string(rawSignature(type, privateKey, signed)), tail]));
  }

  function answer(request: Buffer): Buffer | null {
    const failure = Buffer.from([5]);
    if (request[0] === 11) return Buffer.concat([Buffer.from([12]), uint32(1), string(blob), string("lab")]);
    if (request[0] !== 13) return failure;
    agent.asked += 1;
    if (agent.touch === "hangs") return null;
    if (agent.touch === "not-given") return failure;
    const skip = 1 + 4 + request.readUInt32BE(1);
    const message = request.subarray(skip + 4, skip + 4 + request.readUInt32BE(skip));
    return Buffer.concat([Buffer.from([14]), signature(message)]);
  }

  const server = createServer((client) => {
    open.add(client.on("error", () => {}).on("close", () => open.delete(client)));
    let heard = Buffer.alloc(0);
    client.on("data", (chunk: Buffer) => {
      heard = Buffer.concat([heard, chunk]);
      while (heard.length >= 4 && heard.length >= 4 + heard.readUInt32BE(0)) {
        const size = heard.readUInt32BE(0);
        const told = answer(heard.subarray(4, 4 + size));
        heard = heard.subarray(4 + size);
        if (told) client.write(string(told));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return agent;
}

function publicPart(type: SkType, key: KeyObject): Buffer {
  const jwk = key.export({ format: "jwk" });
  const x = Buffer.from(jwk.x ?? "", "base64url");
  if (type === "sk-ssh-ed25519@openssh.com") return string(x);
  const point = Buffer.concat([Buffer.from([4]), x, Buffer.from(jwk.y ?? "", "base64url")]);
  return Buffer.concat([string("nistp256"), string(point)]);
}

function rawSignature(type: SkType, key: KeyObject, data: Buffer): Buffer {
  if (type === "sk-ssh-ed25519@openssh.com") return sign(null, data, key);
  const both = sign("sha256", data, { key, dsaEncoding: "ieee-p1363" });
  return Buffer.concat([mpint(both.subarray(0, 32)), mpint(both.subarray(32))]);
}

/** openssh-key-v1 (PROTOCOL.key of OpenSSH) with the private part of a FIDO key: flags, key handle, reserved. */
function privateFile(type: SkType, own: Buffer, blob: Buffer): string {
  const handle = [Buffer.from([userPresent]), string("handle"), string(""), string("lab")];
  const bare = Buffer.concat([uint32(7), uint32(7), string(type), own, string(application), ...handle]);
  const padding = Buffer.from([1, 2, 3, 4, 5, 6, 7]).subarray(0, (8 - (bare.length % 8)) % 8);
  const head = [Buffer.from("openssh-key-v1\0"), string("none"), string("none"), string(""), uint32(1)];
  const all = Buffer.concat([...head, string(blob), string(Buffer.concat([bare, padding]))]);
  const lines = all.toString("base64").match(/.{1,70}/g) ?? [];
  return ["-----BEGIN OPENSSH PRIVATE KEY-----", ...lines, "-----END OPENSSH PRIVATE KEY-----", ""].join("\n");
}
