/**
 * What there is to be seen: a route, and steps from there as data. A step is a verb, the id of the text that names what
 * it acts on, and a value; ids and not words, so that the same list serves every language.
 */
/** Where there is no host yet. */
export const firstScreens = [
  { name: "welcome", path: "/fleet" },
  { name: "host-add", path: "/fleet/-/add" },
  { name: "alerts-none", path: "/alerts" },
  { name: "rules-none", path: "/alerts/rules" },
  { name: "rule-add", path: "/alerts/rules/add" },
  { name: "secrets-no-store", path: "/secrets" },
  { name: "vault-create", path: "/secrets", steps: [["button", "keychain.makeVault"]] },
];

/** `{chat}` and the like are filled in with what the stage left behind. */
export const screens = [
  { name: "fleet", path: "/fleet" },
  { name: "host", path: "/fleet/orion", pause: 9_000 },
  { name: "host-problem", path: "/fleet/vega" },
  { name: "host-key-changed", path: "/fleet/lyra" },
  { name: "host-production", path: "/fleet/{bastion}" },
  { name: "host-remove", path: "/fleet/{bastion}", steps: [["button", "common.remove"]] },
  { name: "prompt-host-key", path: "/fleet/{bastion}", steps: [["button", "host.connect"], ["dialog"]] },
  { name: "containers", path: "/containers" },
  { name: "containers-chosen", path: "/containers", steps: [["check", "bulk.all"]] },
  { name: "container-summary", path: "/containers/{chat}", pause: 2_500 },
  { name: "container-hardening", path: "/containers/{careless}/hardening" },
  { name: "container-proof", path: "/containers/{chat}/secrets" },
  { name: "container-proof-failed", path: "/containers/{leaky}/secrets" },
  {
    name: "container-chat",
    path: "/containers/{chat}/ask",
    steps: [
      ["fill", "ask.message", "Is anybody in the gatehouse?"],
      ["button", "ask.send"],
    ],
  },
  { name: "container-infer", path: "/containers/{classifier}/ask", steps: [["button", "ask.send"]] },
  { name: "container-logs", path: "/containers/{leaky}/logs", pause: 1_000 },
  { name: "container-inspect", path: "/containers/{chat}/inspect" },
  { name: "container-remove", path: "/containers/{chat}", steps: [["button", "common.remove"]] },
  { name: "launch", path: "/launch/on/orion" },
  {
    name: "launch-denied",
    path: "/launch/on/orion",
    steps: [
      ["text", "advanced.identity"],
      ["check", "advanced.readOnlyRoot"],
    ],
  },
  {
    name: "launch-relax",
    path: "/launch/on/orion",
    steps: [
      ["text", "advanced.identity"],
      ["check", "advanced.readOnlyRoot"],
      ["button", "launch.relax"],
    ],
  },
  { name: "launch-done", path: "/launch/watch/{done}" },
  { name: "launch-failed", path: "/launch/watch/{failed}" },
  { name: "logs-none", path: "/logs" },
  { name: "logs", path: "/logs/{leaky}", pause: 1_000 },
  {
    name: "logs-line",
    path: "/logs/{leaky}",
    steps: [
      ["key", "KeyK"],
      ["key", "Enter"],
    ],
    pause: 1_000,
  },
  { name: "logs-sources", path: "/logs/{leaky}", steps: [["button", "logs.choose"], ["dialog"]] },
  { name: "logs-of-a-host", path: "/logs/-/j.orion,f.orion.~2fvar~2flog~2fsyslog", pause: 1_000 },
  { name: "alerts", path: "/alerts" },
  { name: "rules", path: "/alerts/rules" },
  { name: "tunnels", path: "/tunnels" },
  { name: "tunnel-add", path: "/tunnels/-/add" },
  { name: "tunnel-remote", path: "/tunnels/{remote}", pause: 2_500 },
  { name: "tunnel-remote-add", path: "/tunnels/-/add", steps: [["text", "tunnelForm.kind.remote"]] },
  { name: "notebooks", path: "/notebooks", pause: 1_000 },
  { name: "notebook", path: "/notebooks", steps: [["row", "old-evaluation"]], pause: 1_000 },
  { name: "notebook-start", path: "/notebooks/-/start" },
  { name: "secrets", path: "/secrets" },
  { name: "secret-put", path: "/secrets/add" },
  { name: "secret-reveal", path: "/secrets", steps: [["nth", "secrets.revealOf", "HF_TOKEN"]] },
  { name: "secret-remove", path: "/secrets", steps: [["nth", "secrets.removeOf", "HF_TOKEN"]] },
  { name: "audit", path: "/audit/verify", pause: 1_000 },
  { name: "audit-key", path: "/audit/key", pause: 500 },
  {
    name: "audit-record",
    path: "/audit",
    steps: [
      ["fill", "audit.filter", "container.launch"],
      ["row", "action.container.launch"],
    ],
  },
  { name: "settings", path: "/settings" },
  { name: "palette", path: "/fleet", steps: [["key", "Control+KeyK"], ["dialog"]] },
  { name: "shortcuts", path: "/fleet", steps: [["key", "Shift+Slash"], ["dialog"]] },
];
