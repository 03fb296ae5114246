import type { LaunchView, LinkStateView } from "../../../electron/contract/index.ts";
import type { Tone } from "../../ui/index.ts";

export function linkTone(phase: LinkStateView["phase"]): Tone {
  switch (phase) {
    case "online":
      return "ok";
    case "degraded":
    case "reconnecting":
      return "warn";
    case "connecting":
      return "accent";
    case "offline":
      return "danger";
    case "idle":
      return "idle";
  }
}

/** Engine states are words of the engine: what is not known is shown neutrally. */
const containerTones = new Map<string, Tone>([
  ["running", "ok"],
  ["restarting", "warn"],
  ["paused", "warn"],
  ["removing", "warn"],
  ["created", "idle"],
  ["exited", "idle"],
  ["dead", "danger"],
]);

export function containerTone(state: string): Tone {
  return containerTones.get(state) ?? "idle";
}

export function launchTone(state: LaunchView["state"]): Tone {
  if (state === "running") return "accent";
  if (state === "done") return "ok";
  return state === "failed" ? "danger" : "idle";
}
