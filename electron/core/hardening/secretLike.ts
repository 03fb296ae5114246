/** Does a plain setting look like a secret? Used on what would be seen in `inspect`. Pure. */

const secretName =
  /(?:^|[_-])(?:TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|PWD|PASS|APIKEY|CREDENTIALS?|AUTH|BEARER|(?:API|ACCESS|PRIVATE|SIGNING|ENCRYPTION|SECRET|MASTER|SSH|LICENSE)[_-]?KEY)$/i;
const passwordName = /(?:^|[_-])(?:SECRET|PASSWORD|PASSWD|PASSPHRASE|PWD|PASS)$/i;
const keyName = /(?:^|[_-])KEY$/i;
/** Names whose long values are public by nature. */
const publicName = /(?:SHA\d*|CHECKSUM|DIGEST|HASH|VERSION|COMMIT|REVISION|UUID|FINGERPRINT|GPG_KEYS?|DEVICES|ROOT)$/i;
/** `X_FILE=/run/secrets/x` is how it should be done. */
const placeName = /(?:FILE|PATH|DIR|HOME|NAME|URL|URI|HOST|TYPE|LIMIT|COUNT|ID)$/i;

/** Issued tokens that tell what they are by how they begin (the public formats of their issuers). */
const knownTokens: readonly RegExp[] = [
  /\bhf_[A-Za-z0-9]{30,}/,
  /\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{60,})/,
  /\bglpat-[\w-]{20}/,
  /\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b/,
  /\bsk-(?:ant-|proj-|svcacct-|admin-)?[\w-]{20,}/,
  /\bxox[abepr]-[\w-]{10,}/,
  /\bAIza[\w-]{35}/,
  /\bya29\.[\w-]{20,}/,
  /\bhv[sb]\.[\w-]{20,}/,
  /\bnvapi-[\w-]{40,}/,
  /\bdckr_pat_[\w-]{20,}/,
  /\bnpm_[A-Za-z0-9]{36}/,
  /\bpypi-AgEI[\w-]{40,}/,
  /\b[sr]k_(?:live|test|prod)_[A-Za-z0-9]{10,}/,
  /\bglsa_[A-Za-z0-9]{32}_[0-9a-f]{8}/,
  /\bAGE-SECRET-KEY-1[A-Z0-9]{50,}/,
  /\beyJ[\w-]{14,}\.eyJ[\w-]{14,}\.[\w-]{10,}/,
  /-----BEGIN [A-Z ]*PRIVATE KEY/,
];

/** Shannon entropy of the characters, bits each. */
export function entropyOf(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  return [...counts.values()].reduce((sum, count) => sum - (count / total) * Math.log2(count / total), 0);
}

function isPlaceholder(value: string): boolean {
  return value === "" || /^(?:\$\{?\w+\}?|<.*>|\{\{.*\}\}|x{3,}|\*+|\[.*\])$/i.test(value);
}

function isWord(value: string): boolean {
  return /^(?:true|false|yes|no|on|off|none|null|auto)$/i.test(value);
}

function isNumber(value: string): boolean {
  return /^-?\d{1,15}(?:\.\d+)?$/.test(value);
}

/** Two names or more: one slash alone also begins some base64. */
function isPath(value: string): boolean {
  return /^(?:\/[\w.@-]+){2,}\/?$/.test(value);
}

function looksRandom(value: string): boolean {
  if (/^[0-9a-f]{32,}$/i.test(value)) return entropyOf(value.toLowerCase()) >= 3;
  if (!/^[A-Za-z0-9+/_=-]{24,}$/.test(value) || value.startsWith("/")) return false;
  return /[a-z]/.test(value) && /[A-Z]/.test(value) && /\d/.test(value) && entropyOf(value) >= 3.8;
}

export type SecretLook = "token" | "url" | "name" | "random";

/** Why a text looks like a secret whatever its name, or `null`. */
export function textLooksSecret(text: string): SecretLook | null {
  if (knownTokens.some((shape) => shape.test(text))) return "token";
  if (/\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:[^\s/@]+@/i.test(text)) return "url";
  return null;
}

/** Why the setting looks like a secret, or `null`. A path of a secret's file does not. */
export function settingLooksSecret(name: string, value: string): SecretLook | null {
  const known = textLooksSecret(value);
  if (known !== null) return known;
  if (isPlaceholder(value) || isWord(value) || isPath(value) || publicName.test(name)) return null;
  // A number may be a password, and is no token: `PAD_TOKEN=0`.
  if (isNumber(value)) return passwordName.test(name) ? "name" : null;
  if (secretName.test(name)) return "name";
  if (keyName.test(name) && value.length >= 16 && entropyOf(value) >= 3) return "name";
  return !placeName.test(name) && looksRandom(value) ? "random" : null;
}
