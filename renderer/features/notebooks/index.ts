export { NotebooksPage as default } from "./NotebooksPage.tsx";
