import type { KeychainStateView } from "../../contract/index.ts";
import type { KeychainState } from "../keychain/index.ts";
import type { Guarded } from "./guard.ts";
import type { Services } from "./services.ts";

export function secretRoutes(os: Guarded, services: Services) {
  const { containers, keychain, secrets } = services;
  return {
    secrets: {
      list: os.secrets.list.handler(async ({ input }) => {
        const rows = await secrets.list(input.environment);
        return rows.map((row) => ({
          ...row,
          usedBy: containers.usersOf(row).map((user) => ({ ...user, current: user.version === row.version })),
        }));
      }),
      put: os.secrets.put.handler(({ input }) => secrets.put(input)),
      remove: os.secrets.remove.handler(async ({ input }) => {
        await secrets.remove(input);
        return {};
      }),
      reveal: os.secrets.reveal.handler(({ input }) => secrets.reveal(input)),
    },
    keychain: {
      state: os.keychain.state.handler(() => keychainView(keychain.state())),
      useKeychain: os.keychain.useKeychain.handler(async () => {
        await keychain.useKeychain();
        return keychainView(keychain.state());
      }),
      useSession: os.keychain.useSession.handler(async () => {
        await keychain.useSession();
        return keychainView(keychain.state());
      }),
      useVault: os.keychain.useVault.handler(async ({ input }) => {
        await withBytes(input.passphrase, (bytes) => keychain.useVault(bytes));
        return keychainView(keychain.state());
      }),
      unlock: os.keychain.unlock.handler(async ({ input }) => {
        await withBytes(input.passphrase, (bytes) => keychain.unlock(bytes));
        return keychainView(keychain.state());
      }),
      lock: os.keychain.lock.handler(async () => {
        await keychain.lock();
        return keychainView(keychain.state());
      }),
    },
  };
}

function keychainView(state: KeychainState): KeychainStateView {
  return {
    mode: state.mode,
    locked: state.mode === "vault" && state.locked,
    backend: state.backend,
    reason: state.reason,
    vaultExists: state.vaultExists,
  };
}

/** Lends a typed-in passphrase as bytes and overwrites them afterwards. */
async function withBytes(text: string, use: (bytes: Buffer) => Promise<void>): Promise<void> {
  const bytes = Buffer.from(text, "utf8");
  try {
    await use(bytes);
  } finally {
    bytes.fill(0);
  }
}
