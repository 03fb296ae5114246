export { ContainersPage as default } from "./ContainersPage.tsx";
