/// <reference types="vite/client" />
/** The renderer over canned data: `?empty&prompt&keychain=unset&theme=light&language=ru`. */
import { createRoot } from "react-dom/client";
import { App } from "../../../renderer/app/App.tsx";
import "../../../renderer/app/styles.ts";
import { createFakeLink } from "../fakeClient.ts";

const wish = new URLSearchParams(location.search);
const theme = wish.get("theme");
const language = wish.get("language");
const keychain = wish.get("keychain");
const link = createFakeLink({
  empty: wish.has("empty"),
  settings: {
    theme: theme === "light" ? "light" : "dark",
    language: language === "ru" ? "ru" : "en",
  },
  ...(keychain === "unset" || keychain === "locked" ? { keychain } : {}),
  ...(wish.has("prompt")
    ? {
        prompt: {
          id: "prompt",
          kind: "host-key" as const,
          hostId: "vega",
          hostName: "vega",
          askedAt: Date.now(),
          expiresAt: Date.now() + 118_000,
          address: "10.0.3.7:22",
          keyType: "ssh-ed25519",
          fingerprint: "SHA256:q9cVb3h8Wm2nQ1sYt6Lr0pKdZx5uJ7aEo4iTg2fBv8M",
          art: "+--[ED25519 256]--+\n|      .o+*=.     |\n|     . o=*o      |\n|      o.=.+ .    |\n|       +o* =     |\n|      .oS+B o    |\n|       ooB.o     |\n|      . =E+      |\n|       o.*.o     |\n|        o.+..    |\n+----[SHA256]-----+",
        },
      }
    : {}),
});
const root = document.getElementById("root");
if (root) createRoot(root).render(<App link={link} />);
