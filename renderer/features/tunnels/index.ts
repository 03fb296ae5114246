export { TunnelsPage as default } from "./TunnelsPage.tsx";
