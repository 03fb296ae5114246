export { SecretsPage as default } from "./SecretsPage.tsx";
