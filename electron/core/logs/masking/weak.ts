/** Why a value is not masked blindly: masking it would blacken ordinary words, or it says nothing of the secret. */
export type Weakness = "short" | "few-bytes" | "common";

/** Shortest value, in bytes, that is masked without being forced. */
export const MIN_BYTES = 6;
const MIN_DISTINCT = 4;

const commonWords = new Set(
  (
    "abc123 access account active administrator anonymous api_key apikey backend changeit changeme client config " +
    "connect cookie credential credentials database debug default demo123 disabled docker dragon enabled example " +
    "foobar frontend guest123 healthy iloveyou letmein localhost monkey mysecret mysql nobody nothing notset " +
    "nvidia passphrase passw0rd password password1 password123 placeholder postgres postgresql private production " +
    "public qwerty qwerty123 redacted registry release secret secret123 server service session staging started " +
    "stopped string system testing test123 testtest toor123 ubuntu undefined unknown username welcome worker " +
    "123456 1234567 12345678 123456789 1234567890 abcdef abcdefgh"
  ).split(" "),
);

/** `null` when `given`, without the white space around it, can be told from ordinary log text. */
export function weaknessOf(given: Uint8Array): Weakness | null {
  const value = trimmed(given);
  if (value.length < MIN_BYTES) return "short";
  if (distinctBytes(value) < MIN_DISTINCT) return "few-bytes";
  if (value.length <= 16 && commonWords.has(Buffer.from(value).toString("latin1").toLowerCase())) return "common";
  return null;
}

function distinctBytes(value: Uint8Array): number {
  const seen = new Uint8Array(256);
  let count = 0;
  for (const byte of value) {
    if (seen[byte] === 0) {
      seen[byte] = 1;
      count++;
    }
  }
  return count;
}

/** Without blanks, tabs and line ends around: a file's last newline is not part of a secret. */
export function trimmed(value: Uint8Array): Uint8Array {
  const blank = (byte: number | undefined) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
  let from = 0;
  let to = value.length;
  while (from < to && blank(value[from])) from++;
  while (to > from && blank(value[to - 1])) to--;
  return value.subarray(from, to);
}
