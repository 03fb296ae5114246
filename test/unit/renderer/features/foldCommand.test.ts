import { expect, test } from "vitest";
import { foldCommand } from "../../../../renderer/features/common/index.ts";

const long = "docker run --detach --name=chat --read-only --cap-drop=ALL gatehouse/inference-server:1";

test.each([
  ["a short line stays", "docker network create --internal x", "docker network create --internal x"],
  [
    "a long one breaks before its options",
    long,
    "docker run \\\n  --detach \\\n  --name=chat \\\n  --read-only \\\n  --cap-drop=ALL gatehouse/inference-server:1",
  ],
  ["each line for itself", `short --a\n${long}`, `short --a\n${foldCommand(long)}`],
  [
    "nothing breaks inside quotes",
    `${long} 'say --this' "and --that" end`,
    `${foldCommand(long)} 'say --this' "and --that" end`,
  ],
  ["a quote after a backslash is a letter", `${long} it\\'s --last`, `${foldCommand(long)} it\\'s \\\n  --last`],
  ["a comment is left alone", `${long} # HF_TOKEN --memory`, `${foldCommand(long)} # HF_TOKEN --memory`],
])("%s", (_name, command, folded) => {
  expect(foldCommand(command)).toBe(folded);
});

test("joined again, it is the same command", () => {
  expect(foldCommand(long).replaceAll(" \\\n  ", " ")).toBe(long);
});
