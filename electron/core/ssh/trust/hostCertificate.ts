/** How many fields hold the public key, by its type (OpenSSH, PROTOCOL.certkeys). */
const keyFields = new Map([
  ["ssh-ed25519", 1],
  ["ecdsa-sha2-nistp256", 2],
  ["ecdsa-sha2-nistp384", 2],
  ["ecdsa-sha2-nistp521", 2],
  ["ssh-rsa", 2],
]);

export interface HostCertificate {
  /** The bare key that it is about: type and public key blob. */
  type: string;
  key: Buffer;
  /** Blob of the key that is said to have signed it. */
  authority: Buffer;
}

/** Takes a certificate apart; whether it holds is for OpenSSH's client to judge. `null` when it is none. */
export function readHostCertificate(blob: Buffer): HostCertificate | null {
  let at = 0;
  const field = (): Buffer | null => {
    const from = at + 4;
    if (from > blob.length) return null;
    at = from + blob.readUInt32BE(at);
    return at > blob.length ? null : blob.subarray(from, at);
  };
  const type = /^(.+)-cert-v01@openssh\.com$/.exec(field()?.toString("latin1") ?? "")?.[1] ?? "";
  const count = keyFields.get(type);
  if (count === undefined || field() === null) return null;
  const begin = at;
  for (let i = 0; i < count; i += 1) if (field() === null) return null;
  const key = Buffer.concat([sized(type), blob.subarray(begin, at)]);
  // Serial number and kind; then name, principals, the dates, options, extensions, and what is reserved.
  at += 8 + 4;
  if (field() === null || field() === null) return null;
  at += 8 + 8;
  if (field() === null || field() === null || field() === null) return null;
  const authority = field();
  return authority === null ? null : { type, key, authority: Buffer.from(authority) };
}

function sized(text: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  return Buffer.concat([length, Buffer.from(text, "latin1")]);
}
