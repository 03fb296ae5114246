/** Secrets: what is kept, how a value gets into a container, and the proof that it left no trace. */
export { type ExposureDeps, type Found, prove } from "./exposure.ts";
export {
  type ApiKeys,
  apiKeyName,
  chooseDelivery,
  createApiKey,
  createApiKeys,
  type Delivery,
  deliverFile,
  deliverMemory,
  isTextSecret,
  type LoadOrder,
  type ModelLoader,
  type OwnKeysForServers,
} from "./injection.ts";
export { environmentsOf, type SecretsFile, secretsFile } from "./ledger.ts";
export { Secret, type SecretRegistrar } from "./secret.ts";
export {
  createSecrets,
  type ResolvedSecret,
  type SecretKeeper,
  type Secrets,
  type SecretsDeps,
} from "./service.ts";
