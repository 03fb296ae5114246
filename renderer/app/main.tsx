import { createRoot } from "react-dom/client";
import { connect } from "../client/index.ts";
import { App } from "./App.tsx";
import "./styles.ts";

const root = document.getElementById("root");
if (root) {
  const connection = await connect();
  createRoot(root).render(<App link={connection} />);
}
