export { FleetPage as default } from "./FleetPage.tsx";
