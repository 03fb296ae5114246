import type { PromptDesk } from "../prompts/index.ts";
import { Secret, type SecretRegistrar } from "../secrets/index.ts";
import type { Ask } from "../ssh/index.ts";

/** The questions of the SSH room as prompts on the screen; what a person types becomes a `Secret` at once. */
export function askByPrompt(deps: {
  prompts: PromptDesk;
  registrar: SecretRegistrar;
  nameOf(hostId: string): string;
}): Ask {
  const { prompts, registrar } = deps;
  const at = (hostId: string) => ({ hostId, hostName: deps.nameOf(hostId) });

  function secretOf(name: string, text: string): Secret {
    const bytes = Buffer.from(text, "utf8");
    try {
      return new Secret(registrar, name, bytes);
    } finally {
      bytes.fill(0);
    }
  }

  return {
    async passphrase({ hostId, path, attempt, signal }) {
      const answer = await prompts.ask({ kind: "passphrase", ...at(hostId), path, attempt }, signal);
      return answer?.kind === "secret" ? secretOf("key-passphrase", answer.value) : null;
    },
    async password({ hostId, user, attempt, signal }) {
      const answer = await prompts.ask({ kind: "password", ...at(hostId), user, attempt }, signal);
      return answer?.kind === "secret" ? secretOf("password", answer.value) : null;
    },
    async answers({ hostId, name, instructions, prompts: questions, signal }) {
      const answer = await prompts.ask(
        { kind: "questions", ...at(hostId), title: name, instructions, questions },
        signal,
      );
      if (answer?.kind !== "texts") return null;
      // What is typed without an echo is a password or a code.
      questions.forEach((question, index) => {
        const text = answer.values[index] ?? "";
        if (!question.echo && text !== "") secretOf("password", text).dispose();
      });
      return answer.values;
    },
    async touch({ hostId, text, signal }) {
      await prompts.ask({ kind: "touch", ...at(hostId), text }, signal);
    },
    async hostKey({ hostId, address, port, type, fingerprint, art, signal }) {
      const where = port === 22 ? address : `[${address}]:${port}`;
      const answer = await prompts.ask(
        { kind: "host-key", ...at(hostId), address: where, keyType: type, fingerprint, art },
        signal,
      );
      return answer?.kind === "accept";
    },
  };
}
