import type { Prompt, PromptAnswerInput } from "../../contract/app.ts";
import { createBroadcast } from "../broadcast.ts";
import { Failure } from "../failure.ts";
import type { Clock, Disposable, Random } from "../ports.ts";

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** A question without what the desk adds. */
export type Question = DistributiveOmit<Prompt, "id" | "askedAt" | "expiresAt">;

/** How long a person has; a question that nobody answers counts as dismissed. */
export const promptLimitMs = 120_000;
const maxOpen = 32;

/**
 * Questions that services wait on. Services never open dialogs: they `ask`, the screen shows what `watch` says, and the
 * answer comes back by id. `null` means dismissed, expired or cancelled.
 */
export interface PromptDesk extends Disposable {
  ask(question: Question, signal?: AbortSignal): Promise<PromptAnswerInput | null>;
  answer(id: string, answer: PromptAnswerInput): void;
  open(): Prompt[];
  watch(signal?: AbortSignal): AsyncGenerator<Prompt[]>;
}

export function createPromptDesk(deps: { clock: Clock; random: Random }): PromptDesk {
  const waiting = new Map<string, { prompt: Prompt; settle: (answer: PromptAnswerInput | null) => void }>();
  const changes = createBroadcast<Prompt[]>();
  const open = () => [...waiting.values()].map((entry) => entry.prompt);

  return {
    open,
    ask(question, signal) {
      if (waiting.size >= maxOpen) throw new Failure("LIMIT_REACHED", { what: "prompts", limit: maxOpen });
      if (signal?.aborted) return Promise.resolve(null);
      return new Promise((resolve) => {
        const id = deps.random.id();
        const askedAt = deps.clock.now();
        const settle = (answer: PromptAnswerInput | null) => {
          if (!waiting.delete(id)) return;
          cancelTimer();
          signal?.removeEventListener("abort", onAbort);
          changes.send(open());
          resolve(answer);
        };
        const onAbort = () => settle(null);
        const cancelTimer = deps.clock.after(promptLimitMs, () => settle(null));
        signal?.addEventListener("abort", onAbort, { once: true });
        waiting.set(id, { prompt: { ...question, id, askedAt, expiresAt: askedAt + promptLimitMs } as Prompt, settle });
        changes.send(open());
      });
    },
    answer(id, answer) {
      const entry = waiting.get(id);
      if (entry === undefined) throw new Failure("NOT_FOUND", { what: "prompt", id });
      if (!fits(entry.prompt, answer))
        throw new Failure("BAD_INPUT", {
          field: "answer",
          reason: `a ${entry.prompt.kind} prompt takes another kind of answer`,
        });
      entry.settle(answer.kind === "dismiss" ? null : answer);
    },
    watch: (signal) => changes.follow(open, signal),
    dispose() {
      for (const entry of [...waiting.values()]) entry.settle(null);
      changes.end();
    },
  };
}

function fits(prompt: Prompt, answer: PromptAnswerInput): boolean {
  if (answer.kind === "dismiss") return true;
  switch (prompt.kind) {
    case "host-key":
      return answer.kind === "accept";
    case "passphrase":
    case "password":
      return answer.kind === "secret";
    case "touch":
      return false;
    case "questions":
      return answer.kind === "texts" && answer.values.length === prompt.questions.length;
  }
}
