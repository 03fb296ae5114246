import { z } from "zod";
import { change, environmentName, hostId, read, reveal, secretErrors, secretName, time } from "./base.ts";

export const keychainState = z.object({
  mode: z.enum(["keychain", "vault", "session", "unset"]),
  locked: z.boolean(),
  /** The system's own name for it: `Secret Service`, `Keychain`, `Credential Manager`. */
  backend: z.string(),
  /** Why the system's keychain cannot be used, as `code` or `code: evidence` (words: `keychain.reason.<code>`); null when it can. */
  reason: z.string().nullable(),
  /** A passphrase vault file is there from before. */
  vaultExists: z.boolean(),
});
export type KeychainStateView = z.infer<typeof keychainState>;

export const secretRow = z.object({
  environment: z.string(),
  name: z.string(),
  version: z.number().int(),
  createdAt: time.nullable(),
  updatedAt: time.nullable(),
  /** Where the value lies. `sealed`: in a file that only a key in the keychain opens. */
  store: z.enum(["keychain", "sealed", "vault", "session"]),
  /** Too short or too common to be masked safely. */
  weak: z.boolean(),
  usedBy: z.array(
    z.object({
      hostId,
      hostName: z.string(),
      containerId: z.string(),
      containerName: z.string(),
      version: z.number().int(),
      current: z.boolean(),
    }),
  ),
});
export type SecretRow = z.infer<typeof secretRow>;

const ref = z.strictObject({ environment: environmentName, name: secretName });

export const secrets = {
  list: read
    .errors(secretErrors)
    .input(z.strictObject({ environment: environmentName.optional() }))
    .output(z.array(secretRow)),
  /** Write only: the value is never sent back. `base64` is for values that are not text. */
  put: change("secret.put")
    .errors(secretErrors)
    .input(
      z.strictObject({
        environment: z.string().max(200),
        name: z.string().max(400),
        value: z.string().max(2_000_000),
        encoding: z.enum(["text", "base64"]),
      }),
    )
    .output(z.object({ version: z.number().int() })),
  remove: change("secret.remove")
    .errors(secretErrors)
    .input(z.strictObject({ environment: environmentName, name: secretName, confirm: z.string() }))
    .output(z.object({})),
  /** The one way out. Production needs a reason. */
  reveal: reveal("secret.reveal")
    .errors(secretErrors)
    .input(ref.extend({ reason: z.string().max(500) }))
    .output(z.object({ value: z.string(), encoding: z.enum(["text", "base64"]), hideAfterMs: z.number().int() })),
};

export const keychain = {
  state: read.output(keychainState),
  useKeychain: change("keychain.use-system").errors(secretErrors).output(keychainState),
  useSession: change("keychain.use-session").errors(secretErrors).output(keychainState),
  /** Makes the vault when there is none, else opens it. */
  useVault: change("keychain.use-vault")
    .errors(secretErrors)
    .input(z.strictObject({ passphrase: z.string().min(8).max(1024) }))
    .output(keychainState),
  unlock: change("keychain.unlock")
    .errors(secretErrors)
    .input(z.strictObject({ passphrase: z.string().min(1).max(1024) }))
    .output(keychainState),
  lock: change("keychain.lock").errors(secretErrors).output(keychainState),
};
