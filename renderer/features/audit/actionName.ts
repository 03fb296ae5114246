import type { Text } from "../../app/i18n/index.tsx";

/**
 * An action in words. The steps of a launch are recorded one by one (`container.launch.create`, `….undo.create`) and
 * are named by their step; what nobody knows keeps the name that the record has.
 */
export function actionName({ t, maybe }: Pick<Text, "t" | "maybe">, action: string): string {
  const known = maybe(`action.${action}`);
  if (known !== null) return known;
  const [, kind, undo, id] = /^container\.(launch|reinject)\.(undo\.)?([a-z]+)$/.exec(action) ?? [];
  const step = id === undefined ? null : maybe(`step.${id}`);
  if (step === null) return action;
  if (undo) return t("action.undoStep", { step });
  return t(kind === "launch" ? "action.launchStep" : "action.reinjectStep", { step });
}
