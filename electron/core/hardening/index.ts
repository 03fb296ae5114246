/** The hardening policy: a launch spec, or any container's inspect, to findings, a score and the engine's create body. */
export { type CommandOptions, shellQuote, toCommand } from "./command.ts";
export { type CreateOptions, labelPrefix, networkNameOf, specHash, toCreateBody } from "./createBody.ts";
export { type Inspected, postureOfContainer } from "./inspected.ts";
export { denialOf, type Judgement, judge, judgeContainer, longestRelaxationDays } from "./judge.ts";
export { type HardeningContext, type Posture, secretsDir, unknownContext } from "./posture.ts";
export { type Rule, rules } from "./rules/index.ts";
export { settingLooksSecret } from "./secretLike.ts";
