import type { Clock } from "../../ports.ts";

/** A time limit that stands still while a person is asked. */
export interface Patience {
  /** Runs a question with the limit stopped; afterwards the whole time is given again. */
  during<T>(question: () => Promise<T>): Promise<T>;
  stop(): void;
}

export function createPatience(clock: Clock, ms: number, onOver: () => void): Patience {
  let questions = 0;
  let stopped = false;
  let cancel = clock.after(ms, onOver);
  return {
    async during(question) {
      questions += 1;
      cancel();
      try {
        return await question();
      } finally {
        questions -= 1;
        if (questions === 0 && !stopped) cancel = clock.after(ms, onOver);
      }
    },
    stop() {
      stopped = true;
      cancel();
    },
  };
}
